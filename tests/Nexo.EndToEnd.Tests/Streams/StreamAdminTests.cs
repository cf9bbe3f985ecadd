using System.Text;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Streams as such: what they are set to, lists, trims, their end.</summary>
public sealed class StreamAdminTests
{
    [Fact]
    public async Task A_stream_is_created_once_described_and_changed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Assert.True(await peer.CreateAsync("s", (StreamOptionTag.AgeMs, 60_000), (StreamOptionTag.Records, 10)));
        Assert.False(await peer.CreateAsync("s", (StreamOptionTag.AgeMs, 60_000)));
        AssertOption(await peer.TryCreateAsync("s", (StreamOptionTag.AgeMs, 5_000)), ErrorCode.StreamConflict, StreamOptionTag.AgeMs);
        await peer.AppendAsync("s", "x");

        Frame described = await peer.AskAsync(Opcode.StreamDescribe, 3, buffer => buffer.WriteUtf8("s"));
        Assert.True(StreamDescribeReply.TryRead(described.Body, out StreamDescribeReply description));
        Assert.Equal((1ul, new OffsetRange(0, 1)), (description.Revision, description.Range));
        Assert.Equal(
            [
                (StreamOptionTag.AgeMs, 60_000ul), (StreamOptionTag.Bytes, 0ul), (StreamOptionTag.Records, 10ul),
                (StreamOptionTag.ProtectGroups, 0ul), (StreamOptionTag.Compaction, 0ul), (StreamOptionTag.Durability, 1ul),
                (StreamOptionTag.RecordBytesMax, (ulong)((16 * 1_024 * 1_024) - (128 * 1_024))),
                (StreamOptionTag.TimestampBoundMs, 604_800_000ul), (StreamOptionTag.TombstoneRetentionMs, 86_400_000ul),
            ],
            Options(description.Options));

        Frame updated = await UpdateAsync(peer, "s", revision: 1, (StreamOptionTag.AgeMs, 0));
        Assert.True(StreamUpdateReply.TryRead(updated.Body, out StreamUpdateReply update));
        Assert.Equal((2ul, 0ul), (update.Revision, Options(update.Options)[0].Item2));
        Assert.Equal(ErrorCode.StreamConflict, (await UpdateAsync(peer, "s", revision: 1, (StreamOptionTag.AgeMs, 1_000))).Code);
        Assert.Equal(FrameKind.Reply, (await UpdateAsync(peer, "s", revision: 0, (StreamOptionTag.AgeMs, 1_000))).Header.Kind);
    }

    [Fact]
    public async Task Options_that_cannot_be_are_refused_by_name()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        AssertOption(await peer.TryCreateAsync("s", (StreamOptionTag.AgeMs, 999)), ErrorCode.InvalidArgument, StreamOptionTag.AgeMs);
        AssertOption(
            await peer.TryCreateAsync("s", (StreamOptionTag.RecordBytesMax, ulong.MaxValue)),
            ErrorCode.InvalidArgument,
            StreamOptionTag.RecordBytesMax);
        AssertOption(
            await peer.TryCreateAsync("s", (StreamOptionTag.ProtectGroups, 2)), ErrorCode.InvalidArgument, StreamOptionTag.ProtectGroups);
        AssertOption(await peer.TryCreateAsync("s", (StreamOptionTag.Durability, 4)), ErrorCode.InvalidArgument, StreamOptionTag.Durability);
        AssertOption(
            await peer.TryCreateAsync("s", (StreamOptionTag.Durability, 3)), ErrorCode.UnsupportedDurability, StreamOptionTag.Durability);
        AssertOption(await peer.TryCreateAsync("s", ((StreamOptionTag)99, 1)), ErrorCode.OptionUnknown, (StreamOptionTag)99);
        Assert.Equal(ErrorCode.NameInvalid, (await peer.TryCreateAsync(string.Empty)).Code);
        Assert.Equal(ErrorCode.NameInvalid, (await peer.TryCreateAsync("a\nb")).Code);
        Assert.Equal(ErrorCode.NameInvalid, (await peer.TryCreateAsync(new string('n', 256))).Code);
        Assert.Equal(0, server.Native.Streams.Count);
    }

    [Fact]
    public async Task No_more_streams_are_made_than_may_be()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Streams = options.Streams with { StreamsMax = 2 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("a");
        await peer.CreateAsync("b");
        Assert.Equal(ErrorCode.TooManyStreams, (await peer.TryCreateAsync("c")).Code);
        await peer.DeleteStreamAsync("a");
        Assert.True(await peer.CreateAsync("c"));
    }

    [Fact]
    public async Task Streams_are_listed_in_pages_by_their_names()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        foreach (string name in (string[])["s2", "s1", "t", "s3"])
        {
            await peer.CreateAsync(name);
        }

        await peer.AppendBatchAsync("s2", StreamPeer.NewNumbers(0, 3));
        List<(string, OffsetRange)> all = [];
        byte[] cursor = [];
        do
        {
            byte[] after = cursor;
            Frame page = await peer.AskAsync(Opcode.StreamList, 3, buffer => new ScanRequest
            {
                Prefix = "s"u8,
                Cursor = after,
                Limit = 2,
            }.Write(buffer));
            Assert.True(StreamListReply.TryRead(page.Body, out StreamListReply reply));
            cursor = reply.Cursor.ToArray();
            while (reply.TryTake(out StreamListItem item))
            {
                all.Add((Encoding.UTF8.GetString(item.Name), item.Range));
            }
        }
        while (cursor.Length > 0);

        Assert.Equal([("s1", new OffsetRange(0, 0)), ("s2", new OffsetRange(0, 3)), ("s3", new OffsetRange(0, 0))], all);
    }

    [Fact]
    public async Task Records_are_trimmed_by_offset_number_time_and_bytes()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (int i = 0; i < 10; i++)
        {
            await peer.AppendBatchAsync("s", new New(i.ToString(), Timestamp: now + i));
        }

        Assert.Equal(2ul, await peer.TrimAsync("s", TrimBy.Offset, 2));
        Assert.Equal(4ul, await peer.TrimAsync("s", TrimBy.Time, (ulong)now + 4));
        Assert.Equal(7ul, await peer.TrimAsync("s", TrimBy.Records, 3));
        Assert.Equal(7ul, await peer.TrimAsync("s", TrimBy.Bytes, 1_000_000));
        Assert.Equal(StreamPeer.Numbers(7, 3), (await peer.ReadStreamAsync("s", StreamPeer.At(7))).Values);

        Frame refused = await peer.TryTrimAsync("s", TrimBy.Offset, 11);
        Assert.Equal((ErrorCode.OffsetOutOfRange, new OffsetRange(7, 10)), (refused.Code, StreamPeer.RangeOf(refused)));
        Assert.Equal(ErrorCode.StreamNotFound, (await peer.TryTrimAsync("nowhere", TrimBy.Offset, 0)).Code);
        Assert.Equal(10ul, await peer.TrimAsync("s", TrimBy.Records, 0));
        Assert.Equal(new OffsetRange(10, 10), await peer.RangeAsync("s"));
    }

    [Fact]
    public async Task A_deleted_stream_ends_its_tails_and_waiting_reads_and_a_new_one_of_its_name_begins_anew()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer reader = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 3));
        await reader.TailAsync(7, "s", new StreamPosition(PositionKind.End), credits: 1);
        await reader.BeginReadAsync(8, "s", new StreamPosition(PositionKind.End), waitMs: 60_000);
        await Poll.UntilAsync(() => server.Native.Streams.Totals.Readers == 2);

        Assert.Equal(
            ErrorCode.StreamConflict, (await peer.DeleteStreamAsync("s", StreamDeleteConditions.IfUnused)).Code);
        Frame deleted = await peer.DeleteStreamAsync("s");
        Assert.True(CountReply.TryRead(deleted.Body, out CountReply count));
        Assert.Equal(3, count.Count);

        Frame[] ends = [await reader.ReadAsync(), await reader.ReadAsync()];
        Assert.Equal(
            [(7u, FrameKind.End, ErrorCode.StreamNotFound), (8u, FrameKind.Error, ErrorCode.StreamNotFound)],
            ends.Select(end => (end.Header.Correlation, end.Header.Kind, end.Code)).Order());
        Assert.Equal(ErrorCode.StreamNotFound, (await peer.TryAppendAsync("s", "x")).Code);
        Assert.Equal(0, server.Native.Streams.Totals.Readers);

        await peer.CreateAsync("s");
        Assert.Equal(0ul, (await peer.AppendAsync("s", "anew")).Offset);
        Assert.Equal(FrameKind.Reply, (await peer.DeleteStreamAsync("s", StreamDeleteConditions.IfUnused)).Header.Kind);
    }

    [Fact]
    public async Task Stats_tell_what_was_done_to_a_stream_and_to_all()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.CreateAsync("other");
        await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 10));
        await peer.AppendAsync("other", "x");
        await peer.TryAppendAsync("s", "conflict", expectedNext: 3);
        await peer.TryAppendAsync("s", "once", producer: (9, 0));
        await peer.TryAppendAsync("s", "once", producer: (9, 0));
        await peer.ReadStreamAsync("s", StreamPeer.At(0), recordsMax: 4);
        await peer.TrimAsync("s", TrimBy.Offset, 2);

        Dictionary<StreamStat, ulong> one = await peer.StreamStatsAsync("s");
        Assert.Equal(
            (1ul, 9ul, 11ul, 4ul, 1ul, 1ul, 2ul, 1ul),
            (one[StreamStat.Streams], one[StreamStat.Records], one[StreamStat.AppendedTotal], one[StreamStat.ReadTotal],
                one[StreamStat.ConflictsTotal], one[StreamStat.DuplicatesTotal], one[StreamStat.TrimmedTotal],
                one[StreamStat.Producers]));
        Dictionary<StreamStat, ulong> all = await peer.StreamStatsAsync(string.Empty);
        Assert.Equal((2ul, 12ul), (all[StreamStat.Streams], all[StreamStat.AppendedTotal]));
        Assert.True(one[StreamStat.AppendedBytesTotal] < all[StreamStat.AppendedBytesTotal]);
        Assert.Equal(ErrorCode.StreamNotFound, (await peer.AskAsync(Opcode.StreamStats, 3, b => b.WriteUtf8("no"))).Code);
    }

    private static Task<Frame> UpdateAsync(
        RawPeer peer, string name, ulong revision, params (StreamOptionTag Tag, ulong Value)[] options) =>
        peer.AskAsync(Opcode.StreamUpdate, 4, buffer =>
        {
            StreamUpdateRequest.WriteStart(buffer, revision, StreamPeer.Bytes(name));
            foreach ((StreamOptionTag tag, ulong value) in options)
            {
                StreamOptionFields.Write(buffer, tag, value);
            }
        });

    private static List<(StreamOptionTag, ulong)> Options(StreamOptionFields fields)
    {
        List<(StreamOptionTag, ulong)> all = [];
        while (fields.TryTake(out StreamOptionTag tag, out ulong number, out _))
        {
            all.Add((tag, number));
        }

        return all;
    }

    private static void AssertOption(Frame refused, ErrorCode code, StreamOptionTag tag)
    {
        Assert.Equal(FrameKind.Error, refused.Header.Kind);
        Assert.True(ErrorBody.TryRead(refused.Body, out ErrorBody error));
        Assert.Equal((code, (byte)tag, 2), (error.Code, error.Detail[0], error.Detail.Length));
    }
}
