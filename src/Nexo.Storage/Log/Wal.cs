namespace Nexo.Storage;

/// <summary>
/// The write-ahead log: what everything durable goes through. An append is a copy into a buffer and gives a position;
/// one thread writes what has gathered as a commit and syncs it, while the next one gathers. Those who wait for a
/// position share the sync that makes it durable. Without anybody waiting, what was appended is written and synced a
/// bounded time later.
/// </summary>
/// <remarks>
/// After a failed write or sync nothing is written or acknowledged any more (<see cref="Failure"/>). On a full disk
/// appends stay in memory and wait for room, which <see cref="RoomFor"/> tells in time. Thread-safe. The parts: this
/// one opens, closes and answers; Append takes records; Groups keeps some together; Rounds decides what to do; Commits does it; Space keeps
/// segments at hand.
/// </remarks>
public sealed partial class Wal : IDurableLog, LogAppend.IEnd, IDisposable
{
    private readonly IDisk _disk;
    private readonly ulong _logId;
    private readonly WalOptions _options;
    private readonly TimeProvider _time;
    private readonly IStorageObserver _observer;
    private readonly SegmentShelf _shelf;
    private readonly LogWaiters _durable;
    private readonly LogWaiters _room;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;
    private WalException? _failure;
    private int _disposed;
    private long _growthEnd = long.MaxValue;

    private Wal(
        IDisk disk, ulong logId, WalTail tail, WalOptions options, TimeProvider time, IStorageObserver observer)
    {
        _disk = disk;
        _logId = logId;
        _options = options;
        _time = time;
        _observer = observer;
        _shelf = new SegmentShelf(disk, logId, options);
        _durable = new LogWaiters(tail.NextLsn.Value - 1, options.Manual);
        _room = new LogWaiters(0, options.Manual);
        _appended = tail.NextLsn.Value - 1;
        _takenLsn = _appended;
        _writtenLsn = _appended;
        _commit = tail.NextCommit - 1;
        _epoch = checked(tail.Epoch + 1);
    }

    /// <inheritdoc/>
    public Lsn AppendedLsn => new(Volatile.Read(ref _appended));

    /// <inheritdoc/>
    public Lsn DurableLsn => new(_durable.Reached);

    /// <summary>Bytes that were appended and not yet handed to the operating system. Cheap.</summary>
    public long PendingBytes =>
        IsStopped ? 0 : Math.Max(0, Volatile.Read(ref _appendedBytes) - Volatile.Read(ref _writtenBytes));

    /// <summary>Why nothing is written any more; null while all is well.</summary>
    public WalException? Failure => Volatile.Read(ref _failure);

    /// <summary>The disk had no room for another segment when that was last tried.</summary>
    public bool IsFull => Volatile.Read(ref _full);

    /// <summary>
    /// The disk has room, and what is left is not for the log: what frees room is still taken, nothing else.
    /// </summary>
    public bool HoldsGrowth => Volatile.Read(ref _appendedBytes) >= Volatile.Read(ref _growthEnd);

    /// <summary>From here on the log may take so many bytes of the disk, besides the segments that it has; then growth is held.</summary>
    public void HoldGrowthAfter(long bytes)
    {
        long there = Math.Max(0, Volatile.Read(ref _segmentRoom) + _shelf.PreparedBytes - PendingBytes);
        long end = bytes <= 0 ? 0 : bytes == long.MaxValue ? bytes : Volatile.Read(ref _appendedBytes) + there + bytes;
        Volatile.Write(ref _growthEnd, end);
    }

    /// <summary>
    /// The disk had no room for a segment of full size when that was last tried: the log goes on with smaller ones, and
    /// will be full soon.
    /// </summary>
    public bool IsScarce => Volatile.Read(ref _scarce);

    public WalStats Stats
    {
        get
        {
            (int used, int prepared) = _shelf.Counts;
            return _stats.Read() with
            {
                PendingBytes = PendingBytes,
                UnsyncedBytes = Volatile.Read(ref _unsyncedBytes),
                Segments = used,
                SegmentsPrepared = prepared,
                SegmentBytes = _shelf.Bytes,
                SegmentsRecycled = _shelf.Recycled,
            };
        }
    }

    /// <summary>How long syncs took, microseconds.</summary>
    public Histogram SyncTimes => _stats.SyncTimes;

    /// <summary>How long commits with records took to be written, microseconds; without their syncs.</summary>
    public Histogram CommitTimes => _stats.CommitTimes;

    /// <summary>Bytes of these commits, with headers and padding.</summary>
    public Histogram CommitSizes => _stats.CommitSizes;

    /// <summary>
    /// Goes on with a log that has been read (<see cref="WalReader"/>), or begins one: makes everything that was read
    /// durable, then writes and syncs an opening commit, so that what was cut never comes back.
    /// </summary>
    /// <exception cref="DiskException">A file operation failed.</exception>
    /// <exception cref="WalException">The disk is full.</exception>
    public static Wal Open(
        IDisk disk, ulong logId, WalTail tail, WalOptions options, TimeProvider time, IStorageObserver observer)
    {
        options.Check();
        var wal = new Wal(disk, logId, tail, options, time, observer);
        try
        {
            wal.Begin(tail);
        }
        catch (DiskException exception) when (exception.Error == DiskError.Full)
        {
            wal.Dispose();
            throw new WalException(
                WalError.Full, $"the disk has no room to open the log: {exception.Message}", exception);
        }
        catch
        {
            wal.Dispose();
            throw;
        }

        wal.Start();
        return wal;
    }

    /// <inheritdoc/>
    public ValueTask WhenDurableAsync(Lsn lsn)
    {
        ValueTask task = _durable.WaitAsync(lsn.Value, out bool waits);
        if (waits)
        {
            Wake();
        }

        return task;
    }

    /// <summary>Completes when everything that was appended before the call is durable.</summary>
    /// <exception cref="WalException">That will not be.</exception>
    public ValueTask FlushAsync() => WhenDurableAsync(AppendedLsn);

    /// <summary>
    /// Completes when less than <see cref="WalOptions.PendingBytesMax"/> is buffered of what was appended before the
    /// call: for those who append much, between two batches. Never fails; at once when the log has failed.
    /// </summary>
    public ValueTask WhenRoomAsync()
    {
        long excess = Volatile.Read(ref _appendedBytes) - _options.PendingBytesMax;
        return excess <= 0 || IsStopped ? ValueTask.CompletedTask : _room.WaitAsync((ulong)excess, out _);
    }

    /// <summary>
    /// Frees the segments that hold only records below <paramref name="needed"/>; two are kept to be used again, the
    /// others deleted. Does file work on the caller's thread.
    /// </summary>
    /// <returns>How many.</returns>
    /// <exception cref="DiskException">A file operation failed. The log goes on.</exception>
    public int Recycle(Lsn needed)
    {
        int freed = _shelf.Recycle(needed);
        if (freed > 0)
        {
            Volatile.Write(ref _scarce, false);
            TryLeaveFull();
            Wake();
        }

        return freed;
    }

    /// <summary>
    /// Holds back <see cref="Recycle"/> for the segments with records from this one on, until disposed of.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not there any more.</exception>
    public IDisposable PinFrom(Lsn from) => _shelf.PinFrom(from);

    /// <summary>
    /// True when the disk is full and one who holds back the log from this record on keeps segments from being freed.
    /// </summary>
    public bool IsHeldUp(Lsn from) => IsFull && _shelf.AreBeforeCurrent(from);

    /// <summary>
    /// Feeds the records from one position to another, both included, to a sink, while the log goes on. They must be
    /// durable, and pinned (<see cref="PinFrom"/>) if anybody recycles meanwhile.
    /// </summary>
    /// <exception cref="WalDamageException">What had been written cannot be read.</exception>
    public void Read(Lsn from, Lsn to, IRecordSink sink)
    {
        using WalReading reading = BeginRead(from, to, sink);
        while (reading.MoveNext())
        {
        }
    }

    /// <summary>As <see cref="Read"/>, a commit at a time.</summary>
    /// <exception cref="WalDamageException">The records are not there any more.</exception>
    public WalReading BeginRead(Lsn from, Lsn to, IRecordSink sink)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, DurableLsn);
        return new WalReading(_disk, _logId, from <= to ? _shelf.From(from) : [], from, to, sink);
    }

    /// <summary>
    /// A clean stop: writes and syncs what was appended, and a closing commit. Nobody may append any more; what is
    /// appended nevertheless is dropped.
    /// </summary>
    /// <exception cref="WalException">It could not be: the log has failed, or the disk is full.</exception>
    public Task CloseAsync()
    {
        Volatile.Write(ref _closing, true);
        if (_options.Manual)
        {
            while (RunRound())
            {
            }
        }
        else
        {
            Wake();
        }

        return _closed.Task;
    }

    /// <summary>
    /// Lets go of everything at once, without writing what is buffered, as a crash does; after <see cref="CloseAsync"/>
    /// nothing is left to write.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Stop(new WalException(WalError.Closed, "the log was closed"));
        Wake();
        _thread?.Join();
        _preparer?.Join();
        _segment?.Dispose();
        _shelf.Dispose();
        _signal.Dispose();
        _inFlight.Dispose();
        lock (_appendLock)
        {
            _filling.Dispose();
        }
    }

    private bool IsStopped => Volatile.Read(ref _stopped);

    private void Start()
    {
        if (_options.Manual)
        {
            return;
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "nexo wal" };
        _thread.Start();
    }

    // From now on appends are dropped, and those who wait are told why.
    private void Stop(WalException why)
    {
        lock (_appendLock)
        {
            Volatile.Write(ref _stopped, true);
            _filling.Clear();
        }

        _durable.End(why);
        _room.Reach(ulong.MaxValue);
        _closed.TrySetException(why);
        _ = _closed.Task.Exception;
    }

    private void Fail(Exception cause)
    {
        var failure = new WalException(
            WalError.Failed, $"the log has failed, nothing is acknowledged any more: {cause.Message}", cause);
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            Stop(failure);
            _observer.Notice(StorageLevel.Error, failure.Message);
        }
    }
}
