using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Places, and reads against the order.</content>
internal sealed partial class StreamLog
{
    private const int RecordBytesMin = 32;

    /// <summary>Finds the offset that a place means.</summary>
    public StreamStatus Resolve(in StreamPlace place, out StreamRange range, out long offset)
    {
        SegmentedLog? log;
        offset = 0;
        range = default;
        lock (_gate)
        {
            StreamStatus status = BeginUse(out log);
            if (status != StreamStatus.Ok)
            {
                return status;
            }

            range = new StreamRange(_first, _visible);
        }

        try
        {
            offset = place.From switch
            {
                StreamFrom.Offset => (long)Math.Min(place.Value, long.MaxValue),
                StreamFrom.Time => OffsetAtTime(log!, (long)Math.Min(place.Value, long.MaxValue), range),
                StreamFrom.Beginning => range.First,
                StreamFrom.End => range.Next,
                StreamFrom.Last => OffsetOfLast(log!, (long)Math.Min(place.Value, (ulong)(range.Next - range.First)), range),
                _ => -1,
            };
            if (place.From > StreamFrom.Last)
            {
                return StreamStatus.InvalidArgument;
            }

            bool isIn = offset >= range.First && offset <= range.Next;
            offset = place.Clamp ? Math.Clamp(offset, range.First, range.Next) : offset;
            return isIn || place.Clamp ? StreamStatus.Ok : StreamStatus.OffsetOutOfRange;
        }
        catch (ObjectDisposedException)
        {
            return StreamStatus.NotFound;
        }
        catch (IOException failure)
        {
            Tell("read", failure);
            return StreamStatus.Unreadable;
        }
        finally
        {
            EndUse();
        }
    }

    // Where records were compacted away they are counted, else offsets are as good.
    private long OffsetOfLast(SegmentedLog log, long count, in StreamRange range)
    {
        if (range.Next - count >= GapsEnd(log, range))
        {
            return range.Next - count;
        }

        long offset = range.Next;
        while (count > 0 && offset > range.First)
        {
            var back = new StreamBackward(log, Limits, range, offset, (int)Math.Min(count, int.MaxValue), int.MaxValue);
            back.Run(AverageBytes(log, range), default, NoRecords.Instance);
            if (back.Offset == offset)
            {
                break;
            }

            offset = back.Offset;
            count -= back.Count;
        }

        return offset;
    }

    // The log tells the batch; the record is looked for in it.
    private long OffsetAtTime(SegmentedLog log, long timeMs, in StreamRange range)
    {
        long offset = Math.Clamp(log.OffsetAtTime(timeMs), range.First, range.Next);
        var cursor = new SegmentCursor(offset);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Limits.Tuning.ReadBytes);
        try
        {
            while (offset < range.Next)
            {
                SegmentRead read = log.Read(ref cursor, buffer, range.Next);
                if (read.Status == SegmentReadStatus.BufferTooSmall)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(read.Bytes);
                    continue;
                }

                if (read.Status != SegmentReadStatus.Ok || TryFindTime(buffer.AsSpan(0, read.Bytes), timeMs, ref offset))
                {
                    break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Math.Clamp(offset, range.First, range.Next);
    }

    private static bool TryFindTime(ReadOnlySpan<byte> batches, long timeMs, ref long offset)
    {
        while (BatchHeader.TryDecode(batches, out BatchHeader batch))
        {
            ReadOnlySpan<byte> records = batches[BatchHeader.Size..batch.Bytes];
            while (batch.Records > 0 && StreamRecordForm.TryTake(ref records, out StreamRecordView record))
            {
                if (record.Offset >= offset && record.TimestampMs >= timeMs)
                {
                    offset = record.Offset;
                    return true;
                }
            }

            offset = Math.Max(offset, batch.EndOffset);
            batches = batches[batch.Bytes..];
        }

        return false;
    }

    private StreamStatus ReadBackward(
        long before,
        int recordsMax,
        int bytesMax,
        ReadOnlySpan<byte> key,
        IBufferWriter<byte> target,
        out StreamReadResult result)
    {
        result = default;
        SegmentedLog? log;
        StreamRange range;
        lock (_gate)
        {
            StreamStatus status = BeginUse(out log);
            if (status != StreamStatus.Ok)
            {
                return status;
            }

            range = new StreamRange(_first, _visible);
        }

        try
        {
            var back = new StreamBackward(log!, Limits, range, Math.Min(before, range.Next), recordsMax, bytesMax);
            back.Run(AverageBytes(log!, range), key, target);
            result = new StreamReadResult(range, back.Offset, back.Count, back.Bytes);
            CountRead(back.Count, back.Bytes);
            return StreamStatus.Ok;
        }
        catch (ObjectDisposedException)
        {
            return StreamStatus.NotFound;
        }
        catch (IOException failure)
        {
            Tell("read", failure);
            return StreamStatus.Unreadable;
        }
        finally
        {
            EndUse();
        }
    }

    /// <summary>Who only wants to know where they are.</summary>
    private sealed class NoRecords : IBufferWriter<byte>
    {
        public static readonly NoRecords Instance = new();

        // Written to by many at once, read by nobody.
        private readonly byte[] _bytes = new byte[64 * 1_024];

        public void Advance(int count)
        {
            // They are not wanted.
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => sizeHint <= _bytes.Length ? _bytes : new byte[sizeHint];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }

    private static long AverageBytes(SegmentedLog log, in StreamRange range) =>
        Math.Max(RecordBytesMin, log.Bytes / Math.Max(1, range.Next - range.First));
}
