using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>Messages from who publishes to who subscribes, over raw connections.</summary>
public sealed class PublishTests
{
    [Fact]
    public async Task A_message_comes_to_all_whose_filter_matches_and_the_publisher_hears_how_many_they_are()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer first = await RawPeer.GreetAsync(server);
        using RawPeer second = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await first.SubscribeAsync(7, credits: 10, ["orders/+/paid", "other"]);
        await second.SubscribeAsync(8, credits: 10, ["orders/#", "orders/1/+"]);

        Assert.Equal(new TopicPublishReply(2, 0), await publisher.PublishAsync("orders/1/paid", "hello"));
        Assert.Equal(new TopicPublishReply(1, 0), await publisher.PublishAsync("orders", "parent"));
        Assert.Equal(new TopicPublishReply(0, 0), await publisher.PublishAsync("nobody", "unheard"));

        Received message = Assert.Single(await first.ReadMessagesAsync(7, 1));
        Assert.Equal(("orders/1/paid", "hello", 0ul, false), (message.Topic, message.Body, message.MissedBefore, message.IsRetained));
        Assert.Equal(["hello", "parent"], TopicPeer.Bodies(await second.ReadMessagesAsync(8, 2)));
        Assert.Empty(await first.ReadUntilPingAsync());
    }

    [Fact]
    public async Task Headers_come_with_a_message_published_by_a_request_or_a_notice()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 10, ["a"]);
        byte[] block = [1, (byte)'k', 1, 0, (byte)'v'];

        foreach (FrameKind kind in (FrameKind[])[FrameKind.Request, FrameKind.Notice])
        {
            await peer.SendAsync(buffer =>
            {
                buffer.Begin(Opcode.TopicPublish, kind, 2, FrameFlags.Headers);
                HeaderBlock.WriteBlock(buffer, block);
                new TopicPublishRequest { Message = new() { Topic = "a"u8, Body = "b"u8 } }.Write(buffer);
                buffer.End();
            });
        }

        List<Frame> frames = await peer.ReadUntilPingAsync();
        List<Received> messages =
            [.. frames.Where(frame => frame.Header.Kind == FrameKind.Push).SelectMany(TopicPeer.Messages)];
        Assert.Equal([block, block], messages.Select(message => message.Headers));
    }

    [Fact]
    public async Task What_one_pipeline_publishes_comes_in_its_order_and_in_few_frames()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        await subscriber.SubscribeAsync(7, credits: 10_000, ["n/#"]);

        await publisher.SendAsync(buffer =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                TopicPeer.Publish(buffer, FrameKind.Notice, 0, i % 2 == 0 ? "n/even" : "n/odd", TopicPeer.Bytes($"{i}"));
            }
        });

        List<Received> messages = [];
        int frames = 0;
        for (; messages.Count < 1_000; frames++)
        {
            messages.AddRange(TopicPeer.Messages(await subscriber.ReadAsync()));
        }

        Assert.Equal(TopicPeer.Numbers(0, 1_000), TopicPeer.Bodies(messages));
        Assert.InRange(frames, 1, 100);
    }

    [Fact]
    public async Task A_batch_is_answered_item_by_item()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 10, ["a/#"]);

        await peer.RequestAsync(Opcode.TopicPublishBatch, 2, buffer =>
        {
            TopicPublishBatchRequest.WriteStart(buffer, 3);
            new TopicPublication { Topic = "a/1"u8, Body = "one"u8 }.WriteItem(buffer);
            new TopicPublication { Topic = "a/+"u8, Body = "two"u8 }.WriteItem(buffer);
            new TopicPublication { Topic = "b"u8, Body = "three"u8 }.WriteItem(buffer);
        });

        List<Frame> frames = await peer.ReadUntilPingAsync();
        Frame answer = Assert.Single(frames, frame => frame.Header.Kind == FrameKind.Reply);
        Assert.True(TopicPublishBatchReply.TryRead(answer.Body, out TopicPublishBatchReply reply));
        List<(ErrorCode, TopicPublishReply)> items = [];
        while (reply.TryTake(out ErrorCode error, out TopicPublishReply published))
        {
            items.Add((error, published));
        }

        Assert.Equal([(ErrorCode.None, new(1, 0)), (ErrorCode.TopicInvalid, new(0, 0)), (ErrorCode.None, new(0, 0))], items);
        Frame push = Assert.Single(frames, frame => frame.Header.Kind == FrameKind.Push);
        Assert.Equal(["one"], TopicPeer.Bodies(TopicPeer.Messages(push)));
    }

    [Fact]
    public async Task Who_does_not_want_his_own_messages_gets_those_of_others_only()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer own = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await own.SubscribeAsync(7, credits: 10, ["chat"], flags: SubscribeFlags.NotOwn);
        await own.SubscribeAsync(8, credits: 10, ["chat"]);

        await own.PostAsync("chat", "mine");
        Assert.Equal(new TopicPublishReply(2, 0), await other.PublishAsync("chat", "yours"));

        List<(uint, string)> got = [];
        while (got.Count < 3)
        {
            Frame frame = await own.ReadAsync();
            got.AddRange(TopicPeer.Messages(frame).Select(message => (frame.Header.Correlation, message.Body)));
        }

        Assert.Equal([(7u, "yours"), (8u, "mine"), (8u, "yours")], got.Order());
    }

    [Fact]
    public async Task Filters_are_added_and_removed_all_or_none()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 10, ["a", "b"]);

        Assert.Equal(FrameKind.Reply, (await ChangeAsync(peer, 7, ["c"], ["a"])).Header.Kind);
        Assert.Equal(ErrorCode.FilterInvalid, (await ChangeAsync(peer, 7, ["d", "e+"], ["b"])).Code);
        Assert.Equal(ErrorCode.InvalidArgument, (await ChangeAsync(peer, 8, ["d"], [])).Code);

        uint[] receivers = new uint[4];
        for (int i = 0; i < receivers.Length; i++)
        {
            await peer.SendAsync(buffer =>
                TopicPeer.Publish(buffer, FrameKind.Request, 2, ((char)('a' + i)).ToString(), TopicPeer.Bytes("x")));
            Frame frame = (await peer.ReadUntilPingAsync()).Single(frame => frame.Header.Kind == FrameKind.Reply);
            Assert.True(TopicPublishReply.TryRead(frame.Body, out TopicPublishReply reply));
            receivers[i] = reply.Receivers;
        }

        Assert.Equal([0u, 1u, 1u, 0u], receivers);
    }

    [Fact]
    public async Task A_subscription_that_is_stopped_ends_and_its_correlation_is_free()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SubscribeAsync(7, credits: 10, ["a"]);

        await peer.NoticeAsync(Opcode.Stop, 7);

        Frame end = await peer.ReadAsync();
        Assert.Equal((FrameKind.End, 7u, ErrorCode.None), (end.Header.Kind, end.Header.Correlation, end.Code));
        Assert.Equal(new TopicPublishReply(0, 0), await peer.PublishAsync("a", "nobody"));
        await peer.SubscribeAsync(7, credits: 10, ["a"]);
    }

    [Fact]
    public async Task A_publish_that_was_answered_before_comes_before_and_none_after_the_answer_to_subscribe_is_lost()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer subscriber = await RawPeer.GreetAsync(server);
        using RawPeer publisher = await RawPeer.GreetAsync(server);
        for (uint round = 0; round < 50; round++)
        {
            await subscriber.SubscribeAsync(round, credits: 10, [$"t/{round}"]);
            await publisher.PublishAsync($"t/{round}", "x");
            Assert.Single(await subscriber.ReadMessagesAsync(round, 1));
        }
    }

    private static Task<Frame> ChangeAsync(RawPeer peer, uint subscription, string[] added, string[] removed) =>
        peer.AskAsync(Opcode.TopicFilters, 3, buffer =>
        {
            TopicFiltersRequest.WriteAdded(buffer, subscription, (uint)added.Length);
            Array.ForEach(added, filter => buffer.WriteBlob(TopicPeer.Bytes(filter)));
            TopicFiltersRequest.WriteRemoved(buffer, (uint)removed.Length);
            Array.ForEach(removed, filter => buffer.WriteBlob(TopicPeer.Bytes(filter)));
        });
}
