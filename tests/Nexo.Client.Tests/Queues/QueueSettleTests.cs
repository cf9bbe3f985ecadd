using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class QueueSettleTests : QueueHarness
{
    [Fact]
    public async Task Each_way_to_settle_says_what_it_means()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) =
            await ConsumeAsync(first: [.. Enumerable.Range(1, 7).Select(id => new Given((ulong)id))]);
        QueueDelivery<string> delivery = messages.Current;
        await Settle(delivery.AckAsync(), Opcode.QueueAck, body =>
        {
            Assert.True(QueueAckRequest.TryRead(body, out QueueAckRequest ack));
            Assert.Equal(Name, ack.Queue.Text());
        });
        delivery = await NextAsync(messages);
        await Settle(delivery.NackAsync(reason: "no route"), Opcode.QueueNack, NackIs(NackAction.Backoff, 0, "no route"));
        delivery = await NextAsync(messages);
        await Settle(delivery.NackAsync(TimeSpan.Zero), Opcode.QueueNack, NackIs(NackAction.Now, 0, string.Empty));
        delivery = await NextAsync(messages);
        await Settle(
            delivery.NackAsync(TimeSpan.FromSeconds(2.5)), Opcode.QueueNack, NackIs(NackAction.AfterDelay, 2_500, string.Empty));
        delivery = await NextAsync(messages);
        await Settle(delivery.ReleaseAsync(), Opcode.QueueNack, NackIs(NackAction.GiveBack, 0, string.Empty));
        delivery = await NextAsync(messages);
        await Settle(delivery.DeadLetterAsync("bad"), Opcode.QueueDeadLetter, body =>
        {
            Assert.True(QueueDeadLetterRequest.TryRead(body, out QueueDeadLetterRequest dead));
            Assert.Equal((Name, "bad"), (dead.Queue.Text(), dead.Reason.Text()));
        });

        delivery = await NextAsync(messages);
        DateTimeOffset end = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_099_000);
        Assert.Equal(end, await Extend(delivery, null, 30_000));
        Assert.Equal(end, await Extend(delivery, TimeSpan.FromMinutes(5), 300_000));
        Assert.Equal(end, delivery.LeaseEndsAt);
    }

    [Fact]
    public async Task A_message_is_settled_once_and_what_comes_after_is_told_so_without_the_server()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) = await ConsumeAsync(first: new Given(1));
        QueueDelivery<string> delivery = messages.Current;
        ValueTask first = delivery.AckAsync();
        await RefusedAsync(delivery.NackAsync(), ErrorCode.LeaseLost);
        await SettleAsync(Peer, Opcode.QueueAck, 1ul);
        await first;
        NexoException error = await RefusedAsync(delivery.AckAsync(), ErrorCode.LeaseLost);
        Assert.Contains("settled before", error.Message, StringComparison.Ordinal);
        Assert.False(error.Retryable);
        await RefusedAsync(delivery.DeadLetterAsync("x"), ErrorCode.LeaseLost);
    }

    [Fact]
    public async Task A_lost_lease_is_a_typed_error_and_a_failure_of_the_server_can_be_tried_again()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) =
            await ConsumeAsync(first: [new Given(1), new Given(2), new Given(3)]);
        QueueDelivery<string> late = messages.Current;
        Task acking = late.AckAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.QueueAck), Codes(ErrorCode.LeaseLost));
        await RefusedAsync(new ValueTask(acking), ErrorCode.LeaseLost);
        await RefusedAsync(late.AckAsync(), ErrorCode.LeaseLost);

        QueueDelivery<string> full = await NextAsync(messages);
        acking = full.AckAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.QueueAck), Codes(ErrorCode.StorageFull));
        Assert.True((await RefusedAsync(new ValueTask(acking), ErrorCode.StorageFull)).Retryable);
        acking = full.AckAsync().AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.QueueAck), ErrorCode.ShuttingDown);
        await RefusedAsync(new ValueTask(acking), ErrorCode.ShuttingDown);
        acking = full.NackAsync().AsTask();
        await SettleAsync(Peer, Opcode.QueueNack, 2ul);
        await acking.WaitAsync(Patience.Limit);

        QueueDelivery<string> slow = await NextAsync(messages);
        Task<DateTimeOffset> extending = slow.ExtendAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.QueueExtend), Extended(0, ErrorCode.LeaseLost));
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => extending.WaitAsync(Patience.Limit));
        Assert.Equal(ErrorCode.LeaseLost, error.Code);
        await RefusedAsync(slow.AckAsync(), ErrorCode.LeaseLost);
    }

    [Fact]
    public async Task Acks_that_are_asked_for_together_travel_together_and_each_gets_its_own_answer()
    {
        const int Count = 50;
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) = await ConsumeAsync(
            ShortLease with { Prefetch = Count }, first: [.. Enumerable.Range(1, Count).Select(id => new Given((ulong)id))]);
        var acks = new List<Task> { messages.Current.AckAsync().AsTask() };

        // The first is alone and leaves at once. The others find it under way: they share what comes after it.
        ReceivedFrame first = await Peer.ReadAsync(Opcode.QueueAck);
        Assert.Equal([1ul], Ids(first));
        for (int i = 1; i < Count; i++)
        {
            acks.Add((await NextAsync(messages)).AckAsync().AsTask());
        }

        await Peer.ReplyAsync(first, Codes(ErrorCode.None));
        int frames = 1;
        for (int answered = 1; answered < Count; frames++)
        {
            ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueAck);
            ulong[] ids = Ids(frame);
            answered += ids.Length;
            await Peer.ReplyAsync(
                frame, Codes([.. ids.Select(id => id % 2 == 0 ? ErrorCode.LeaseLost : ErrorCode.None)]));
        }

        Assert.True(frames < Count, $"{frames} requests for {Count} acks");
        for (int i = 0; i < Count; i++)
        {
            if ((i + 1) % 2 == 0)
            {
                await RefusedAsync(new ValueTask(acks[i]), ErrorCode.LeaseLost);
            }
            else
            {
                await acks[i].WaitAsync(Patience.Limit);
            }
        }
    }

    [Fact]
    public async Task Many_are_settled_in_one_request_and_those_that_were_not_are_named()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) =
            await ConsumeAsync(first: [.. Enumerable.Range(1, 4).Select(id => new Given((ulong)id))]);
        List<QueueDelivery<string>> all = [messages.Current];
        for (int i = 0; i < 3; i++)
        {
            all.Add(await NextAsync(messages));
        }

        ValueTask one = all[0].AckAsync();
        await SettleAsync(Peer, Opcode.QueueAck, 1ul);
        await one;
        Task<QueueSettleResult> settling = Queue.AckAsync(all).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueAck);
        Assert.Equal([2ul, 3ul, 4ul], Ids(frame));
        await Peer.ReplyAsync(frame, Codes(ErrorCode.None, ErrorCode.LeaseLost, ErrorCode.None));
        QueueSettleResult result = await settling.WaitAsync(Patience.Limit);
        Assert.False(result.IsComplete);
        Assert.Equal(2, result.Settled);
        Assert.Equal(
            [(1ul, ErrorCode.LeaseLost), (3ul, ErrorCode.LeaseLost)],
            result.Failures.Select(failure => (failure.Delivery.MessageId, failure.Error)));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.Queue<string>("other").AckAsync(all).AsTask());
    }

    [Fact]
    public async Task The_failure_of_an_ack_that_was_cancelled_is_not_an_unobserved_exception()
    {
        var unobserved = new List<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, args) =>
        {
            lock (unobserved)
            {
                unobserved.Add(args.Exception.GetBaseException());
            }
        };
        TaskScheduler.UnobservedTaskException += note;
        await CancelAndFailAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= note;
        lock (unobserved)
        {
            Assert.DoesNotContain(unobserved, error => error.Message.Contains("never to be seen", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task An_ack_that_is_cancelled_ends_for_its_caller_alone()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) = await ConsumeAsync(first: [new Given(1), new Given(2)]);
        using var cancel = new CancellationTokenSource();
        QueueDelivery<string> delivery = messages.Current;
        Task acking = delivery.AckAsync(cancel.Token).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueAck);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => acking.WaitAsync(Patience.Limit));
        await Peer.ReplyAsync(frame, Codes(ErrorCode.None));
        delivery = await NextAsync(messages);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delivery.AckAsync(cancel.Token).AsTask());
        acking = delivery.AckAsync().AsTask();
        await SettleAsync(Peer, Opcode.QueueAck, 2ul);
        await acking.WaitAsync(Patience.Limit);
    }

    private static Action<byte[]> NackIs(NackAction action, long delayMs, string reason) => body =>
    {
        Assert.True(QueueNackRequest.TryRead(body, out QueueNackRequest nack));
        Assert.Equal(
            (action, delayMs, Name, reason), (nack.Action, nack.DelayMs, nack.Queue.Text(), nack.Reason.Text()));
    };

    private async Task Settle(ValueTask call, Opcode opcode, Action<byte[]> check)
    {
        Task settling = call.AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(opcode);
        check(frame.Body);
        Assert.Single(Ids(frame));
        await Peer.ReplyAsync(frame, Codes(ErrorCode.None));
        await settling.WaitAsync(Patience.Limit);
    }

    private async Task<DateTimeOffset> Extend(QueueDelivery<string> delivery, TimeSpan? lease, uint leaseMs)
    {
        Task<DateTimeOffset> extending = delivery.ExtendAsync(lease).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueExtend);
        Assert.True(QueueExtendRequest.TryRead(frame.Body, out QueueExtendRequest request));
        Assert.Equal((leaseMs, Name), (request.LeaseMs, request.Queue.Text()));
        await Peer.ReplyAsync(frame, Extended(1_700_000_099_000, ErrorCode.None));
        return await extending.WaitAsync(Patience.Limit);
    }

    private async Task CancelAndFailAsync()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) = await ConsumeAsync(first: new Given(1));
        using var cancel = new CancellationTokenSource();
        Task acking = messages.Current.AckAsync(cancel.Token).AsTask();
        ReceivedFrame ack = await Peer.ReadAsync(Opcode.QueueAck);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => acking.WaitAsync(Patience.Limit));
        await Peer.FailAsync(ack, ErrorCode.Internal, "never to be seen");
        Task<TimeSpan> pinging = Client.PingAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.Ping));
        await pinging.WaitAsync(Patience.Limit);
    }
}
