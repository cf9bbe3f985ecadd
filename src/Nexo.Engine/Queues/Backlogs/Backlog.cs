using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// The messages of one priority of one queue that memory has no room for: in a segmented log, oldest first, with a last block that
/// is still being filled. What is added comes out again in the same order. Only counters and that block are in memory.
/// </summary>
/// <remarks>
/// Everything is called under the lock of the queue's shard, but for what says that it does file work: that is called without, by
/// one thread at a time for each of the two (reading; flushing and checkpointing).
/// </remarks>
internal sealed class Backlog : IDisposable
{
    /// <summary>A block is closed at this size: what one read brings into memory at least.</summary>
    public const int BlockBytes = 32 * 1_024;

    private const int ReadBytes = 256 * 1_024;

    private readonly SegmentedLog _log;
    private BacklogBlock _filling = new();
    private BacklogBlock _spare = new();
    private SegmentCursor _cursor;
    private byte[] _buffer = [];

    private Backlog(SegmentedLog log, long readOffset)
    {
        _log = log;
        _cursor = new SegmentCursor(readOffset);
        ReadOffset = readOffset;
        Count = log.NextOffset - readOffset;
    }

    /// <summary>Messages that wait here.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes that they take on disk, or will: roughly, since a segment is let go as a whole.</summary>
    public long Bytes => _log.Bytes + _filling.Length - BacklogBlock.HeaderBytes;

    /// <summary>The highest id that was ever added; 0: none was.</summary>
    public ulong LastId { get; private set; }

    /// <summary>The first offset that has not been taken out.</summary>
    public long ReadOffset { get; private set; }

    /// <summary>Bytes that wait to be written.</summary>
    public long PendingBytes => _log.PendingBytes;

    /// <summary>True while <see cref="Read"/> goes on, or what it has read was not taken yet.</summary>
    public bool IsReading { get; private set; }

    /// <summary>
    /// Opens a backlog as of a checkpoint. Does file work.
    /// </summary>
    /// <exception cref="SegmentDamageException">Its files are not what was written.</exception>
    /// <exception cref="DiskException">They cannot be read.</exception>
    public static Backlog Open(
        IDisk disk,
        string directory,
        ulong logId,
        SegmentedLogCheckpoint checkpoint,
        long readOffset,
        SegmentCache cache)
    {
        var log = SegmentedLog.Open(disk, directory, logId, checkpoint, new SegmentedLogOptions(), cache);
        var backlog = new Backlog(log, readOffset);
        try
        {
            backlog.LastId = backlog.ReadLastId();
            return backlog;
        }
        catch
        {
            backlog.Dispose();
            throw;
        }
    }

    /// <summary>Adds a message behind the others: a copy into memory.</summary>
    public void Add(in BacklogMessage message)
    {
        _filling.Add(message);
        LastId = message.Id;
        Count++;
        if (_filling.Length >= BlockBytes)
        {
            CloseBlock();
        }
    }

    /// <summary>Hands the block that is being filled to the log, so that a checkpoint holds it.</summary>
    public void CloseBlock()
    {
        if (_filling.Count > 0)
        {
            _log.Append(
                new BatchHeader
                {
                    BaseOffset = _log.NextOffset,
                    Offsets = _filling.Count,
                    Records = _filling.Count,
                    FirstTimestamp = _filling.FirstAtMs,
                    MaxTimestamp = _filling.MaxAtMs,
                },
                _filling.Payload);
            _filling.Clear();
        }
    }

    /// <summary>
    /// Begins to take messages out: those of <see cref="Read"/>, if the answer is true, else those of the block that is being
    /// filled, which is given, or nothing at all.
    /// </summary>
    public bool BeginTake(out BacklogBlock? block)
    {
        block = null;
        if (IsReading || Count == 0)
        {
            return false;
        }

        if (_cursor.Offset < _log.NextOffset)
        {
            IsReading = true;
            return true;
        }

        // What never went into the log has no offset in it.
        block = _filling;
        (_filling, _spare) = (_spare, _filling);
        Count -= block.Count;
        return false;
    }

    /// <summary>The block of <see cref="BeginTake"/> has been gone over.</summary>
    public static void EndTake(BacklogBlock block) => block.Clear();

    /// <summary>Reads the next batches: file work.</summary>
    /// <returns>Whole batches; to be given to <see cref="TryNextBatch"/>, then <see cref="EndRead"/>.</returns>
    public ReadOnlyMemory<byte> Read()
    {
        if (_buffer.Length == 0)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(ReadBytes);
        }

        SegmentRead read = _log.Read(ref _cursor, _buffer, long.MaxValue);
        if (read.Status == SegmentReadStatus.BufferTooSmall)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(read.Bytes);
            read = _log.Read(ref _cursor, _buffer, long.MaxValue);
        }

        return read.Status == SegmentReadStatus.Ok
            ? _buffer.AsMemory(0, read.Bytes)
            : throw new InvalidDataException($"The backlog cannot be read at offset {_cursor.Offset}: {read.Status}.");
    }

    /// <summary>Splits the messages of one batch off what was read; false at the end.</summary>
    public static bool TryNextBatch(ref ReadOnlyMemory<byte> batches, out BatchHeader batch, out ReadOnlyMemory<byte> payload)
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
    public void Took(in BatchHeader batch)
    {
        ReadOffset = batch.EndOffset;
        Count -= batch.Records;
    }

    /// <summary>All that was read is in the queue, or is to be read again.</summary>
    public void EndRead()
    {
        IsReading = false;
        if (_cursor.Offset != ReadOffset)
        {
            _cursor = new SegmentCursor(ReadOffset);
        }

        if (_cursor.Offset >= _log.NextOffset)
        {
            _buffer = [];
        }
    }

    /// <summary>Gives up all that waits here; not while it is being read.</summary>
    /// <returns>How many.</returns>
    public long Clear()
    {
        long count = Count;
        _filling.Clear();
        ReadOffset = _log.NextOffset;
        _cursor = new SegmentCursor(ReadOffset);
        Count = 0;
        return count;
    }

    /// <summary>Writes what is pending: file work.</summary>
    /// <exception cref="DiskException">It could not be written, and is still in memory.</exception>
    public void Flush() => _log.Flush();

    /// <summary>Makes durable what was closed: file work.</summary>
    /// <exception cref="DiskException">It is not.</exception>
    public SegmentedLogCheckpoint Checkpoint() => _log.Checkpoint();

    /// <summary>Lets go of segments before an offset: file work.</summary>
    /// <exception cref="DiskException">They are still there.</exception>
    public void TrimBefore(long offset) => _log.TrimBefore(offset);

    public void Dispose()
    {
        _log.Dispose();
        _filling.Dispose();
        _spare.Dispose();
    }

    private ulong ReadLastId()
    {
        if (_log.NextOffset <= _log.FirstOffset)
        {
            return 0;
        }

        var cursor = new SegmentCursor(_log.NextOffset - 1);
        byte[] buffer = new byte[2 * BlockBytes];
        SegmentRead read = _log.Read(ref cursor, buffer, long.MaxValue);
        if (read.Status == SegmentReadStatus.BufferTooSmall)
        {
            buffer = new byte[read.Bytes];
            read = _log.Read(ref cursor, buffer, long.MaxValue);
        }

        ulong last = 0;
        ReadOnlyMemory<byte> batches = buffer.AsMemory(0, read.Bytes);
        while (TryNextBatch(ref batches, out _, out ReadOnlyMemory<byte> payload))
        {
            var messages = new BacklogReader(payload.Span);
            while (messages.TryTake(out BacklogMessage message))
            {
                last = message.Id;
            }
        }

        return last;
    }
}
