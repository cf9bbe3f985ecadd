namespace Nexo.Storage;

/// <content>The writer: decides what to do, and when to look again.</content>
public sealed partial class Wal
{
    private readonly AutoResetEvent _signal = new(initialState: false);
    private int _sleeping;
    private bool _closing;
    private long _activeAt;

    /// <summary>How often it was looked whether something is due.</summary>
    internal long Rounds { get; private set; }

    /// <summary>
    /// Does what is due now: takes what was appended, writes it, syncs. False if nothing was.
    /// </summary>
    internal bool RunRound()
    {
        Rounds++;
        if (IsStopped)
        {
            return false;
        }

        try
        {
            bool worked = false;
            if (_inFlight.Records == 0 && IsTakeDue())
            {
                Take();
            }

            if (_inFlight.Records > 0)
            {
                worked |= WriteTaken();
            }

            if (IsSyncDue())
            {
                Sync();
                worked = true;
            }

            if (IsMarkDue())
            {
                worked |= Vouch();
            }

            worked |= KeepSegmentAhead();
            return worked || (Volatile.Read(ref _closing) && TryClose());
        }
        catch (Exception exception)
        {
            // Whatever it was: after a round that was left half-way the file may hold anything.
            Fail(exception);
            return false;
        }
    }

    private void Run()
    {
        while (!IsStopped)
        {
            if (RunRound())
            {
                continue;
            }

            // From here on whoever brings work sets the signal; what came before is seen by the second look.
            Interlocked.Exchange(ref _sleeping, 1);
            TimeSpan wait = TimeUntilWork();
            if (wait != TimeSpan.Zero)
            {
                // Without an end to it too: that is a negative time.
                _signal.WaitOne(wait);
            }

            Volatile.Write(ref _sleeping, 0);
        }
    }

    private void Wake()
    {
        // What was brought must be seen by the second look, or the writer's sleep by this: one of both.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) == 1 && Interlocked.Exchange(ref _sleeping, 0) == 1)
        {
            _signal.Set();
        }
    }

    private bool IsTakeDue()
    {
        lock (_appendLock)
        {
            return _filling.Records > 0
                && (_durable.Wanted > _takenLsn
                    || _filling.Length >= _options.WriteBytes
                    || Volatile.Read(ref _closing)
                    || _time.GetElapsedTime(_filling.FirstAt) >= _options.WriteDelay)
                && MayTake();
        }
    }

    private bool IsSyncDue() =>
        _unsyncedBytes > 0
        && (_durable.Wanted > _durable.Reached
            || _unsyncedBytes >= _options.UnsyncedBytesMax
            || Volatile.Read(ref _closing)
            || _time.GetElapsedTime(_unsyncedSince) >= _options.SyncInterval);

    private bool IsMarkDue()
    {
        if (!IsMarkWanted || Volatile.Read(ref _closing) || _time.GetElapsedTime(_syncedAt) < _options.MarkAfter)
        {
            return false;
        }

        lock (_appendLock)
        {
            return _filling.Records == 0;
        }
    }

    // Once until records follow. On a full disk the room is left to those: what frees some comes as a record.
    private bool IsMarkWanted =>
        _unvouched
        && _unsyncedBytes == 0
        && _inFlight.Records == 0
        && _options.MarkAfter != Timeout.InfiniteTimeSpan
        && !Volatile.Read(ref _full)
        && (HasRoomForMark || _shelf.CanTake(0));

    private void Take()
    {
        lock (_appendLock)
        {
            // Since it was asked whether it may, somebody may have begun a group.
            if (!MayTake())
            {
                return;
            }

            // What is left of one at the end of the log begins its buffer.
            _groupFrom = 0;
            _groupRecords = 0;

            (_filling, _inFlight) = (_inFlight, _filling);
            _takenLsn = _appended;
            _isTakeHeldUp = false;
        }

        _takenOffset = 0;
        _takenRecords = 0;
        _takenGroup = 0;
        if (_inFlight.Length >= LogBuffer.FirstCapacity / 2)
        {
            _activeAt = _inFlight.FirstAt;
        }
    }

    /// <summary>Zero if there is work already.</summary>
    internal TimeSpan TimeUntilWork()
    {
        if (IsStopped || Volatile.Read(ref _closing) || IsSyncDue())
        {
            return TimeSpan.Zero;
        }

        TimeSpan wait = Timeout.InfiniteTimeSpan;
        if (_inFlight.Records > 0)
        {
            // It waits for a segment: the one who makes it sets the signal.
            if (_shelf.CanTake(_neededBytes))
            {
                return TimeSpan.Zero;
            }
        }
        else if (IsTakeDue())
        {
            return TimeSpan.Zero;
        }
        else
        {
            lock (_appendLock)
            {
                if (_isTakeHeldUp)
                {
                    // Whoever ends the group sets the signal.
                }
                else if (_filling.Records > 0)
                {
                    wait = Until(_filling.FirstAt, _options.WriteDelay);
                }
                else if (IsMarkWanted)
                {
                    wait = Until(_syncedAt, _options.MarkAfter);
                }
            }
        }

        if (_unsyncedBytes > 0)
        {
            wait = Sooner(wait, Until(_unsyncedSince, _options.SyncInterval));
        }

        if (Volatile.Read(ref _full) && Volatile.Read(ref _preparing) == 0)
        {
            wait = Sooner(wait, Until(_fullSince, _options.FullRetry));
        }

        return Sooner(wait, TimeUntilIdle());
    }

    // Gives back memory that a burst has taken.
    private TimeSpan TimeUntilIdle()
    {
        if (_filling.Capacity == LogBuffer.FirstCapacity && _inFlight.Capacity == LogBuffer.FirstCapacity)
        {
            return Timeout.InfiniteTimeSpan;
        }

        TimeSpan wait = Until(_activeAt, _options.IdleAfter);
        if (wait > TimeSpan.Zero)
        {
            return wait;
        }

        _inFlight.Shrink(LogBuffer.FirstCapacity);
        lock (_appendLock)
        {
            _filling.Shrink(LogBuffer.FirstCapacity);
        }

        return Timeout.InfiniteTimeSpan;
    }

    private TimeSpan Until(long since, TimeSpan delay)
    {
        TimeSpan left = delay - _time.GetElapsedTime(since);

        // A signal takes whole milliseconds: one too early would only find nothing to do.
        return left <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
    }

    private static TimeSpan Sooner(TimeSpan left, TimeSpan right) =>
        left == Timeout.InfiniteTimeSpan || (right != Timeout.InfiniteTimeSpan && right < left) ? right : left;
}
