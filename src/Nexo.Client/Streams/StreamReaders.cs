using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The answer to CREATE.</summary>
internal readonly struct StreamCreateReader(string name) : IReplyReader<StreamCreation>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StreamCreation result)
    {
        bool read = StreamCreateReply.TryRead(body, out StreamCreateReply reply);
        result = read
            ? new(reply.Created, new StreamDefinition(name, reply.Revision, StreamOptionBodies.Read(reply.Options)))
            : default;
        return read;
    }
}

/// <summary>The answer to UPDATE.</summary>
internal readonly struct StreamUpdateReader(string name) : IReplyReader<StreamDefinition>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StreamDefinition result)
    {
        bool read = StreamUpdateReply.TryRead(body, out StreamUpdateReply reply);
        result = read ? new(name, reply.Revision, StreamOptionBodies.Read(reply.Options)) : null!;
        return read;
    }
}

/// <summary>The answer to DESCRIBE.</summary>
internal readonly struct StreamDescribeReader(string name) : IReplyReader<StreamDescription>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StreamDescription result)
    {
        bool read = StreamDescribeReply.TryRead(body, out StreamDescribeReply reply);
        result = read
            ? new(name, reply.Revision, reply.Range.First, reply.Range.Next, StreamOptionBodies.Read(reply.Options))
            : null!;
        return read;
    }
}

/// <summary>A page of the list of streams.</summary>
internal readonly struct StreamsReader : IReplyReader<NexoPage<StreamSummary>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out NexoPage<StreamSummary> result)
    {
        var items = new List<StreamSummary>();
        bool read = StreamListReply.TryRead(body, out StreamListReply reply);
        while (read && reply.TryTake(out StreamListItem item))
        {
            items.Add(new StreamSummary(
                Encoding.UTF8.GetString(item.Name), item.Range.First, item.Range.Next, (long)item.Bytes));
        }

        result = new NexoPage<StreamSummary>(items, reply.Cursor.ToArray());
        return read;
    }
}

/// <summary>The answer to TRIM.</summary>
internal readonly struct StreamTrimReader : IReplyReader<ulong>
{
    public bool TryRead(ReadOnlySpan<byte> body, out ulong result)
    {
        bool read = StreamTrimReply.TryRead(body, out StreamTrimReply reply);
        result = reply.First;
        return read;
    }
}

/// <summary>The answer to APPEND and APPEND BATCH.</summary>
internal readonly struct StreamAppendReader : IReplyReader<StreamAppendResult>
{
    public bool TryRead(ReadOnlySpan<byte> body, out StreamAppendResult result)
    {
        bool read = StreamAppendReply.TryRead(body, out StreamAppendReply reply);
        result = new StreamAppendResult(reply);
        return read;
    }
}

/// <summary>What a read brought: records as they came, owned by the process.</summary>
internal readonly record struct ReadRun(OffsetRange Range, ulong ContinueAt, int Count, byte[] Records);

/// <summary>The answer to READ.</summary>
internal readonly struct StreamReadReader : IReplyReader<ReadRun>
{
    public bool TryRead(ReadOnlySpan<byte> body, out ReadRun result)
    {
        bool read = StreamReadReply.TryRead(body, out StreamReadReply reply);
        result = read ? From(reply) : default;
        return read;
    }

    private static ReadRun From(StreamReadReply reply) =>
        new(reply.Range, reply.ContinueAt, (int)reply.Records.Count, reply.Records.Bytes.ToArray());
}

/// <summary>The answer to TAIL, read before anything that is pushed.</summary>
internal readonly struct StreamTailReader(StreamTailOpening opening) : IReplyReader<bool>
{
    public bool TryRead(ReadOnlySpan<byte> body, out bool result)
    {
        result = OffsetRange.TryRead(body, out OffsetRange range);
        opening.OnOpened(range);
        return result;
    }
}

/// <summary>The figures of streams.</summary>
internal readonly struct StreamStatsReader : IReplyReader<StreamStats>
{
    private const ulong MomentMsMax = 253_402_300_799_999;

    public bool TryRead(ReadOnlySpan<byte> body, out StreamStats result)
    {
        bool read = StreamStatsReply.TryRead(body, out StreamStatsReply reply);
        Span<ulong> figures = stackalloc ulong[(int)StreamStat.CompactedAtMs + 1];
        figures.Clear();
        while (read && reply.TryTake(out StreamStat stat, out ulong value))
        {
            if ((int)stat < figures.Length)
            {
                figures[(int)stat] = value;
            }
        }

        result = From(figures);
        return read;
    }

    private static StreamStats From(ReadOnlySpan<ulong> figures) => new()
    {
        Streams = (long)figures[(int)StreamStat.Streams],
        Records = (long)figures[(int)StreamStat.Records],
        Bytes = (long)figures[(int)StreamStat.Bytes],
        Segments = (long)figures[(int)StreamStat.Segments],
        PendingBytes = (long)figures[(int)StreamStat.PendingBytes],
        Readers = (long)figures[(int)StreamStat.Readers],
        Groups = (long)figures[(int)StreamStat.Groups],
        Producers = (long)figures[(int)StreamStat.Producers],
        Keys = (long)figures[(int)StreamStat.Keys],
        Appended = (long)figures[(int)StreamStat.AppendedTotal],
        AppendedBytes = (long)figures[(int)StreamStat.AppendedBytesTotal],
        Read = (long)figures[(int)StreamStat.ReadTotal],
        ReadBytes = (long)figures[(int)StreamStat.ReadBytesTotal],
        Duplicates = (long)figures[(int)StreamStat.DuplicatesTotal],
        Conflicts = (long)figures[(int)StreamStat.ConflictsTotal],
        Trimmed = (long)figures[(int)StreamStat.TrimmedTotal],
        SavedBytes = (long)figures[(int)StreamStat.SavedBytes],
        Compacted = (long)figures[(int)StreamStat.CompactedTotal],
        CompactedAt = figures[(int)StreamStat.CompactedAtMs] is > 0 and <= MomentMsMax
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)figures[(int)StreamStat.CompactedAtMs])
            : null,
        AppendedPerSecond = figures[(int)StreamStat.AppendedPerSecondMilli] / 1_000.0,
        ReadPerSecond = figures[(int)StreamStat.ReadPerSecondMilli] / 1_000.0,
    };
}
