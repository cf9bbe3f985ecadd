using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>Takes a batch.</summary>
internal delegate void StreamBatchSink(in BatchHeader batch, ReadOnlySpan<byte> records);

/// <summary>
/// Makes batches of records between whose offsets others are missing: together the batches take all offsets, as those of a log must.
/// </summary>
/// <param name="offset">The base of the first batch.</param>
/// <param name="bytesMax">Of the records of a batch, but for a single one.</param>
/// <param name="sink">Takes them.</param>
internal sealed class StreamBatcher(long offset, int bytesMax, StreamBatchSink sink)
{
    // What the header of a batch can say, with room to spare.
    private const int OffsetsMax = 1 << 30;

    private readonly ArrayBufferWriter<byte> _records = new();
    private long _offset = offset;
    private long _next = offset;
    private long _firstMs;
    private long _maxMs;
    private int _count;

    /// <summary>The next record, which has a higher offset than the one before.</summary>
    public void Add(in StreamRecordView record)
    {
        if (_count > 0
            && (_records.WrittenCount + record.Bytes.Length > bytesMax || record.Offset - _offset >= OffsetsMax))
        {
            Flush(_next);
        }

        while (record.Offset - _offset >= OffsetsMax)
        {
            Flush(_offset + OffsetsMax);
        }

        _firstMs = _count == 0 ? record.TimestampMs : _firstMs;
        _maxMs = _count == 0 ? record.TimestampMs : Math.Max(_maxMs, record.TimestampMs);
        _count++;
        _next = record.Offset + 1;
        _records.Write(record.Bytes);
    }

    /// <summary>There are no more before this offset.</summary>
    public void Finish(long endOffset)
    {
        if (_count > 0 && endOffset - _offset > OffsetsMax)
        {
            Flush(_next);
        }

        while (_offset < endOffset)
        {
            Flush(Math.Min(endOffset, _offset + OffsetsMax));
        }
    }

    private void Flush(long endOffset)
    {
        var batch = new BatchHeader
        {
            BaseOffset = _offset,
            Offsets = (int)(endOffset - _offset),
            Records = _count,
            FirstTimestamp = _count == 0 ? 0 : _firstMs,
            MaxTimestamp = _count == 0 ? 0 : _maxMs,
        };
        sink(batch, _records.WrittenSpan);
        _records.ResetWrittenCount();
        (_offset, _next, _count) = (endOffset, endOffset, 0);
    }
}
