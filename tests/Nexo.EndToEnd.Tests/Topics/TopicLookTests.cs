using System.Text;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>What is told about topics and subscriptions.</summary>
public sealed class TopicLookTests
{
    [Fact]
    public async Task Topics_that_were_published_to_are_listed_with_what_they_had()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 0, ["a/+"]);
        await peer.SubscribeAsync(8, credits: 0, ["a/1"]);
        for (int i = 0; i < 5; i++)
        {
            await peer.PostAsync($"a/{i}", Enumerable.Repeat("xx", i + 1));
        }

        await peer.PostAsync("other", "x");
        await peer.ReadUntilPingAsync();

        Dictionary<string, (ulong, ulong, ulong)> topics = await ListAsync(peer, "a/#", limit: 2);

        Assert.Equal(["a/0", "a/1", "a/2", "a/3", "a/4"], topics.Keys.Order());
        Assert.Equal((1ul, 1ul, 5ul), topics["a/0"]);
        Assert.Equal((2ul, 2ul, 10ul), topics["a/1"]);
        Assert.Equal(6, (await ListAsync(peer, string.Empty, limit: 100)).Count);
    }

    [Fact]
    public async Task Subscriptions_are_listed_with_what_they_got_missed_and_have_waiting()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server, new HelloRequest { ClientName = "tour" });
        await peer.SubscribeAsync(7, credits: 0, ["t", "u"], SlowPolicy.DropNewest, outboxBytes: 100);
        await peer.SubscribeAsync(8, credits: 100, ["t"]);
        await peer.PostAsync("t", TopicPeer.Numbers(0, 10));
        await peer.ReadUntilPingAsync();

        Frame frame = await peer.AskAsync(Opcode.TopicSubscribers, 3, buffer =>
            new ScanRequest { Limit = 100, Prefix = "t"u8 }.Write(buffer));
        Assert.True(TopicSubscribersReply.TryRead(frame.Body, out TopicSubscribersReply page));
        Dictionary<uint, (string, SlowPolicy, uint, ulong, ulong, ulong, string)> all = [];
        while (page.TryTake(out TopicSubscribersItem item))
        {
            all.Add(item.Subscription, (
                Text(item.Client), item.WhenSlow, item.Filters, item.Delivered, item.Dropped, item.PendingBytes, Text(item.FirstFilter)));
        }

        // Each message of a byte takes 12 with its topic, and 8 more.
        Assert.Equal(("tour", SlowPolicy.DropNewest, 2u, 10ul, 5ul, 100ul, "t"), all[7]);
        Assert.Equal(("tour", SlowPolicy.DropOldest, 1u, 10ul, 0ul, 0ul, "t"), all[8]);
    }

    [Fact]
    public async Task Figures_add_up()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 0, ["t", "u/+"], outboxBytes: 60);
        await peer.SubscribeAsync(8, credits: 100, ["t"]);
        await peer.PostAsync("t", TopicPeer.Numbers(0, 10));
        await peer.PostAsync("kept", "x");
        await peer.ReadUntilPingAsync();
        await peer.PublishAsync("kept", "x", PublishFlags.Retain);
        await peer.TryPublishAsync("a/+", "x");
        await peer.SubscribeAsync(9, credits: 0, ["$share/g/#", "$share/g/v", "w/+"]);

        Dictionary<TopicStat, ulong> stats = await StatsAsync(peer);

        Assert.Equal((3ul, 6ul, 3ul, 2ul), (
            stats[TopicStat.Subscriptions],
            stats[TopicStat.Filters],
            stats[TopicStat.WildcardFilters],
            stats[TopicStat.SharedGroups]));
        Assert.Equal((1ul, 2ul), (stats[TopicStat.RefusedTotal], stats[TopicStat.UnheardTotal]));
        Assert.Equal(Enum.GetValues<TopicStat>().Order(), stats.Keys.Order());
        Assert.Equal((12ul, 20ul, 7ul), (stats[TopicStat.PublishedTotal], stats[TopicStat.DeliveredTotal], stats[TopicStat.DroppedTotal]));
        Assert.Equal(1ul, stats[TopicStat.Retained]);
        Assert.Equal(0ul, stats[TopicStat.EndedSlowTotal]);
        Assert.InRange(stats[TopicStat.PendingBytes], 60ul, 4_096ul);

        await peer.NoticeAsync(Opcode.Stop, 9);
        await peer.NoticeAsync(Opcode.Stop, 7);
        await Poll.UntilAsync(() => server.Native.Topics.Stats is { Subscriptions: 1, WildcardFilters: 0, SharedGroups: 0 });
    }

    [Fact]
    public async Task Rates_follow_what_goes_on()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 1_000_000, ["t"]);
        await peer.PostAsync("t", TopicPeer.Numbers(0, 1_000));
        await peer.ReadUntilPingAsync();

        Dictionary<TopicStat, ulong> stats = await StatsAsync(peer);

        Assert.InRange(stats[TopicStat.PublishedPerSecondMilli], 1ul, 1_000_000ul);
        Assert.Equal(stats[TopicStat.PublishedPerSecondMilli], stats[TopicStat.DeliveredPerSecondMilli]);
        Assert.Equal(0ul, stats[TopicStat.DroppedPerSecondMilli]);
    }

    [Fact]
    public async Task Info_and_metrics_tell_of_topics()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 0, ["t"]);
        await peer.PublishAsync("t", "x");

        Frame frame = await peer.AskAsync(Opcode.Info, 3, _ => { });

        Assert.True(InfoReply.TryRead(frame.Body, out IReadOnlyList<KeyValuePair<string, string>>? facts));
        var all = facts!.ToDictionary();
        Assert.Equal(("1", "1", "1", "memory"), (
            all["topics.subscriptions"], all["topics.published"], all["topics.delivered"], all["topics.durability"]));
    }

    private static async Task<Dictionary<TopicStat, ulong>> StatsAsync(RawPeer peer)
    {
        Frame frame = await peer.AskAsync(Opcode.TopicStats, 3, _ => { });
        Assert.True(TopicStatsReply.TryRead(frame.Body, out TopicStatsReply reply));
        Dictionary<TopicStat, ulong> stats = [];
        while (reply.TryTake(out TopicStat stat, out ulong value))
        {
            stats.Add(stat, value);
        }

        return stats;
    }

    private static async Task<Dictionary<string, (ulong, ulong, ulong)>> ListAsync(RawPeer peer, string filter, uint limit)
    {
        Dictionary<string, (ulong, ulong, ulong)> all = [];
        byte[] cursor = [];
        do
        {
            Frame frame = await peer.AskAsync(Opcode.TopicList, 3, buffer =>
                new ScanRequest { Limit = limit, Cursor = cursor, Prefix = TopicPeer.Bytes(filter) }.Write(buffer));
            Assert.True(TopicListReply.TryRead(frame.Body, out TopicListReply page));
            cursor = page.Cursor.ToArray();
            while (page.TryTake(out TopicListItem item))
            {
                all.Add(Text(item.Topic), (item.Subscriptions, item.Messages, item.Bytes));
            }
        }
        while (cursor.Length > 0);
        return all;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
