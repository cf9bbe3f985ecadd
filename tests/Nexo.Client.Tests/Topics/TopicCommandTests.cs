using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Every method of the topics but those that subscribe and ask: what it sends, read by the protocol's own readers, and what it
/// makes of the answer.</summary>
public sealed class TopicCommandTests : TopicHarness
{
    [Fact]
    public async Task A_publish_sends_its_topic_headers_and_body_and_tells_whom_it_reached()
    {
        Task<TopicPublishResult> publishing = Topics.PublishAsync("a/b", "hello", WithHeaders).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.TopicPublish);
        Assert.Equal(FrameKind.Request, frame.Header.Kind);
        Assert.Equal(WithHeaders.Headers, new NexoHeaders(frame.HeaderBlock));
        Assert.True(TopicPublishRequest.TryRead(frame.Body, out TopicPublishRequest request));
        Assert.Equal(
            ("a/b", "hello", PublishFlags.None, PublishParts.None),
            (request.Message.Topic.Text(), request.Message.Body.Text(), request.Message.Flags, request.Message.Parts));
        await Peer.ReplyAsync(frame, Published(3, 2));
        Assert.Equal(new TopicPublishResult(3, 2), await publishing.WaitAsync(Patience.Limit));

        await Call(
            Topics.PublishAsync("a", new byte[] { 0, 255 }, new() { Retain = true, Ttl = TimeSpan.FromSeconds(2) }),
            Opcode.TopicPublish,
            body =>
            {
                Assert.True(TopicPublishRequest.TryRead(body, out TopicPublishRequest retained));
                Assert.Equal(
                    (PublishFlags.Retain, PublishParts.Ttl, 2_000L),
                    (retained.Message.Flags, retained.Message.Parts, retained.Message.TtlMs));
                Assert.Equal([0, 255], retained.Message.Body.ToArray());
            },
            Published(uint.MaxValue));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Topics.PublishAsync<string>(null!, "x").AsTask());
    }

    [Fact]
    public async Task A_topic_longer_than_any_scratch_is_sent_whole()
    {
        string topic = string.Join('/', Enumerable.Repeat("größe", 200));
        await Call(
            Topics.PublishAsync(topic, ReadOnlyMemory<byte>.Empty),
            Opcode.TopicPublish,
            body =>
            {
                Assert.True(TopicPublishRequest.TryRead(body, out TopicPublishRequest request));
                Assert.Equal(topic, request.Message.Topic.Text());
                Assert.True(request.Message.Body.IsEmpty);
            },
            Published(0));
    }

    [Fact]
    public async Task A_refused_publish_fails_with_the_servers_reason_and_a_lost_one_is_not_to_be_repeated()
    {
        Task<TopicPublishResult> publishing = Topics.PublishAsync("a/#", "x").AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.TopicPublish), ErrorCode.TopicInvalid);
        Assert.False((await RefusedAsync(publishing, ErrorCode.TopicInvalid)).Retryable);
        publishing = Topics.PublishAsync("a", "x").AsTask();
        await Peer.ReadAsync(Opcode.TopicPublish);
        Peer.Drop();
        Assert.False((await RefusedAsync(publishing, ClientErrorCode.ConnectionLost)).Retryable);
    }

    [Fact]
    public async Task A_batch_is_answered_message_by_message()
    {
        TopicPublication<string>[] messages =
        [
            new("a", "1", WithHeaders),
            new("b", "2", new() { Retain = true, Ttl = TimeSpan.FromMilliseconds(5) }),
            new("c", string.Empty),
        ];
        IReadOnlyList<TopicPublishItem> items = await Call(
            Topics.PublishBatchAsync(messages),
            Opcode.TopicPublishBatch,
            body =>
            {
                Assert.True(TopicPublishBatchRequest.TryRead(body, out TopicPublishBatchRequest batch));
                Assert.Equal(3u, batch.Count);
                Assert.True(batch.TryTake(out TopicPublication first));
                Assert.Equal(("a", "1"), (first.Topic.Text(), first.Body.Text()));
                Assert.Equal(WithHeaders.Headers, new NexoHeaders(first.Headers.ToArray()));
                Assert.True(batch.TryTake(out TopicPublication second));
                Assert.Equal(
                    ("b", "2", PublishFlags.Retain, 5L),
                    (second.Topic.Text(), second.Body.Text(), second.Flags, second.TtlMs));
                Assert.True(batch.TryTake(out TopicPublication third));
                Assert.Equal(("c", 0, 0), (third.Topic.Text(), third.Body.Length, third.Headers.Length));
            },
            buffer =>
            {
                TopicPublishBatchReply.WriteStart(buffer, 3);
                TopicPublishBatchReply.WriteItem(buffer, ErrorCode.None, new(5, 1));
                TopicPublishBatchReply.WriteItem(buffer, ErrorCode.RetainedFull, default);
                TopicPublishBatchReply.WriteItem(buffer, ErrorCode.BindingRefused, new(2, 0));
            });
        Assert.Equal(
            [new(ErrorCode.None, 5, 1), new(ErrorCode.RetainedFull, 0, 0), new(ErrorCode.BindingRefused, 2, 0)], items);
        Assert.Equal([true, false, false], items.Select(item => item.IsPublished));

        // An answer for another number of messages is none.
        Task<IReadOnlyList<TopicPublishItem>> short1 = Topics.PublishBatchAsync(messages).AsTask();
        await Peer.ReplyAsync(
            await Peer.ReadAsync(Opcode.TopicPublishBatch), buffer => TopicPublishBatchReply.WriteStart(buffer, 0));
        await RefusedAsync(short1, ClientErrorCode.ProtocolViolation);
    }

    [Fact]
    public async Task Retained_messages_are_listed_page_by_page_and_cleared()
    {
        Task<List<RetainedMessage<string>>> listing = Topics.Retained.ListAsync<string>("a/#").ToListAsync().AsTask();
        ReceivedFrame first = await Peer.ReadAsync(Opcode.RetainedList);
        Assert.True(RetainedListRequest.TryRead(first.Body, out RetainedListRequest request));
        Assert.Equal(
            ("a/#", 1_000u, 0, 262_144u),
            (request.Filter.Text(), request.Limit, request.Cursor.Length, request.BytesMax));
        await Peer.ReplyAsync(first, Retained("next", ("a/1", "one", 5), ("a/2", "two", 0)));
        ReceivedFrame second = await Peer.ReadAsync(Opcode.RetainedList);
        Assert.True(RetainedListRequest.TryRead(second.Body, out request));
        Assert.Equal("next", request.Cursor.Text());
        await Peer.ReplyAsync(second, Retained(string.Empty, ("a/3", "three", 0)));
        List<RetainedMessage<string>> all = await listing.WaitAsync(Patience.Limit);
        Assert.Equal(["a/1=one", "a/2=two", "a/3=three"], all.Select(message => $"{message.Topic}={message.Body}"));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_000), all[0].SetAt);
        Assert.Equal([DateTimeOffset.FromUnixTimeMilliseconds(5), null, null], all.Select(message => message.ExpiresAt));
        Assert.Equal("v", all[0].Headers["h"]);

        RetainedMessage<string>? none = await Call(
            Topics.Retained.GetAsync<string>("b"), Opcode.RetainedList, _ => { }, Retained(string.Empty));
        Assert.Null(none);
        RetainedMessage<string>? one = await Call(
            Topics.Retained.GetAsync<string>("b"), Opcode.RetainedList, _ => { }, Retained(string.Empty, ("b", "x", 0)));
        Assert.Equal("x", one!.RawBody.Text());
        Assert.Equal(
            7, await Call(Topics.Retained.ClearAsync("b/#"), Opcode.RetainedClear, TextIs("b/#"), Bodies.Count(7)));
    }

    [Fact]
    public async Task Bindings_are_set_described_listed_and_deleted()
    {
        var binding = new TopicBinding("audit", "orders/#", BindingTarget.Stream, "orders") { KeyByTopic = true };
        byte[] sent = [];
        Assert.True(await Call(
            Topics.Bindings.SetAsync(binding),
            Opcode.BindingSet,
            body => sent = body,
            buffer => new BindingSetReply(true).Write(buffer)));
        Assert.Equal(binding, await Call(
            Topics.Bindings.DescribeAsync("audit"), Opcode.BindingDescribe, TextIs("audit"), buffer => buffer.Write(sent)));
        TopicBinding plain = binding with { KeyByTopic = false, Kind = BindingTarget.Queue };
        Assert.False(await Call(
            Topics.Bindings.SetAsync(plain),
            Opcode.BindingSet,
            body => sent = body,
            buffer => new BindingSetReply(false).Write(buffer)));
        Assert.Equal(plain, await Call(
            Topics.Bindings.DescribeAsync("audit"), Opcode.BindingDescribe, TextIs("audit"), buffer => buffer.Write(sent)));

        Task<TopicBinding?> missing = Topics.Bindings.DescribeAsync("none").AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.BindingDescribe), ErrorCode.BindingNotFound);
        Assert.Null(await missing.WaitAsync(Patience.Limit));

        Task<List<TopicBindingSummary>> listing = Topics.Bindings.ListAsync("a").ToListAsync().AsTask();
        ReceivedFrame list = await Peer.ReadAsync(Opcode.BindingList);
        Assert.True(ScanRequest.TryRead(list.Body, out ScanRequest scan));
        Assert.Equal("a", scan.Prefix.Text());
        await Peer.ReplyAsync(list, buffer =>
        {
            BindingListReply.WriteStart(buffer, default, 1);
            new BindingListItem
            {
                Kind = BindingTarget.Queue,
                Name = "audit"u8,
                Filter = "orders/#"u8,
                Target = "orders"u8,
                Taken = 9,
                Refused = 1,
            }.Write(buffer);
        });
        Assert.Equal(
            [new("audit", "orders/#", BindingTarget.Queue, "orders", 9, 1)], await listing.WaitAsync(Patience.Limit));
        Assert.True(await Call(
            Topics.Bindings.DeleteAsync("audit"), Opcode.BindingDelete, TextIs("audit"), Bodies.Count(1)));
    }

    [Fact]
    public async Task Topics_subscriptions_and_figures_are_told()
    {
        Task<List<TopicSummary>> topics = Topics.ListTopicsAsync("a/#").ToListAsync().AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.TopicList);
        Assert.True(ScanRequest.TryRead(frame.Body, out ScanRequest scan));
        Assert.Equal("a/#", scan.Prefix.Text());
        await Peer.ReplyAsync(frame, buffer =>
        {
            TopicListReply.WriteStart(buffer, default, 1);
            new TopicListItem { Topic = "a/b"u8, Subscriptions = 2, Messages = 3, Bytes = 4 }.Write(buffer);
        });
        Assert.Equal([new("a/b", 2, 3, 4)], await topics.WaitAsync(Patience.Limit));

        Task<List<TopicSubscriber>> subscribers = Topics.ListSubscribersAsync().ToListAsync().AsTask();
        frame = await Peer.ReadAsync(Opcode.TopicSubscribers);
        Assert.True(ScanRequest.TryRead(frame.Body, out scan));
        Assert.True(scan.Prefix.IsEmpty);
        await Peer.ReplyAsync(frame, buffer =>
        {
            TopicSubscribersReply.WriteStart(buffer, default, 1);
            new TopicSubscribersItem
            {
                Connection = 7,
                Subscription = 8,
                WhenSlow = SlowPolicy.End,
                Filters = 2,
                Delivered = 100,
                Dropped = 5,
                PendingBytes = 9,
                Client = "screen"u8,
                FirstFilter = "a/+"u8,
            }.Write(buffer);
        });
        Assert.Equal(
            [new("screen", 7, 8, "a/+", 2, SlowPolicy.End, 100, 5, 9)], await subscribers.WaitAsync(Patience.Limit));

        TopicStats stats = await Call(Topics.StatsAsync(), Opcode.TopicStats, body => Assert.Empty(body), buffer =>
        {
            TopicStat[] all = Enum.GetValues<TopicStat>();
            TopicStatsReply.WriteStart(buffer, (uint)all.Length + 1);
            foreach (TopicStat stat in all)
            {
                TopicStatsReply.WriteItem(buffer, stat, 1_000 * (ulong)stat);
            }

            TopicStatsReply.WriteItem(buffer, (TopicStat)999, 1);
        });
        Assert.Equal((1_000, 2_000, 20_000, 24.0), (stats.Subscriptions, stats.Filters, stats.BindingRefused, stats.DroppedPerSecond));

        // No figure is forgotten, and none is told twice.
        double[] figures = [.. typeof(TopicStats).GetProperties().Where(property => property.PropertyType != typeof(Type))
            .Select(property => Convert.ToDouble(property.GetValue(stats), System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(figures.Length, figures.Distinct().Count());
        Assert.DoesNotContain(0, figures);
    }

    private static Action<FrameBuffer> Retained(string cursor, params (string Topic, string Body, long ExpiresAt)[] messages) =>
        buffer =>
        {
            using var headers = new FrameBuffer();
            HeaderBlock.Write(headers, [new("h", "v")]);
            RetainedListReply.WriteStart(buffer, System.Text.Encoding.UTF8.GetBytes(cursor), (uint)messages.Length);
            foreach ((string topic, string body, long expiresAt) in messages)
            {
                new RetainedListItem
                {
                    SetAt = 1_000,
                    ExpiresAt = expiresAt,
                    Topic = System.Text.Encoding.UTF8.GetBytes(topic),
                    Headers = headers.Written.Span[sizeof(ushort)..],
                    Body = System.Text.Encoding.UTF8.GetBytes(body),
                }.Write(buffer);
            }
        };

    [Theory]
    [InlineData("")]
    [InlineData("rooms/#")]
    [InlineData("+/state")]
    public async Task The_retained_message_of_a_filter_is_none(string topic) =>
        await RefusedAsync(Topics.Retained.GetAsync<string>(topic).AsTask(), ErrorCode.TopicInvalid);

    [Fact]
    public async Task A_topic_that_is_no_text_is_refused_rather_than_another_one_used()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Topics.PublishAsync("a/\ud800", "x").AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => Topics.OpenSubscriptionAsync<string>("a/\udc00").AsTask());
    }
}
