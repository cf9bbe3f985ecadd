using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>What topics answer to what they cannot do: a typed error each, and the connection lives.</summary>
public sealed class TopicBadInputTests
{
    public static TheoryData<string> Topics => new(
        "", "a/+", "#", "a+", "a#b", "+", "nul\0", "$SYS/broker", "$share/g/a", "$inbox/short", "$inbox", new string('a', 1_025));

    public static TheoryData<string> Filters => new(
        "",
        "a/#/b",
        "a+",
        "a/b#",
        "#a",
        "nul\0",
        "$share/",
        "$share/g",
        "$share//a",
        "$share/g/",
        "$share/g+/a",
        "$share/g/a/#/b",
        "$inbox/+",
        "$inbox/#",
        "$inbox/short",
        new string('a', 1_025));

    [Theory]
    [MemberData(nameof(Topics))]
    public async Task A_topic_that_is_none_is_refused_to_requests_batches_and_notices(string topic)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Frame refused = await peer.TryPublishAsync(topic, "x");
        Assert.Equal(ErrorCode.TopicInvalid, refused.Code);
        Assert.StartsWith("topic: ", refused.Message);

        await peer.PostAsync(topic, "x", "y");
        Frame report = await peer.ReadAsync();
        Assert.True(ReportNotice.TryRead(report.Body, out ReportNotice notice));
        Assert.Equal((Opcode.Report, 2ul, ErrorCode.TopicInvalid), (report.Header.Opcode, notice.Count, notice.Error.Code));
        await peer.PublishAsync("fine", "x");
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task A_filter_that_is_none_is_refused_with_all_that_were_asked_for_with_it(string filter)
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Frame refused = await peer.AskAsync(
            Opcode.TopicSubscribe, 7, buffer => TopicPeer.Subscribe(buffer, 10, ["fine", filter]));

        Assert.Equal(ErrorCode.FilterInvalid, refused.Code);
        Assert.Equal(new TopicPublishReply(0, 0), await peer.PublishAsync("fine", "x"));
        Assert.Equal(0, server.Native.Topics.Stats.Subscriptions);
        if (filter.Length > 0)
        {
            // An empty one lists all.
            Assert.Equal(ErrorCode.FilterInvalid, (await ListRetainedAsync(peer, filter)).Code);
        }

        Frame clear = await peer.AskAsync(Opcode.RetainedClear, 3, buffer => buffer.WriteUtf8(filter));
        Assert.Equal(ErrorCode.FilterInvalid, clear.Code);
    }

    [Fact]
    public async Task Empty_levels_are_levels_as_MQTT_has_them()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 0, ["a//b"]);
        await peer.SubscribeAsync(8, credits: 0, ["a/+/b"]);
        await peer.SubscribeAsync(9, credits: 0, ["/#"]);

        Assert.Equal(new TopicPublishReply(2, 0), await peer.PublishAsync("a//b", "x"));
        Assert.Equal(new TopicPublishReply(1, 0), await peer.PublishAsync("/", "x"));
        Assert.Equal(new TopicPublishReply(0, 0), await peer.PublishAsync("a/b", "x"));
    }

    [Fact]
    public async Task Text_that_is_not_UTF8_is_neither_a_topic_nor_a_filter()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        foreach (byte[] text in (byte[][])[[0xFF], [0xC3], [0xED, 0xA0, 0x80], [(byte)'a', (byte)'/', 0xC0, 0x80]])
        {
            Frame publish = await peer.AskAsync(Opcode.TopicPublish, 2, buffer =>
                new TopicPublishRequest { Message = new() { Topic = text } }.Write(buffer));
            Frame subscribe = await peer.AskAsync(Opcode.TopicSubscribe, 3, buffer =>
            {
                default(TopicSubscribeRequest).WriteStart(buffer, 1);
                buffer.WriteBlob(text);
            });

            Assert.Equal((ErrorCode.TopicInvalid, ErrorCode.FilterInvalid), (publish.Code, subscribe.Code));
        }
    }

    [Fact]
    public async Task A_topic_of_as_many_slashes_as_fit_costs_a_refusal()
    {
        await using TestServer server = await TestServer.StartAsync(
            options => options with { Topics = options.Topics with { TopicBytesMax = 65_535 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        string slashes = new('/', 65_400);
        await peer.SubscribeAsync(7, credits: 10, ["#", "/#", "+/+/#"]);

        Assert.Equal(ErrorCode.TopicInvalid, (await peer.TryPublishAsync(slashes, "x")).Code);
        Frame refused = await peer.AskAsync(
            Opcode.TopicSubscribe, 8, buffer => TopicPeer.Subscribe(buffer, 10, [slashes, slashes + "#"]));
        Assert.Equal(ErrorCode.FilterInvalid, refused.Code);
    }

    [Fact]
    public async Task A_topic_of_as_many_levels_as_may_be_goes_through_all_of_them()
    {
        await using TestServer server = await TestServer.StartAsync(options =>
            options with { Topics = options.Topics with { TopicBytesMax = 65_535, LevelsMax = 65_535 } });
        using RawPeer peer = await RawPeer.GreetAsync(server);
        string slashes = new('/', 65_400);
        await peer.SubscribeAsync(7, credits: 10, ["#", slashes[..30_000] + "#", slashes]);

        Assert.Equal(1u, (await PublishThenReadAsync(peer, slashes)).Receivers);
    }

    [Fact]
    public async Task A_flood_of_filters_ends_at_the_bound_of_its_connection_and_another_one_has_its_own()
    {
        await using TestServer server = await TestServer.StartAsync(options =>
            options with { Topics = options.Topics with { FiltersPerConnectionMax = 1_000, FiltersMax = 1_500 } });
        using RawPeer flood = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await flood.SubscribeAsync(7, credits: 10, [.. TopicPeer.Numbers(0, 900)]);

        Frame refused = await flood.AskAsync(
            Opcode.TopicSubscribe, 8, buffer => TopicPeer.Subscribe(buffer, 10, [.. TopicPeer.Numbers(0, 101)]));
        Assert.Equal(ErrorCode.TooManyFilters, refused.Code);
        await flood.SubscribeAsync(8, credits: 10, [.. TopicPeer.Numbers(0, 100)]);
        await other.SubscribeAsync(7, credits: 10, [.. TopicPeer.Numbers(0, 500)]);
        refused = await other.AskAsync(Opcode.TopicSubscribe, 8, buffer => TopicPeer.Subscribe(buffer, 10, ["one"]));
        Assert.Equal(ErrorCode.TooManyFilters, refused.Code);

        flood.Dispose();
        await Poll.UntilAsync(() => server.Native.Topics.Stats.Filters == 500);
        await other.SubscribeAsync(8, credits: 10, ["one"]);
    }

    [Fact]
    public async Task Numbers_out_of_their_range_are_refused_and_say_what_would_do()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);

        Frame ttl = await peer.TryPublishAsync("a", "x", PublishFlags.Retain, ttlMs: 0);
        Assert.Equal(ErrorCode.InvalidArgument, ttl.Code);
        Frame outbox = await peer.AskAsync(
            Opcode.TopicSubscribe, 7, buffer => TopicPeer.Subscribe(buffer, 1, ["a"], outboxBytes: uint.MaxValue));
        Assert.Equal(ErrorCode.InvalidArgument, outbox.Code);
        Frame batch = await peer.AskAsync(Opcode.TopicPublishBatch, 2, buffer => TopicPublishBatchRequest.WriteStart(buffer, 0));
        Assert.Equal(ErrorCode.InvalidArgument, batch.Code);
        foreach (Opcode opcode in (Opcode[])[Opcode.TopicList, Opcode.TopicSubscribers, Opcode.BindingList])
        {
            foreach (uint limit in (uint[])[0, 10_001])
            {
                Frame page = await peer.AskAsync(opcode, 3, buffer => new ScanRequest { Limit = limit }.Write(buffer));
                Assert.Equal(ErrorCode.InvalidArgument, page.Code);
            }
        }

        Frame cursor = await peer.AskAsync(
            Opcode.TopicList, 3, buffer => new ScanRequest { Limit = 1, Cursor = [1, 2] }.Write(buffer));
        Assert.Equal(ErrorCode.CursorInvalid, cursor.Code);
    }

    [Fact]
    public async Task Bodies_cut_short_or_too_long_are_malformed_as_requests_and_reported_as_notices()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        foreach (Opcode opcode in Enum.GetValues<Opcode>().Where(opcode => opcode.IsTopic()))
        {
            if (opcode is Opcode.BindingDescribe or Opcode.BindingDelete or Opcode.RetainedClear)
            {
                // Their body is a name, and may be anything.
                continue;
            }

            Frame answer = await peer.AskAsync(opcode, 3, buffer => buffer.Write([0xFF, 0xFF, 0xFF]));
            Assert.Equal((opcode, ErrorCode.Malformed), (answer.Header.Opcode, answer.Code));
        }

        foreach (FrameFlags flags in (FrameFlags[])[FrameFlags.None, FrameFlags.Headers, (FrameFlags)0b1000_0000])
        {
            await peer.SendAsync(buffer =>
            {
                buffer.Begin(Opcode.TopicPublish, FrameKind.Notice, 5, flags);
                buffer.Write([0xFF, 0xFF, 0xFF]);
                buffer.End();
            });
            Frame report = await peer.ReadAsync();
            Assert.True(ReportNotice.TryRead(report.Body, out ReportNotice notice));
            Assert.Equal((5u, 1ul, ErrorCode.Malformed), (notice.Correlation, notice.Count, notice.Error.Code));
        }
    }

    [Fact]
    public async Task A_flood_of_failures_costs_a_report_now_and_then_that_counts_them_all()
    {
        const int Count = 200_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        long begun = Environment.TickCount64;
        Task sending = Task.Run(
            async () =>
            {
                for (int i = 0; i < Count; i += 1_000)
                {
                    await peer.PostAsync("a/+", Enumerable.Repeat("x", 1_000));
                }
            },
            TestContext.Current.CancellationToken);

        ulong told = 0;
        int reports = 0;
        while (told < Count)
        {
            Assert.True(ReportNotice.TryRead((await peer.ReadAsync()).Body, out ReportNotice notice));
            told += notice.Count;
            reports++;
        }

        await sending;
        Assert.Equal((ulong)Count, told);
        Assert.InRange(reports, 1, 2 + ((Environment.TickCount64 - begun) / 90));
    }

    [Fact]
    public async Task The_names_of_inboxes_cannot_be_found_out()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        string inbox = "$inbox/0123456789abcdef0123456789abcdef";
        await peer.SubscribeAsync(7, credits: 10, [inbox]);
        await peer.SubscribeAsync(8, credits: 10, ["#", "$share/g/" + inbox]);
        Assert.Equal(new TopicPublishReply(2, 0), await PublishThenReadAsync(peer, inbox));

        Assert.Equal(["$inbox/"], await SubscribersAsync(peer, "$inbox/"));
        Assert.Empty(await SubscribersAsync(peer, "$inbox/0"));
        Assert.Empty(await SubscribersAsync(peer, "$share/g/$inbox/0"));
        Frame list = await peer.AskAsync(Opcode.TopicList, 3, buffer => new ScanRequest { Limit = 100 }.Write(buffer));
        Assert.True(TopicListReply.TryRead(list.Body, out TopicListReply topics));
        Assert.Equal(0u, topics.Count);
    }

    private static async Task<List<string>> SubscribersAsync(RawPeer peer, string prefix)
    {
        Frame frame = await peer.AskAsync(Opcode.TopicSubscribers, 3, buffer =>
            new ScanRequest { Limit = 100, Prefix = TopicPeer.Bytes(prefix) }.Write(buffer));
        Assert.True(TopicSubscribersReply.TryRead(frame.Body, out TopicSubscribersReply page));
        Assert.Equal(0, page.Cursor.Length);
        List<string> filters = [];
        while (page.TryTake(out TopicSubscribersItem item))
        {
            filters.Add(System.Text.Encoding.UTF8.GetString(item.FirstFilter));
            Assert.Equal("raw", System.Text.Encoding.UTF8.GetString(item.Client));
        }

        return filters;
    }

    private static async Task<TopicPublishReply> PublishThenReadAsync(RawPeer peer, string topic)
    {
        await peer.SendAsync(buffer => TopicPeer.Publish(buffer, FrameKind.Request, 2, topic, "x"u8));
        List<Frame> frames = await peer.ReadUntilPingAsync();
        Frame answer = Assert.Single(frames, frame => frame.Header.Kind is FrameKind.Reply or FrameKind.Error);
        Assert.True(TopicPublishReply.TryRead(answer.Body, out TopicPublishReply reply));
        return reply;
    }

    private static Task<Frame> ListRetainedAsync(RawPeer peer, string filter) =>
        peer.AskAsync(Opcode.RetainedList, 3, buffer =>
            new RetainedListRequest { Limit = 1, Filter = TopicPeer.Bytes(filter) }.Write(buffer));
}
