using System.Text;
using Nexo.EndToEnd.Tests.Native;
using Nexo.EndToEnd.Tests.Topics;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>A record that was read.</summary>
internal sealed record Read(ulong Offset, long Timestamp, string? Key, string Value, byte[] Headers, bool IsTombstone);

/// <summary>What a read, or a push of a tail, has brought.</summary>
internal sealed record Page(OffsetRange Range, ulong ContinueAt, List<Read> Records)
{
    public IEnumerable<string> Values => Records.Select(record => record.Value);

    public IEnumerable<ulong> Offsets => Records.Select(record => record.Offset);
}

/// <summary>A record that is to be appended.</summary>
internal sealed record New(string Value, string? Key = null, long? Timestamp = null, bool IsTombstone = false);

/// <summary>The requests about streams that tests make over a raw connection.</summary>
internal static class StreamPeer
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static StreamPosition At(ulong offset, PositionFlags flags = PositionFlags.None) =>
        new(PositionKind.Offset, offset, flags);

    /// <summary>Fails with the error's text when it is none.</summary>
    public static Frame Reply(Frame frame, Opcode opcode)
    {
        string what = frame.Header.Kind == FrameKind.Error ? $"{frame.Code}: {frame.Message}" : frame.Header.ToString();
        Assert.True(frame.Header.Kind == FrameKind.Reply, what);
        Assert.Equal(opcode, frame.Header.Opcode);
        return frame;
    }

    public static async Task<bool> CreateAsync(
        this RawPeer peer, string name, params (StreamOptionTag Tag, ulong Value)[] options)
    {
        Frame frame = Reply(await peer.TryCreateAsync(name, options), Opcode.StreamCreate);
        Assert.True(StreamCreateReply.TryRead(frame.Body, out StreamCreateReply reply));
        return reply.Created;
    }

    public static Task<Frame> TryCreateAsync(
        this RawPeer peer, string name, params (StreamOptionTag Tag, ulong Value)[] options) =>
        peer.AskAsync(Opcode.StreamCreate, 800, buffer =>
        {
            StreamCreateRequest.WriteStart(buffer, Bytes(name));
            foreach ((StreamOptionTag tag, ulong value) in options)
            {
                StreamOptionFields.Write(buffer, tag, value);
            }
        });

    public static async Task<StreamAppendReply> AppendAsync(
        this RawPeer peer, string stream, string value, string? key = null, ulong? expectedNext = null)
    {
        Frame frame = Reply(await peer.TryAppendAsync(stream, value, key, expectedNext), Opcode.StreamAppend);
        Assert.True(StreamAppendReply.TryRead(frame.Body, out StreamAppendReply reply));
        return reply;
    }

    public static async Task<Frame> TryAppendAsync(
        this RawPeer peer,
        string stream,
        string value,
        string? key = null,
        ulong? expectedNext = null,
        ulong? expectedKeyVersion = null,
        (ulong Id, ulong Sequence)? producer = null,
        long? timestamp = null)
    {
        await peer.SendAsync(buffer =>
            Append(buffer, 801, stream, value, key, expectedNext, expectedKeyVersion, producer, timestamp));
        return await peer.ReadAsync();
    }

    /// <summary>Writes one APPEND.</summary>
    public static void Append(
        FrameBuffer buffer,
        uint correlation,
        string stream,
        string value,
        string? key = null,
        ulong? expectedNext = null,
        ulong? expectedKeyVersion = null,
        (ulong Id, ulong Sequence)? producer = null,
        long? timestamp = null)
    {
        buffer.Begin(Opcode.StreamAppend, FrameKind.Request, correlation);
        new StreamAppendRequest
        {
            Stream = Bytes(stream),
            Parts = (key is null ? AppendParts.None : AppendParts.Key)
                | (expectedNext is null ? AppendParts.None : AppendParts.ExpectedNext)
                | (expectedKeyVersion is null ? AppendParts.None : AppendParts.ExpectedKeyVersion)
                | (producer is null ? AppendParts.None : AppendParts.Producer)
                | (timestamp is null ? AppendParts.None : AppendParts.Timestamp),
            Key = Bytes(key ?? string.Empty),
            ExpectedNext = expectedNext ?? 0,
            ExpectedKeyVersion = expectedKeyVersion ?? 0,
            Producer = producer?.Id ?? 0,
            Sequence = producer?.Sequence ?? 0,
            Timestamp = timestamp ?? 0,
            Value = Bytes(value),
        }.Write(buffer);
        buffer.End();
    }

    public static async Task<StreamAppendReply> AppendBatchAsync(this RawPeer peer, string stream, params New[] records)
    {
        Frame frame = Reply(await peer.TryAppendBatchAsync(stream, records), Opcode.StreamAppendBatch);
        Assert.True(StreamAppendReply.TryRead(frame.Body, out StreamAppendReply reply));
        return reply;
    }

    public static Task<Frame> TryAppendBatchAsync(
        this RawPeer peer, string stream, New[] records, ulong? expectedNext = null, uint? count = null) =>
        peer.AskAsync(Opcode.StreamAppendBatch, 802, buffer => Batch(buffer, stream, records, expectedNext, count));

    /// <summary>Writes the body of an APPEND BATCH.</summary>
    public static void Batch(
        FrameBuffer buffer, string stream, New[] records, ulong? expectedNext = null, uint? count = null)
    {
        new StreamAppendBatchRequest
        {
            Stream = Bytes(stream),
            Parts = expectedNext is null ? AppendParts.None : AppendParts.ExpectedNext,
            ExpectedNext = expectedNext ?? 0,
        }.WriteStart(buffer, count ?? (uint)records.Length);
        foreach (New record in records)
        {
            new NewRecord
            {
                Parts = (record.Key is null ? RecordParts.None : RecordParts.Key)
                    | (record.Timestamp is null ? RecordParts.None : RecordParts.Timestamp)
                    | (record.IsTombstone ? RecordParts.Tombstone : RecordParts.None),
                Key = Bytes(record.Key ?? string.Empty),
                Timestamp = record.Timestamp ?? 0,
                Value = Bytes(record.Value),
            }.Write(buffer);
        }
    }

    public static async Task<Page> ReadStreamAsync(
        this RawPeer peer,
        string stream,
        StreamPosition from,
        uint recordsMax = 1_000,
        uint bytesMax = 0,
        uint waitMs = 0,
        string key = "") =>
        PageOf(await peer.TryReadStreamAsync(stream, from, recordsMax, bytesMax, waitMs, key));

    public static async Task<Frame> TryReadStreamAsync(
        this RawPeer peer,
        string stream,
        StreamPosition from,
        uint recordsMax = 1_000,
        uint bytesMax = 0,
        uint waitMs = 0,
        string key = "",
        uint correlation = 803)
    {
        await peer.BeginReadAsync(correlation, stream, from, recordsMax, bytesMax, waitMs, key);
        return await peer.ReadAsync();
    }

    /// <summary>Sends a READ without waiting for the answer.</summary>
    public static Task BeginReadAsync(
        this RawPeer peer,
        uint correlation,
        string stream,
        StreamPosition from,
        uint recordsMax = 1_000,
        uint bytesMax = 0,
        uint waitMs = 0,
        string key = "") =>
        peer.RequestAsync(Opcode.StreamRead, correlation, buffer => new StreamReadRequest
        {
            From = from,
            WaitMs = waitMs,
            RecordsMax = recordsMax,
            BytesMax = bytesMax,
            Stream = Bytes(stream),
            Key = Bytes(key),
        }.Write(buffer));

    public static Page PageOf(Frame frame)
    {
        Reply(frame, Opcode.StreamRead);
        Assert.True(StreamReadReply.TryRead(frame.Body, out StreamReadReply reply));
        return new Page(reply.Range, reply.ContinueAt, Records(reply.Records));
    }

    public static async Task<OffsetRange> TailAsync(
        this RawPeer peer, uint correlation, string stream, StreamPosition from, uint credits, uint bytesMax = 0, string key = "")
    {
        Frame frame = Reply(
            await peer.TryTailAsync(correlation, stream, from, credits, bytesMax, key), Opcode.StreamTail);
        Assert.True(OffsetRange.TryRead(frame.Body, out OffsetRange range));
        return range;
    }

    public static Task<Frame> TryTailAsync(
        this RawPeer peer, uint correlation, string stream, StreamPosition from, uint credits, uint bytesMax = 0, string key = "") =>
        peer.AskAsync(Opcode.StreamTail, correlation, buffer => new StreamTailRequest
        {
            Credits = credits,
            From = from,
            BytesMax = bytesMax,
            Stream = Bytes(stream),
            Key = Bytes(key),
        }.Write(buffer));

    public static Page PushOf(Frame frame)
    {
        Assert.True(
            frame.Header is { Opcode: Opcode.StreamTail, Kind: FrameKind.Push },
            frame.Header.Kind is FrameKind.End or FrameKind.Error ? $"{frame.Header.Kind} {frame.Code}: {frame.Message}"
                : frame.Header.ToString());
        Assert.True(StreamTailPush.TryRead(frame.Body, out StreamTailPush push));
        return new Page(default, push.ContinueAt, Records(push.Records));
    }

    /// <summary>Reads pushes of one tail, with no other frames between them, until so many records have come.</summary>
    public static async Task<List<Read>> ReadTailAsync(this RawPeer peer, uint subscription, int count)
    {
        List<Read> all = [];
        while (all.Count < count)
        {
            Frame frame = await peer.ReadAsync();
            Page push = PushOf(frame);
            Assert.Equal(subscription, frame.Header.Correlation);
            all.AddRange(push.Records);
            Assert.Equal(all[^1].Offset + 1, push.ContinueAt);
        }

        Assert.Equal(count, all.Count);
        return all;
    }

    public static async Task<Dictionary<StreamStat, ulong>> StreamStatsAsync(this RawPeer peer, string stream)
    {
        Frame frame = Reply(
            await peer.AskAsync(Opcode.StreamStats, 804, buffer => buffer.WriteUtf8(stream)), Opcode.StreamStats);
        Assert.True(StreamStatsReply.TryRead(frame.Body, out StreamStatsReply stats));
        var all = new Dictionary<StreamStat, ulong>();
        while (stats.TryTake(out StreamStat stat, out ulong value))
        {
            all.Add(stat, value);
        }

        return all;
    }

    public static async Task<OffsetRange> RangeAsync(this RawPeer peer, string stream)
    {
        Frame frame = Reply(
            await peer.AskAsync(Opcode.StreamDescribe, 805, buffer => buffer.WriteUtf8(stream)), Opcode.StreamDescribe);
        Assert.True(StreamDescribeReply.TryRead(frame.Body, out StreamDescribeReply reply));
        return reply.Range;
    }

    public static async Task<ulong> TrimAsync(this RawPeer peer, string stream, TrimBy by, ulong value)
    {
        Frame frame = Reply(await peer.TryTrimAsync(stream, by, value), Opcode.StreamTrim);
        Assert.True(StreamTrimReply.TryRead(frame.Body, out StreamTrimReply reply));
        return reply.First;
    }

    public static Task<Frame> TryTrimAsync(this RawPeer peer, string stream, TrimBy by, ulong value) => peer.AskAsync(
        Opcode.StreamTrim,
        806,
        buffer => new StreamTrimRequest { By = by, Value = value, Name = Bytes(stream) }.Write(buffer));

    public static Task<Frame> DeleteStreamAsync(
        this RawPeer peer, string stream, StreamDeleteConditions conditions = StreamDeleteConditions.None) => peer.AskAsync(
        Opcode.StreamDelete,
        807,
        buffer => new StreamDeleteRequest { Conditions = conditions, Name = Bytes(stream) }.Write(buffer));

    public static IEnumerable<string> Numbers(int from, int count) => TopicPeer.Numbers(from, count);

    public static New[] NewNumbers(int from, int count) => [.. Numbers(from, count).Select(number => new New(number))];

    /// <summary>The detail of an error as a range.</summary>
    public static OffsetRange RangeOf(Frame error)
    {
        Assert.True(ErrorBody.TryRead(error.Body, out ErrorBody body));
        Assert.True(OffsetRange.TryRead(body.Detail, out OffsetRange range), body.MessageText);
        return range;
    }

    public static List<Read> Records(RecordRun run)
    {
        List<Read> all = [];
        while (run.TryTake(out StreamedRecord record))
        {
            all.Add(new Read(
                record.Offset,
                record.Timestamp,
                record.HasKey ? Encoding.UTF8.GetString(record.Key) : null,
                Encoding.UTF8.GetString(record.Value),
                record.Headers.ToArray(),
                record.IsTombstone));
        }

        return all;
    }
}
