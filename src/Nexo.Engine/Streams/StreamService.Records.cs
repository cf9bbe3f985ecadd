using System.Buffers;

namespace Nexo.Engine.Streams;

/// <content>Appends and reads.</content>
public sealed partial class StreamService
{
    /// <summary>Appends one record.</summary>
    public StreamStatus Append(
        ReadOnlySpan<byte> stream, in StreamRecord record, in StreamAppendTerms terms, out StreamAppended appended)
    {
        appended = default;
        StreamStatus status = SingleBatch.Check(record, Limits);
        if (status != StreamStatus.Ok)
        {
            return status;
        }

        if (terms.ExpectedKeyVersion is not null && terms.ExpectedKey.IsEmpty && !record.HasKey)
        {
            return StreamStatus.KeyInvalid;
        }

        status = Find(stream, out StreamLog? found);
        return status == StreamStatus.Ok ? found!.Append(new SingleBatch(record), terms, out appended) : status;
    }

    /// <summary>Appends many records, all or none, also over a crash.</summary>
    /// <param name="count">How many.</param>
    /// <param name="records">
    /// As new ones, one behind the other (see <see cref="StreamRecordForm"/>). Their lengths are checked here, what is in a header block
    /// is not.
    /// </param>
    public StreamStatus AppendBatch(
        ReadOnlySpan<byte> stream,
        int count,
        ReadOnlySpan<byte> records,
        in StreamAppendTerms terms,
        out StreamAppended appended)
    {
        appended = default;
        StreamStatus status = RunBatch.Check(records, count, Limits, out StreamBatchMeasure measure);
        if (status != StreamStatus.Ok)
        {
            return status;
        }

        if (terms.ExpectedKeyVersion is not null && terms.ExpectedKey.IsEmpty)
        {
            return StreamStatus.KeyInvalid;
        }

        status = Find(stream, out StreamLog? found);
        return status == StreamStatus.Ok ? found!.Append(new RunBatch(records, measure), terms, out appended) : status;
    }

    /// <summary>Gives records to a target, one behind the other, in the form of <see cref="StreamRecordForm"/>.</summary>
    /// <param name="result">
    /// Also with <see cref="StreamStatus.OffsetOutOfRange"/>: the valid range.
    /// </param>
    public StreamStatus Read(
        ReadOnlySpan<byte> stream, in StreamReadTerms terms, IBufferWriter<byte> target, out StreamReadResult result)
    {
        ArgumentNullException.ThrowIfNull(target);
        result = default;
        if (terms.RecordsMax < 1 || terms.BytesMax < 1)
        {
            return StreamStatus.InvalidArgument;
        }

        StreamStatus status = Find(stream, out StreamLog? found);
        return status == StreamStatus.Ok ? found!.Read(terms, target, out result) : status;
    }

    /// <summary>Begins to read on from a place: for a tail, and for a read that waits.</summary>
    /// <param name="key">Only records with this key; empty: all.</param>
    /// <param name="range">What there is now; also with <see cref="StreamStatus.OffsetOutOfRange"/>.</param>
    public StreamStatus Follow(
        ReadOnlySpan<byte> stream,
        in StreamPlace from,
        ReadOnlySpan<byte> key,
        out StreamFollower? follower,
        out StreamRange range)
    {
        follower = null;
        range = default;
        StreamStatus status = Find(stream, out StreamLog? found);
        if (status == StreamStatus.Ok)
        {
            status = found!.Resolve(from, out range, out long offset);
            follower = status == StreamStatus.Ok ? new StreamFollower(found, offset, key.ToArray(), from.Clamp) : null;
        }

        return status;
    }
}
