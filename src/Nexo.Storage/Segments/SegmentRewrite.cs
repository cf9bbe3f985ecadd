using System.Buffers;

namespace Nexo.Storage;

/// <summary>
/// A segment that is written in place of some of a <see cref="SegmentedLog"/>. For one thread at a time. Without <see
/// cref="Commit"/> nothing of it is left.
/// </summary>
public sealed class SegmentRewrite : IDisposable
{
    private readonly SegmentedLog _log;
    private readonly IDiskFile _file;
    private readonly SegmentIndex _index;
    private long _maxTimestamp;
    private bool _isClosed;
    private bool _isSynced;

    internal SegmentRewrite(
        SegmentedLog log,
        IDiskFile file,
        BatchSegmentHeader header,
        long endOffset,
        long bytesBefore,
        SegmentIndex index)
    {
        _log = log;
        _file = file;
        _index = index;
        Path = file.Path;
        Header = header;
        EndOffset = endOffset;
        BytesBefore = bytesBefore;
        NextOffset = header.BaseOffset;
        _maxTimestamp = header.TimeBefore;
        try
        {
            Span<byte> bytes = stackalloc byte[BatchSegmentHeader.Size];
            header.Encode(bytes);
            file.Write(bytes, 0);
            DataEnd = bytes.Length;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The base of the next batch.</summary>
    public long NextOffset { get; private set; }

    /// <summary>The offset behind the last batch.</summary>
    public long EndOffset { get; }

    /// <summary>Bytes so far.</summary>
    public long DataEnd { get; private set; }

    internal string Path { get; }

    internal BatchSegmentHeader Header { get; }

    /// <summary>What the segments had that this one is in place of, when they were first written.</summary>
    internal long BytesBefore { get; }

    /// <summary>Adds a batch; see <see cref="SegmentedLog.Append"/>.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    public void Append(in BatchHeader batch, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(batch.BaseOffset, NextOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.EndOffset, EndOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Records, batch.Offsets);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, BatchHeader.BatchBytesMax - BatchHeader.Size);
        int bytes = BatchHeader.Size + payload.Length;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            payload.CopyTo(buffer.AsSpan(BatchHeader.Size));
            batch.Seal(buffer.AsSpan(0, bytes));
            _file.Write(buffer.AsSpan(0, bytes), DataEnd);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _index.Add(new(batch.BaseOffset, DataEnd, _maxTimestamp));
        _maxTimestamp = batch.Records > 0 ? Math.Max(_maxTimestamp, batch.MaxTimestamp) : _maxTimestamp;
        DataEnd += bytes;
        NextOffset = batch.EndOffset;
    }

    /// <summary>All batches are there: makes the file durable.</summary>
    /// <exception cref="DiskException">It is not.</exception>
    public void Sync()
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(NextOffset, EndOffset);
        byte[] footer = new SegmentFooter(Header.LogId, Header.BaseOffset, EndOffset, DataEnd, _maxTimestamp).Encode(_index);
        _file.Write(footer, DataEnd);
        _file.Sync();
        _isSynced = true;
    }

    /// <summary>
    /// Puts it in place of the segments that there are, for good: that survives a power loss at once. After <see cref="Sync"/>.
    /// </summary>
    /// <returns>False: some of them are gone meanwhile, and nothing was changed.</returns>
    /// <exception cref="DiskException">It may be there after the next opening, or not.</exception>
    public bool Commit()
    {
        if (!_isSynced)
        {
            throw new InvalidOperationException("It is not durable.");
        }

        _file.Dispose();
        bool isDone = _log.Replace(this);
        _isClosed = isDone;
        return isDone;
    }

    /// <summary>Deletes the file, unless it was put in its place.</summary>
    public void Dispose()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _file.Dispose();
        try
        {
            _log.DeleteRewrite(Path);
        }
        catch (DiskException)
        {
            // It has its name already, or is gone with the log; else the next opening deletes it.
        }
    }
}
