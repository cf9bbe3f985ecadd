using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Appends, and reads of them.</summary>
public sealed class AppendReadTests
{
    [Fact]
    public async Task Records_get_offsets_in_their_order_and_are_read_from_any_place()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Assert.True(await peer.CreateAsync("s"));
        Assert.False(await peer.CreateAsync("s"));

        StreamAppendReply first = await peer.AppendAsync("s", "0", key: "k");
        Assert.Equal((AppendOutcome.Appended, 0ul, 1ul), (first.Outcome, first.Offset, first.KeyVersion));
        Assert.Equal(1ul, (await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(1, 8))).Offset);
        Assert.Equal(9ul, (await peer.AppendAsync("s", "9")).Offset);

        Page all = await peer.ReadStreamAsync("s", new StreamPosition(PositionKind.Beginning));
        Assert.Equal(StreamPeer.Numbers(0, 10), all.Values);
        Assert.Equal((new OffsetRange(0, 10), 10ul, "k"), (all.Range, all.ContinueAt, all.Records[0].Key));
        Assert.Equal(first.Timestamp, all.Records[0].Timestamp);
        Assert.Equal(["4", "5"], (await peer.ReadStreamAsync("s", StreamPeer.At(4), recordsMax: 2)).Values);
        Assert.Equal(["7", "8", "9"], (await peer.ReadStreamAsync("s", new StreamPosition(PositionKind.Last, 3))).Values);
        Assert.Empty((await peer.ReadStreamAsync("s", new StreamPosition(PositionKind.End))).Values);
        Assert.Equal(
            StreamPeer.Numbers(0, 10),
            (await peer.ReadStreamAsync("s", new StreamPosition(PositionKind.Time, (ulong)first.Timestamp))).Values);
        Assert.Equal(["0"], (await peer.ReadStreamAsync("s", StreamPeer.At(0), key: "k")).Values);

        Page back = await peer.ReadStreamAsync(
            "s", new StreamPosition(PositionKind.End, 0, PositionFlags.Backward), recordsMax: 3);
        Assert.Equal(["9", "8", "7"], back.Values);
        Assert.Equal(7ul, back.ContinueAt);
        Assert.Equal(
            ["6", "5"], (await peer.ReadStreamAsync("s", StreamPeer.At(7, PositionFlags.Backward), recordsMax: 2)).Values);
        Assert.Single((await peer.ReadStreamAsync("s", StreamPeer.At(0), bytesMax: 1)).Values);
    }

    [Fact]
    public async Task A_read_that_waits_is_answered_by_the_next_append_or_in_the_end_without_one()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer reader = await RawPeer.GreetAsync(server);
        using RawPeer writer = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await reader.BeginReadAsync(5, "s", new StreamPosition(PositionKind.End), waitMs: 10_000);
        await Poll.UntilAsync(() => server.Native.Streams.Totals.Readers == 1);
        Assert.False(reader.HasAnswer);

        await writer.AppendAsync("s", "x");
        Page page = StreamPeer.PageOf(await reader.ReadAsync());

        Assert.Equal(("x", 1ul), (page.Values.Single(), page.ContinueAt));
        Page none = await reader.ReadStreamAsync("s", StreamPeer.At(1), waitMs: 20);
        Assert.Equal((0, 1ul), (none.Records.Count, none.ContinueAt));
        Assert.Equal(0ul, (await writer.StreamStatsAsync("s"))[StreamStat.Readers]);
    }

    [Fact]
    public async Task A_tail_gives_what_there_is_and_then_what_comes_as_far_as_there_are_credits()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer reader = await RawPeer.GreetAsync(server);
        using RawPeer writer = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 5));
        Assert.Equal(new OffsetRange(0, 5), await reader.TailAsync(7, "s", StreamPeer.At(2), credits: 5));
        Assert.Equal(["2", "3", "4"], (await reader.ReadTailAsync(7, 3)).Select(record => record.Value));

        await writer.AppendBatchAsync("s", StreamPeer.NewNumbers(5, 5));
        Assert.Equal(["5", "6"], (await reader.ReadTailAsync(7, 2)).Select(record => record.Value));
        await reader.CreditAsync(7, 10);
        Assert.Equal(["7", "8", "9"], (await reader.ReadTailAsync(7, 3)).Select(record => record.Value));
        await writer.AppendAsync("s", "10");
        Assert.Equal(["10"], (await reader.ReadTailAsync(7, 1)).Select(record => record.Value));

        await reader.NoticeAsync(Opcode.Stop, 7);
        Frame end = await reader.ReadAsync();
        Assert.Equal((FrameKind.End, 7u, ErrorCode.None), (end.Header.Kind, end.Header.Correlation, end.Code));
    }
}
