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
    public StreamCopy? Keep(RecordBuffer buffer, Lsn position, bool isWhole)
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
            if (!isWhole)
            {
                NoteTaken(position, checkpoint);
            }

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
        long first = offset;
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

            // Where there is a record no more up to the end, that was compacted away; or it was all let go of.
            count = gathering.Count;
            if (gathering.IsGone && count == 0)
            {
                return end;
            }

            offset = gathering.Offset;
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

        if (offset > first)
        {
            long? endOffset = offset - first == count ? null : offset;
            int header = StreamAppendedRecord.HeaderBytesOf(null, endOffset);
            Span<byte> payload = buffer.Add((byte)StreamRecordKind.RecordsAppended, header + records.WrittenCount);
            StreamAppendedRecord.WriteHeader(payload, Number, first, count, null, endOffset);
            records.WrittenSpan.CopyTo(payload[header..]);
        }

        // Nothing more is to be had from there.
        return offset > first ? offset : end;
    }

    // Of what is copied, and of what ends with the process, no files are needed: it begins anew behind what was there.
    private SegmentedLogCheckpoint KeptCheckpoint(bool isCopied) =>
        isCopied ? new SegmentedLogCheckpoint(_first, 0, 0, long.MinValue)
        : Options.Durability == StreamDurability.Memory ? new SegmentedLogCheckpoint(_next, 0, 0, long.MinValue)
        : _checkpoint;
}
