using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>What snapshots and backups keep of it.</content>
internal sealed partial class StreamLog
{
    private const int CopyBytes = 1_024 * 1_024;

    /// <summary>
    /// Writes what is to be kept of it, after <see cref="Checkpoint"/>; the answer is what is to be copied besides, if it is.
    /// </summary>
    public StreamCopy? Keep(RecordBuffer buffer, bool isWhole)
    {
        bool isCopied = isWhole && Options.Durability != StreamDurability.Memory;
        lock (_gate)
        {
            if (IsClosed)
            {
                return null;
            }

            StreamDefinedRecord.Write(
                buffer.Add((byte)StreamRecordKind.StreamDefined, StreamDefinedRecord.Bytes(Name)),
                Number,
                Place,
                Revision,
                Name,
                Options);
            bool isBehind = !isCopied && (HasFailed || _isBehind) && Options.Durability != StreamDurability.Memory;
            SegmentedLogCheckpoint checkpoint = KeptCheckpoint(isCopied || (isBehind && _first > _checkpoint.NextOffset));
            long first = checkpoint.IsEmpty ? checkpoint.NextOffset : Math.Min(_first, checkpoint.NextOffset);
            new StreamKeptRecord(Number, first, checkpoint)
                .Write(buffer.Add((byte)StreamRecordKind.StreamKept, StreamKeptRecord.Size));
            foreach (StreamProducers.Producer producer in _producers?.All ?? [])
            {
                StreamProducerKeptRecord.Write(
                    buffer.Add((byte)StreamRecordKind.ProducerKept, StreamProducerKeptRecord.Bytes(producer)), Number, producer);
            }

            return isCopied ? new StreamCopy(this, _first, _next)
                : isBehind ? new StreamCopy(this, checkpoint.NextOffset, _next)
                : null;
        }
    }

    /// <summary>Adds the next records to a backup; the answer is where it goes on.</summary>
    /// <exception cref="IOException">Its files cannot be read.</exception>
    public long Copy(ref StreamCursor cursor, long offset, long end, RecordBuffer buffer)
    {
        var records = new ArrayBufferWriter<byte>(CopyBytes);
        int count;
        SegmentedLog? log;
        lock (_gate)
        {
            StreamStatus status = BeginUse(out log);
            if (status != StreamStatus.Ok)
            {
                return status == StreamStatus.NotFound ? end : throw new IOException($"{Directory} cannot be read.");
            }

            cursor = cursor.Opening == _opening
                ? cursor
                : new StreamCursor { Segment = new SegmentCursor(offset), Opening = _opening };
        }

        try
        {
            var gathering = new StreamGathering(log!, Limits, offset, end, end, int.MaxValue, CopyBytes);
            try
            {
                gathering.Run(ref cursor.Segment, default, records);
            }
            finally
            {
                gathering.Dispose();
            }

            offset = gathering.Count == 0 ? end : gathering.Offset;
            count = gathering.Count;
        }
        catch (ObjectDisposedException)
        {
            // Deleted meanwhile, which the log says behind the copy.
            return end;
        }
        finally
        {
            EndUse();
        }

        if (count > 0)
        {
            long first = new StreamRecordView(records.WrittenSpan).Offset;
            int header = StreamAppendedRecord.HeaderBytesOf(null);
            Span<byte> payload = buffer.Add((byte)StreamRecordKind.RecordsAppended, header + records.WrittenCount);
            StreamAppendedRecord.WriteHeader(payload, Number, first, count, null);
            records.WrittenSpan.CopyTo(payload[header..]);
        }

        return offset;
    }

    // Of what is copied, and of what ends with the process, no files are needed: it begins anew behind what was there.
    private SegmentedLogCheckpoint KeptCheckpoint(bool isCopied) =>
        isCopied ? new SegmentedLogCheckpoint(_first, 0, 0, long.MinValue)
        : Options.Durability == StreamDurability.Memory ? new SegmentedLogCheckpoint(_next, 0, 0, long.MinValue)
        : _checkpoint;
}
