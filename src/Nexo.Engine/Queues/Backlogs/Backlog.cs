using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// The messages of one priority of one queue that memory has no room for, oldest first: in blocks, which go to a segmented log
/// once it is open, the last of them still being filled. What is added comes out again in the same order. In memory are counters, that
/// block, and what is not written yet.
/// </summary>
/// <remarks>
/// Everything is called under the lock of the queue's shard, but for what says that it does file work: that is called without, and
/// of reading and of writing there is one at a time each.
/// </remarks>
internal sealed partial class Backlog : IDisposable
{
    /// <summary>A block is closed at this size: what comes into memory at once.</summary>
    public const int BlockBytes = 32 * 1_024;

    private const int ReadBytes = 256 * 1_024;
    private const long NoOffset = -1;

    private readonly Queue<BacklogBlock> _waiting = new();
    private readonly Queue<BacklogMark> _marks = new();
    private SegmentedLog? _log;
    private BacklogBlock _filling = new();
    private BacklogBlock? _spare;
    private SegmentCursor _cursor;
    private byte[] _buffer = [];
    private long _waitingBytes;
    private long _notedBytes;
    private BacklogMark _lastMark;
    private long _addedBytes;
    private long _takenBytes;
    private long _loggedBytes;
    private long _takenFromLogBytes;
    private int _clearings;
    private int _clearingsAtRead;
    private bool _isHeld;
    private bool _isTold;
    private long _keptOffset;
    private long _stateOffset = NoOffset;

    /// <summary>An empty one, without files.</summary>
    /// <param name="place">Names the directory of its log.</param>
    public Backlog(uint place) => Place = place;

    private Backlog(uint place, SegmentedLog log, in BacklogState state)
        : this(place)
    {
        _keptOffset = state.ReadOffset;
        _log = log;
        _addedBytes = state.ContentBytes;
        _loggedBytes = state.ContentBytes;
        _lastMark = new BacklogMark(log.NextOffset, state.ContentBytes, state.LastId);
        _cursor = new SegmentCursor(state.ReadOffset);
        ReadOffset = state.ReadOffset;
        Count = log.NextOffset - state.ReadOffset;
        LastId = state.LastId;
        LastTakenId = state.LastTakenId;
    }

    public uint Place { get; }

    public string Directory => DirectoryOf(Place);

    /// <summary>It was let go of.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Messages that wait here.</summary>
    public long Count { get; private set; }

    /// <summary>Headers and bodies of the messages that wait here.</summary>
    public long ContentBytes => _addedBytes - _takenBytes;

    /// <summary>Bytes that they take on disk, or will: roughly, since a segment is let go as a whole.</summary>
    public long Bytes => (_log?.Bytes ?? 0) + _waitingBytes + _filling.Length - BacklogBlock.HeaderBytes;

    /// <summary>The highest id that was ever added; 0: none was.</summary>
    public ulong LastId { get; private set; }

    /// <summary>The highest id that was taken out, or given up.</summary>
    public ulong LastTakenId { get; private set; }

    /// <summary>The first offset of the log that has not been taken out.</summary>
    public long ReadOffset { get; private set; }

    /// <summary>Bytes that wait to be written. May be read without the lock.</summary>
    public long PendingBytes => IsDisposed ? 0 : Volatile.Read(ref _waitingBytes) + (_log?.PendingBytes ?? 0);

    public bool IsOpen => _log is not null;

    /// <summary>Its files could not be written or synced, and never will be.</summary>
    public bool HasFailed => _log is { Failure: not null };

    /// <summary>Where its log ends.</summary>
    public long EndOffset => _log?.NextOffset ?? 0;

    /// <summary>True while <see cref="Read"/> goes on, or what it has read was not taken yet.</summary>
    public bool IsReading { get; private set; }

    /// <summary>Opens a backlog that was kept. Does file work.</summary>
    /// <exception cref="SegmentDamageException">Its files are not what was written.</exception>
    /// <exception cref="DiskException">They cannot be read.</exception>
    public static Backlog Open(IDisk disk, uint place, ulong logId, in BacklogState state, SegmentCache cache) =>
        new(place, OpenLog(disk, place, logId, state.Checkpoint, cache), state);

    /// <summary>Opens the log of one that had none: file work. To be given to <see cref="Attach"/>.</summary>
    /// <exception cref="DiskException">It cannot be made.</exception>
    public static SegmentedLog OpenLog(
        IDisk disk, uint place, ulong logId, SegmentedLogCheckpoint checkpoint, SegmentCache cache) =>
        SegmentedLog.Open(disk, DirectoryOf(place), logId, checkpoint, new SegmentedLogOptions(), cache);

    public static string DirectoryOf(uint place) => $"{BacklogKeeper.Root}/{place:D6}";

    /// <summary>From now on blocks go to the log; those that wait first.</summary>
    public void Attach(SegmentedLog log)
    {
        _log = log;
        _isHeld = false;
        while (_waiting.TryDequeue(out BacklogBlock? block))
        {
            Append(log, block);
            block.Dispose();
        }

        _waitingBytes = 0;
    }

    /// <summary>Adds a message behind the others: a copy into memory.</summary>
    /// <returns>True when that closed a block, which waits to be written.</returns>
    public bool Add(in BacklogMessage message)
    {
        _filling.Add(message);
        LastId = message.Id;
        Count++;
        _addedBytes += message.Headers.Length + message.Body.Length;
        if (_filling.Length < BlockBytes)
        {
            return false;
        }

        CloseBlock();
        return true;
    }

    /// <summary>Hands on the block that is being filled, so that a checkpoint holds it.</summary>
    public void CloseBlock()
    {
        if (_filling.Count == 0)
        {
            return;
        }

        if (_log is null)
        {
            _waiting.Enqueue(_filling);
            _waitingBytes += _filling.Length;
            _filling = _spare ?? new BacklogBlock();
            _spare = null;
            return;
        }

        Append(_log, _filling);
        _filling.Clear();
    }

    /// <summary>How <see cref="PendingBytes"/> has changed since it was asked last; from any thread.</summary>
    public long NotePending(bool isOver = false)
    {
        long pending = isOver ? 0 : PendingBytes;
        return pending - Interlocked.Exchange(ref _notedBytes, pending);
    }

    /// <summary>
    /// Begins to take messages out: those of <see cref="Read"/>, if the answer is true; else those of a block in memory, which is
    /// given; else none, for there are none, or others are being read.
    /// </summary>
    public bool BeginTake(out BacklogBlock? block)
    {
        block = null;
        if (IsReading || Count == 0 || _isHeld)
        {
            return false;
        }

        if (_log is not null && _cursor.Offset < _log.NextOffset)
        {
            IsReading = true;
            _clearingsAtRead = _clearings;
            return true;
        }

        if (_waiting.TryDequeue(out block))
        {
            _waitingBytes -= block.Length;
            return false;
        }

        // What never went into the log has no offset in it.
        block = _filling;
        _filling = _spare ?? new BacklogBlock();
        _spare = null;
        return false;
    }

    /// <summary>The messages of the block of <see cref="BeginTake"/> are in the queue now.</summary>
    public void EndTake(BacklogBlock block)
    {
        LastTakenId = block.LastId;
        Count -= block.Count;
        _takenBytes += block.ContentBytes;
        if (_spare is null)
        {
            block.Clear();
            _spare = block;
        }
        else
        {
            block.Dispose();
        }
    }

    /// <summary>Reads the next batches: file work.</summary>
    /// <returns>Whole batches; to be given to <see cref="TryNextBatch"/>, then <see cref="EndRead"/>. None if they were given up
    /// meanwhile: their files may be gone.</returns>
    /// <exception cref="SegmentDamageException">The files are not what was written.</exception>
    /// <exception cref="DiskException">They cannot be read.</exception>
    public ReadOnlyMemory<byte> Read()
    {
        if (Volatile.Read(ref _clearings) != _clearingsAtRead)
        {
            return default;
        }

        if (_buffer.Length == 0)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(ReadBytes);
        }

        return ReadFrom(_log!, ref _cursor, ref _buffer);
    }

    /// <summary>As <see cref="Read"/>, at another place, for one who does not take them out.</summary>
    public ReadOnlyMemory<byte> ReadAt(ref SegmentCursor cursor, ref byte[] buffer) => ReadFrom(_log!, ref cursor, ref buffer);

    /// <summary>Splits the messages of one batch off what was read; false at the end, and when they were given up meanwhile.</summary>
    public bool TryNextBatch(ref ReadOnlyMemory<byte> batches, out BatchHeader batch, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        batch = default;
        return _clearings == _clearingsAtRead && TrySplit(ref batches, out batch, out payload);
    }

    /// <summary>Splits one batch with messages off; false at the end.</summary>
    public static bool TrySplit(ref ReadOnlyMemory<byte> batches, out BatchHeader batch, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        while (BatchHeader.TryDecode(batches.Span, out batch))
        {
            payload = batches[BatchHeader.Size..batch.Bytes];
            batches = batches[batch.Bytes..];
            if (batch.Records > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One batch of what was read is in the queue now.</summary>
    /// <param name="lastId">Of its last message.</param>
    /// <param name="contentBytes">Headers and bodies of its messages.</param>
    public void Took(in BatchHeader batch, ulong lastId, long contentBytes)
    {
        ReadOffset = batch.EndOffset;
        LastTakenId = lastId;
        Count -= batch.Records;
        _takenBytes += contentBytes;
        _takenFromLogBytes += contentBytes;
        DropMarks(ReadOffset);
    }

    /// <summary>All that was read is in the queue, or is to be read again.</summary>
    public void EndRead()
    {
        IsReading = false;
        if (_cursor.Offset != ReadOffset)
        {
            _cursor = new SegmentCursor(ReadOffset);
        }

        if (_cursor.Offset >= _log!.NextOffset)
        {
            _buffer = [];
        }
    }

    /// <summary>Gives up all that waits here, also what is just being read.</summary>
    /// <returns>How many.</returns>
    public long Clear()
    {
        long count = Count;
        foreach (BacklogBlock block in _waiting)
        {
            block.Dispose();
        }

        _waiting.Clear();
        _waitingBytes = 0;
        _filling.Clear();
        ReadOffset = _log?.NextOffset ?? 0;
        DropMarks(ReadOffset);
        if (!IsReading)
        {
            _cursor = new SegmentCursor(ReadOffset);
        }

        _clearings++;
        _takenBytes = _addedBytes;
        _takenFromLogBytes = _loggedBytes;
        LastTakenId = LastId;
        Count = 0;
        return count;
    }

    /// <summary>False: that it has failed was told already.</summary>
    public bool TryTell()
    {
        bool wasTold = _isTold;
        _isTold = true;
        return !wasTold;
    }

    /// <summary>Writes what is pending: file work.</summary>
    /// <exception cref="DiskException">It could not be written, and is still in memory.</exception>
    public void Flush() => _log?.Flush();

    /// <summary>Makes durable what was closed: file work.</summary>
    /// <exception cref="DiskException">It is not.</exception>
    public SegmentedLogCheckpoint Checkpoint() => _log!.Checkpoint();

    /// <summary>Lets go of segments before an offset: file work.</summary>
    /// <exception cref="DiskException">They are still there.</exception>
    public void TrimBefore(long offset) => _log?.TrimBefore(offset);

    public void Dispose()
    {
        IsDisposed = true;
        _log?.Dispose();
        _filling.Dispose();
        _spare?.Dispose();
        foreach (BacklogBlock block in _waiting)
        {
            block.Dispose();
        }
    }

    private void Append(SegmentedLog log, BacklogBlock block)
    {
        log.Append(
            new BatchHeader
            {
                BaseOffset = log.NextOffset,
                Offsets = block.Count,
                Records = block.Count,
                FirstTimestamp = block.FirstAtMs,
                MaxTimestamp = block.MaxAtMs,
            },
            block.Payload);
        _loggedBytes += block.ContentBytes;
        _marks.Enqueue(new BacklogMark(log.NextOffset, _loggedBytes, block.LastId));
    }

    private static ReadOnlyMemory<byte> ReadFrom(SegmentedLog log, ref SegmentCursor cursor, ref byte[] buffer)
    {
        SegmentRead read = log.Read(ref cursor, buffer, long.MaxValue);
        if (read.Status == SegmentReadStatus.BufferTooSmall)
        {
            buffer = GC.AllocateUninitializedArray<byte>(read.Bytes);
            read = log.Read(ref cursor, buffer, long.MaxValue);
        }

        return read.Status == SegmentReadStatus.Ok
            ? buffer.AsMemory(0, read.Bytes)
            : throw new InvalidDataException($"A backlog cannot be read at offset {cursor.Offset}: {read.Status}.");
    }

    /// <summary>The end of a block in the log.</summary>
    private readonly record struct BacklogMark(long EndOffset, long LoggedBytes, ulong LastId);
}
