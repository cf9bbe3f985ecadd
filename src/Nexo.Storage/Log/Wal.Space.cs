namespace Nexo.Storage;

/// <content>Keeps a segment at hand, and knows what to do when the disk has no room for one.</content>
public sealed partial class Wal
{
    // What is reserved for records that free room: a sixteenth of a segment, but enough for some dozens of commits.
    private const long ReserveBytesMin = 64 * 1_024;

    // The disk is asked for its room by those who append, but not by each of them.
    private static readonly TimeSpan LookAtDiskEvery = TimeSpan.FromMilliseconds(10);

    private Thread? _preparer;
    private int _preparing;
    private bool _full;
    private long _fullSince;
    private long _neededBytes;
    private long _segmentRoom;
    private long _segmentLength;
    private long _freeBytes;
    private long _freeAt;
    private bool _scarce;

    // Nobody asks for room and takes it at once: what several who were admitted together have taken still fits, and so
    // does the clocks' record. Closing and opening commits have their own place, behind the records.
    private const long LastBytesMax = 16 * 1_024;

    private bool Fits(int payloadBytes, bool isRemoval)
    {
        // Of a small first segment not all can be reserved.
        long reserve = Math.Min(
            Math.Max(ReserveBytesMin, _options.SegmentBytes / 16), Volatile.Read(ref _segmentLength) / 4);
        long kept = isRemoval ? Math.Min(LastBytesMax, reserve / 4) : reserve;
        long room = Volatile.Read(ref _segmentRoom) + _shelf.PreparedBytes - PendingBytes;
        return room - kept >= CommitHeader.ExtentOf(LogRecord.HeaderSize + (long)payloadBytes);
    }

    private bool FitsOnDisk(int payloadBytes)
    {
        long now = _time.GetTimestamp();
        long asked = Volatile.Read(ref _freeAt);
        if (asked == 0 || _time.GetElapsedTime(asked, now) >= LookAtDiskEvery)
        {
            Volatile.Write(ref _freeBytes, _disk.FreeBytes);
            Volatile.Write(ref _freeAt, now);
        }

        return PendingBytes + payloadBytes + _options.SegmentBytes <= Volatile.Read(ref _freeBytes);
    }

    private void CountRoom()
    {
        Volatile.Write(ref _segmentLength, _segment!.Length);
        Volatile.Write(ref _segmentRoom, Math.Max(0, _segment.RecordsEnd - _offset));
    }

    // Has the next segment made while half of this one is left. True if something was done on this thread.
    private bool KeepSegmentAhead()
    {
        bool waits = _inFlight.Records > 0;
        bool isNeeded = waits
            ? !_shelf.CanTake(_neededBytes)
            : _offset > _segment!.Length / 2 && !_shelf.CanTake(0);
        if (!isNeeded)
        {
            // Somebody may have freed a segment just when making one had failed: then the disk was taken for full too late.
            LeaveFull();
            return false;
        }

        if (Volatile.Read(ref _preparing) != 0
            || (Volatile.Read(ref _full) && _time.GetElapsedTime(_fullSince) < _options.FullRetry))
        {
            return false;
        }

        long payloadBytes = waits ? _neededBytes : 0;
        if (_disk.FreeBytes < Math.Max(_options.SegmentBytes, Segment.LengthFor(payloadBytes)))
        {
            // Until the attempt has failed, much could be appended that eats the reserve.
            EnterFull(new DiskException(DiskError.Full, "make a segment", SegmentHeader.Directory));
        }

        if (_options.Manual)
        {
            return TryPrepare(payloadBytes);
        }

        StartPreparing(payloadBytes);
        return false;
    }

    // A thread of its own: it waits for the disk most of the time, and the pool has few. A method of its own: what its
    // delegate captures would else be allocated in every round.
    private void StartPreparing(long payloadBytes)
    {
        Volatile.Write(ref _preparing, 1);
        _preparer = new Thread(() =>
        {
            TryPrepare(payloadBytes);
            Volatile.Write(ref _preparing, 0);
            Wake();
        })
        {
            IsBackground = true,
            Name = "nexo wal segment",
        };
        _preparer.Start();
    }

    private bool TryPrepare(long payloadBytes)
    {
        try
        {
            Volatile.Write(ref _scarce, !_shelf.Prepare(payloadBytes));
            TryLeaveFull();
            return true;
        }
        catch (DiskException exception) when (exception.Error == DiskError.Full)
        {
            EnterFull(exception);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        return false;
    }

    private void EnterFull(DiskException exception)
    {
        _fullSince = _time.GetTimestamp();
        if (!Volatile.Read(ref _full))
        {
            Volatile.Write(ref _full, true);
            _observer.Notice(
                StorageLevel.Warning,
                $"the disk has no room for another segment of the log: {exception.Message};"
                + " soon writes are refused, deletes still pass, and it is tried again every second");
        }
    }

    private void TryLeaveFull()
    {
        if (_shelf.CanTake(0))
        {
            LeaveFull();
        }
    }

    private void LeaveFull()
    {
        if (Volatile.Read(ref _full) && Interlocked.Exchange(ref _full, false))
        {
            _observer.Notice(StorageLevel.Information, "the disk has room for the log again");
        }
    }
}
