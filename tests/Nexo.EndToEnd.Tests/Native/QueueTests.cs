using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Push, consume and settle over the wire, on a server that keeps nothing.</summary>
public sealed class QueueTests
{
    [Fact]
    public async Task Messages_come_in_their_order_with_headers_and_an_acked_one_comes_no_more()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await consumer.ConsumeAsync(7, "jobs", credits: 100);
        await producer.PushAllAsync("jobs", "one", "two");
        await producer.RequestAsync(Opcode.QueuePush, 9, WriteWithHeaders, FrameFlags.Headers);
        Assert.Equal(3UL, QueuePeer.Pushed(await producer.ReadAsync()).MessageId);

        List<Delivery> came = await consumer.ReadDeliveriesAsync(3);

        Assert.Equal(["one", "two", "three"], came.Select(delivery => delivery.Body));
        Assert.Equal([1UL, 2, 3], came.Select(delivery => delivery.Id));
        Assert.All(came, delivery => Assert.Equal(1u, delivery.Attempt));
        ReadOnlySpan<byte> headers = came[2].Headers;
        Assert.True(HeaderBlock.TryReadNext(ref headers, out ReadOnlySpan<byte> name, out _));
        Assert.Equal(HeaderBlock.TraceParent, System.Text.Encoding.UTF8.GetString(name));
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.None], await consumer.AckAsync("jobs", came));
        Assert.Equal([ErrorCode.LeaseLost], await consumer.AckAsync("jobs", came[0]));
        Assert.Equal(0, await producer.StatAsync("jobs", QueueStat.Leased));
    }

    [Fact]
    public async Task No_more_comes_than_there_are_credits()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.PushAllAsync("jobs", [.. Enumerable.Range(0, 10).Select(i => $"{i}")]);
        await consumer.ConsumeAsync(7, "jobs", credits: 0);
        await consumer.CreditAsync(7, 4);
        Assert.Equal(["0", "1", "2", "3"], (await consumer.ReadDeliveriesAsync(4)).Select(delivery => delivery.Body));
        Assert.Equal(6, await producer.StatAsync("jobs", QueueStat.Ready));

        await consumer.CreditAsync(7, 100);
        Assert.Equal(6, (await consumer.ReadDeliveriesAsync(6)).Count);
    }

    [Fact]
    public async Task Where_settling_gives_the_credit_back_credits_are_what_may_be_unsettled()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.PushAllAsync("jobs", "a", "b", "c", "d");
        await consumer.ConsumeAsync(7, "jobs", credits: 2, ConsumeOptions.SettlingGivesCredit);
        List<Delivery> first = await consumer.ReadDeliveriesAsync(2);
        Assert.Equal(2, await producer.StatAsync("jobs", QueueStat.Ready));

        // The next one comes with the answer, in either order.
        await consumer.RequestAsync(Opcode.QueueAck, 2, buffer => QueuePeer.Ack(buffer, "jobs", [first[0]]));
        Frame[] frames = [await consumer.ReadAsync(), await consumer.ReadAsync()];

        Frame push = frames.Single(frame => frame.Header.Kind == FrameKind.Push);
        Assert.Equal("c", QueuePeer.Deliveries(push).Single().Body);
        Assert.Equal(ErrorCode.None, QueuePeer.Codes(frames.Single(frame => frame != push)).Single());
        Assert.Equal(1, await producer.StatAsync("jobs", QueueStat.Ready));
    }

    [Fact]
    public async Task What_a_consumer_has_not_settled_comes_back_in_its_order_ahead_of_younger_ones_when_it_disconnects()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer survivor = await RawPeer.GreetAsync(server);
        RawPeer lost = await RawPeer.GreetAsync(server);
        await producer.PushAllAsync("jobs", "a", "b", "c");
        await lost.ConsumeAsync(7, "jobs", credits: 3);
        List<Delivery> had = await lost.ReadDeliveriesAsync(3);
        await lost.AckAsync("jobs", had[1]);
        await producer.PushAllAsync("jobs", "d");
        lost.Dispose();

        await Poll.UntilAsync(() => server.Native.Queues.Totals.Ready == 3);
        await survivor.ConsumeAsync(7, "jobs", credits: 10);

        List<Delivery> came = await survivor.ReadDeliveriesAsync(3);
        Assert.Equal([("a", 2u), ("c", 2u), ("d", 1u)], came.Select(delivery => (delivery.Body, delivery.Attempt)));
        Assert.Equal([ErrorCode.LeaseLost], await survivor.AckAsync("jobs", had[0]));
    }

    [Fact]
    public async Task A_consumer_that_waits_gets_at_once_what_another_one_lost()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer waiting = await RawPeer.GreetAsync(server);
        RawPeer lost = await RawPeer.GreetAsync(server);
        await lost.ConsumeAsync(7, "jobs", credits: 1);
        await producer.PushAllAsync("jobs", "a");
        await lost.ReadDeliveriesAsync(1);
        await waiting.ConsumeAsync(7, "jobs", credits: 1);
        lost.Dispose();

        Assert.Equal("a", (await waiting.ReadDeliveriesAsync(1)).Single().Body);
    }

    [Fact]
    public async Task After_STOP_nothing_more_comes_and_what_was_taken_can_still_be_settled_or_comes_back_with_the_connection()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.PushAllAsync("jobs", "a", "b");
        await consumer.ConsumeAsync(7, "jobs", credits: 2);
        List<Delivery> had = await consumer.ReadDeliveriesAsync(2);
        await consumer.CreditAsync(7, 10);
        await consumer.NoticeAsync(Opcode.Stop, 7);
        Frame end = await consumer.ReadAsync();
        Assert.Equal((FrameKind.End, ErrorCode.None, 7u), (end.Header.Kind, end.Code, end.Header.Correlation));
        await producer.PushAllAsync("jobs", "c");

        Assert.Equal([ErrorCode.None], await consumer.AckAsync("jobs", had[0]));
        Assert.Equal((1L, 1L), (server.Native.Queues.Totals.Leased, server.Native.Queues.Totals.Ready));

        // The correlation is free again.
        await consumer.ConsumeAsync(7, "jobs", credits: 1);
        Assert.Equal("c", (await consumer.ReadDeliveriesAsync(1)).Single().Body);
        consumer.Dispose();
        await Poll.UntilAsync(() => server.Native.Queues.Totals is { Leased: 0, Ready: 2 });
    }

    [Fact]
    public async Task A_lease_is_good_from_any_connection()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await other.PushAllAsync("jobs", "a");
        await consumer.ConsumeAsync(7, "jobs", credits: 1);
        Delivery had = (await consumer.ReadDeliveriesAsync(1)).Single();

        Assert.Equal([ErrorCode.None], await other.AckAsync("jobs", had));
    }

    [Fact]
    public async Task A_message_that_failed_comes_again_ahead_of_younger_ones_until_it_is_a_dead_letter()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await producer.DeclareAsync("jobs", (QueueOptionTag.DeliveriesMax, 3));
        await producer.PushAllAsync("jobs", "bad", "good");
        await consumer.ConsumeAsync(7, "jobs", credits: 1);
        for (uint attempt = 1; attempt <= 3; attempt++)
        {
            Delivery bad = (await consumer.ReadDeliveriesAsync(1)).Single();
            Assert.Equal(("bad", attempt), (bad.Body, bad.Attempt));
            Assert.Equal(ErrorCode.None, await consumer.NackAsync("jobs", bad, reason: "it does not work"));
            await consumer.CreditAsync(7, 1);
        }

        Assert.Equal("good", (await consumer.ReadDeliveriesAsync(1)).Single().Body);
        Assert.Equal(1, await producer.StatAsync("jobs", QueueStat.Dead));
    }

    [Fact]
    public async Task The_consumers_of_a_queue_that_is_deleted_are_told_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer admin = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        await admin.PushAllAsync("jobs", "a");
        await consumer.ConsumeAsync(7, "jobs", credits: 1);
        await consumer.ReadDeliveriesAsync(1);

        Frame deleted = await admin.AskAsync(
            Opcode.QueueDelete, 5, buffer => new QueueDeleteRequest { Name = "jobs"u8 }.Write(buffer));

        Assert.True(CountReply.TryRead(deleted.Body, out CountReply removed) && removed.Count == 1);
        Frame end = await consumer.ReadAsync();
        Assert.Equal((FrameKind.End, ErrorCode.QueueNotFound), (end.Header.Kind, end.Code));
    }

    [Fact]
    public async Task Many_messages_share_a_frame_and_a_large_one_fits_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer producer = await RawPeer.GreetAsync(server);
        using RawPeer consumer = await RawPeer.GreetAsync(server);
        string large = new('x', server.Native.QueueLimits.BodyBytesMax);
        await producer.PushAllAsync("jobs", [.. Enumerable.Range(0, 1_000).Select(i => $"{i}"), large, "last"]);
        await consumer.ConsumeAsync(7, "jobs", credits: 2_000);
        List<Delivery> all = [];
        int frames = 0;
        while (all.Count < 1_002)
        {
            all.AddRange(QueuePeer.Deliveries(await consumer.ReadAsync()));
            frames++;
        }

        Assert.InRange(frames, 3, 20);
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"{i}"), all[..1_000].Select(delivery => delivery.Body));
        Assert.Equal([large.Length, 4], all[1_000..].Select(delivery => delivery.Body.Length));
    }

    [Fact]
    public async Task A_subscription_in_the_middle_of_a_pipeline_pushes_nothing_before_its_own_answer()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer =>
        {
            QueuePeer.Push(buffer, 1, "jobs", "a");
            buffer.Begin(Opcode.QueueConsume, FrameKind.Request, 2);
            QueuePeer.Consume(buffer, "jobs", credits: 10);
            buffer.End();
            QueuePeer.Push(buffer, 3, "jobs", "b");
        });
        List<(FrameKind Kind, uint Correlation)> frames = [];
        int messages = 0;
        while (messages < 2)
        {
            Frame frame = await peer.ReadAsync();
            frames.Add((frame.Header.Kind, frame.Header.Correlation));
            messages += frame.Header.Kind == FrameKind.Push ? QueuePeer.Deliveries(frame).Count : 0;
        }

        int reply = frames.IndexOf((FrameKind.Reply, 2));
        int push = frames.IndexOf((FrameKind.Push, 2));
        Assert.True(reply >= 0 && push > reply, string.Join(' ', frames));
    }

    [Fact]
    public async Task A_batch_says_of_each_message_what_became_of_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Frame frame = await peer.AskAsync(Opcode.QueuePushBatch, 1, buffer =>
        {
            QueuePushBatchRequest.WriteStart(buffer, allOrNone: false, "jobs"u8, count: 3);
            new PushedMessage { Parts = PushParts.DedupId, DedupId = "same"u8, Body = "a"u8 }.WriteItem(buffer);
            new PushedMessage { Parts = PushParts.DedupId, DedupId = "same"u8, Body = "b"u8 }.WriteItem(buffer);
            new PushedMessage { Priority = 200, Body = "c"u8 }.WriteItem(buffer);
        });
        Assert.True(QueuePushBatchReply.TryRead(frame.Body, out QueuePushBatchReply reply));
        List<(ErrorCode, PushOutcome, ulong)> items = [];
        while (reply.TryTake(out ErrorCode code, out QueuePushReply pushed))
        {
            items.Add((code, pushed.Outcome, pushed.MessageId));
        }

        Assert.Equal(
            [
                (ErrorCode.None, PushOutcome.Accepted, 1UL), (ErrorCode.None, PushOutcome.Duplicate, 1UL),
                (ErrorCode.InvalidArgument, PushOutcome.None, 0UL),
            ],
            items);
    }

    private static void WriteWithHeaders(FrameBuffer buffer)
    {
        HeaderBlock.Write(buffer, [new(HeaderBlock.TraceParent, "00-1")]);
        new QueuePushRequest { Queue = "jobs"u8, Message = new PushedMessage { Body = "three"u8 } }.Write(buffer);
    }
}
