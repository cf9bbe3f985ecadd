using System.Text;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Last values of topics, over raw connections.</summary>
public sealed class RetainedTests
{
    [Fact]
    public async Task The_last_value_comes_first_and_marked_and_an_empty_one_takes_it_away()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        await publisher.PublishAsync("s/1", "old", PublishFlags.Retain);
        await publisher.PublishAsync("s/1", "new", PublishFlags.Retain);
        await publisher.PublishAsync("s/2", "gone", PublishFlags.Retain);
        await publisher.PublishAsync("s/2", "", PublishFlags.Retain);

        await subscriber.SubscribeAsync(7, credits: 100, ["s/#"], flags: SubscribeFlags.Retained);
        Received first = Assert.Single(await subscriber.ReadMessagesAsync(7, 1));
        await publisher.PublishAsync("s/2", "live", PublishFlags.Retain);
        Received second = Assert.Single(await subscriber.ReadMessagesAsync(7, 1));

        Assert.Equal(("s/1", "new", true), (first.Topic, first.Body, first.IsRetained));
        Assert.Equal(("s/2", "live", false), (second.Topic, second.Body, second.IsRetained));
        await subscriber.SubscribeAsync(8, credits: 100, ["s/#"]);
        Assert.Empty(await subscriber.ReadUntilPingAsync());
    }

    [Fact]
    public async Task Filters_that_are_added_later_bring_their_retained_messages_too()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PublishAsync("s/1", "one", PublishFlags.Retain);
        await peer.SubscribeAsync(7, credits: 100, [], flags: SubscribeFlags.Retained);

        await peer.RequestAsync(Opcode.TopicFilters, 3, buffer =>
        {
            TopicFiltersRequest.WriteAdded(buffer, 7, 1);
            buffer.WriteBlob("s/+"u8);
            TopicFiltersRequest.WriteRemoved(buffer, 0);
        });

        List<Frame> frames = [await peer.ReadAsync(), await peer.ReadAsync()];
        Frame push = Assert.Single(frames, frame => frame.Header.Kind == FrameKind.Push);
        Assert.Equal(["one"], TopicPeer.Bodies(TopicPeer.Messages(push)));
    }

    [Fact]
    public async Task Many_retained_messages_come_page_by_page_as_credits_allow_and_none_is_dropped_for_want_of_room()
    {
        const int Count = 3_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        string padding = new('x', 500);
        await RetainAsync(publisher, Count, number => $"{number} {padding}");

        // The outbox would not hold a tenth of it.
        await subscriber.SubscribeAsync(7, credits: 0, ["r/#"], flags: SubscribeFlags.Retained, outboxBytes: 4_096);
        List<Received> all = [];
        foreach (uint credits in (uint[])[1, 10, 100, Count])
        {
            await subscriber.CreditAsync(7, credits);
            int expected = (int)Math.Min(Count - all.Count, credits);
            all.AddRange(await subscriber.ReadMessagesAsync(7, expected));
            Assert.Empty(await subscriber.ReadUntilPingAsync());
        }

        Assert.Equal(Enumerable.Range(0, Count).Select(number => $"r/{number:D6}"), all.Select(message => message.Topic));
        Assert.All(all, message => Assert.Equal((0ul, true), (message.MissedBefore, message.IsRetained)));
    }

    [Fact]
    public async Task No_retained_message_comes_after_a_newer_one_of_its_topic_and_the_newest_always_comes()
    {
        const int Topics = 2_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        await RetainAsync(publisher, Topics, _ => "0");

        await subscriber.SubscribeAsync(
            7, credits: 1_000_000, ["r/#"], flags: SubscribeFlags.Retained, outboxBytes: 8 * 1_024 * 1_024);
        await Task.WhenAll(UpdateAsync(publisher, Topics), ReadUpdatesAsync(subscriber, Topics));
    }

    [Fact]
    public async Task They_are_listed_in_pages_and_removed_by_filter()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await RetainAsync(peer, 10, number => $"v{number}");
        await peer.PublishAsync("other", "x", PublishFlags.Retain, ttlMs: 3_600_000);

        List<string> topics = [];
        byte[] cursor = [];
        do
        {
            Frame frame = await ListAsync(peer, limit: 4, cursor, "#");
            Assert.True(RetainedListReply.TryRead(frame.Body, out RetainedListReply page));
            cursor = page.Cursor.ToArray();
            while (page.TryTake(out RetainedListItem item))
            {
                topics.Add(Encoding.UTF8.GetString(item.Topic));
                Assert.Equal(topics[^1] == "other", item.ExpiresAt > 0);
                Assert.InRange(item.SetAt, 1_577_836_800_000, long.MaxValue);
            }
        }
        while (cursor.Length > 0);

        Assert.Equal(["other", .. Enumerable.Range(0, 10).Select(number => $"r/{number:D6}")], topics);
        Assert.Equal(10, await ClearAsync(peer, "r/+"));
        Assert.Equal(0, await ClearAsync(peer, "r/#"));
        Assert.Equal(1, await ClearAsync(peer, "#"));
    }

    [Fact]
    public async Task A_retained_message_with_a_life_ends_with_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.PublishAsync("short", "x", PublishFlags.Retain, ttlMs: 50);
        await peer.PublishAsync("long", "x", PublishFlags.Retain, ttlMs: 3_600_000);

        await Poll.UntilAsync(() => server.Native.Topics.Stats.Retained == 1);

        await peer.SubscribeAsync(7, credits: 10, ["#"], flags: SubscribeFlags.Retained);
        Assert.Equal("long", Assert.Single(await peer.ReadMessagesAsync(7, 1)).Topic);
    }

    [Fact]
    public async Task A_flood_of_retained_messages_is_refused_whole_and_goes_to_nobody()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Topics = options.Topics with { RetainedMax = 5 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await RetainAsync(peer, 5, _ => "x");
        await peer.SubscribeAsync(7, credits: 10, ["more"]);

        Frame refused = await peer.TryPublishAsync("more", "x", PublishFlags.Retain);

        Assert.Equal(ErrorCode.RetainedFull, refused.Code);
        Assert.Empty(await peer.ReadUntilPingAsync());
        Assert.Equal(new TopicPublishReply(0, 0), await peer.PublishAsync("r/000001", "y", PublishFlags.Retain));
    }

    private static async Task RetainAsync(RawPeer peer, int count, Func<int, string> body)
    {
        await peer.SendAsync(buffer =>
        {
            for (int i = 0; i < count; i++)
            {
                TopicPeer.Publish(
                    buffer, FrameKind.Notice, 0, $"r/{i:D6}", TopicPeer.Bytes(body(i)), PublishFlags.Retain);
            }
        });
        Assert.Empty(await peer.ReadUntilPingAsync());
    }

    private static async Task UpdateAsync(RawPeer publisher, int topics)
    {
        for (int value = 1; value <= 3; value++)
        {
            string body = value.ToString();
            await RetainAsync(publisher, topics, _ => body);
        }
    }

    private static async Task ReadUpdatesAsync(RawPeer subscriber, int topics)
    {
        var last = new Dictionary<string, int>();
        while (last.Count < topics || last.Values.Any(value => value != 3))
        {
            foreach (Received message in TopicPeer.Messages(await subscriber.ReadAsync()))
            {
                int value = int.Parse(message.Body);
                Assert.True(!last.TryGetValue(message.Topic, out int before) || value > before, $"{message}, after {before}");
                last[message.Topic] = value;
            }
        }
    }

    [Fact]
    public async Task A_page_fits_the_smallest_frames_that_there_are()
    {
        const int FrameBytesMax = 128 * 1_024;
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Connections = options.Connections with { FrameBytesMax = FrameBytesMax } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        for (int i = 0; i < 20; i++)
        {
            await peer.PublishAsync($"t/{i:00}", new string('x', 30_000), PublishFlags.Retain);
        }

        byte[] cursor = [];
        int count = 0;
        do
        {
            Frame frame = await ListAsync(peer, 100, cursor, "#");
            Assert.InRange(frame.Header.TotalSize, 1, FrameBytesMax);
            Assert.True(RetainedListReply.TryRead(frame.Body, out RetainedListReply page));
            cursor = page.Cursor.ToArray();
            count += (int)page.Count;
        }
        while (cursor.Length > 0);
        Assert.Equal(20, count);
    }

    private static Task<Frame> ListAsync(RawPeer peer, uint limit, byte[] cursor, string filter) =>
        peer.AskAsync(Opcode.RetainedList, 3, buffer =>
            new RetainedListRequest { Limit = limit, Cursor = cursor, Filter = TopicPeer.Bytes(filter) }.Write(buffer));

    private static async Task<long> ClearAsync(RawPeer peer, string filter)
    {
        Frame frame = await peer.AskAsync(Opcode.RetainedClear, 3, buffer => buffer.WriteUtf8(filter));
        Assert.True(CountReply.TryRead(frame.Body, out CountReply reply), frame.Header.ToString());
        return reply.Count;
    }
}
