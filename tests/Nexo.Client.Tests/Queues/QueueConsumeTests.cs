using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class QueueConsumeTests : QueueHarness
{
    [Fact]
    public async Task A_delivery_tells_all_there_is_to_know_of_its_message()
    {
        var given = new Given(7, "body", Attempt: 3)
        {
            Group = "tenant-1",
            Priority = 9,
            Headers = [new("a", "1"), new("correlation-id", "42"), new("a", "2")],
        };
        (IAsyncEnumerator<QueueDelivery<string>> messages, ReceivedFrame consume) = await ConsumeAsync(first: given);
        Assert.True(QueueConsumeRequest.TryRead(consume.Body, out QueueConsumeRequest request));
        Assert.Equal(
            (4u, ConsumeOptions.SettlingGivesCredit, 30_000u, Name),
            (request.Credits, request.Options, request.LeaseMs, request.Queue.Text()));

        QueueDelivery<string> delivery = messages.Current;
        Assert.Equal(
            (7ul, 1_007ul, 3, true, 9), (delivery.MessageId, delivery.LeaseToken, delivery.Attempt, delivery.Redelivered, delivery.Priority));
        Assert.Equal("tenant-1", delivery.Group.ToString());
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), delivery.EnqueuedAt);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_030_000), delivery.LeaseEndsAt);
        Assert.Equal(given.Headers, delivery.Headers);
        Assert.Equal(("42", "1", null), (delivery.Headers["correlation-id"], delivery.Headers["a"], delivery.Headers["none"]));
        Assert.Equal(("body", "body", Name), (delivery.Body, delivery.RawBody.Text(), delivery.Queue));

        // Many in one push, small and large ones.
        string large = new('x', 20_000);
        Given[] more = [.. Enumerable.Range(10, 3).Select(id => new Given((ulong)id, id == 11 ? large : $"m{id}"))];
        await PushAsync(Peer, consume, more);
        foreach (Given expected in more)
        {
            delivery = await NextAsync(messages);
            Assert.Equal((expected.Id, expected.Body, false), (delivery.MessageId, delivery.Body, delivery.Redelivered));
            Assert.True(delivery.Headers.IsEmpty && delivery.Group.IsEmpty);
        }
    }

    [Fact]
    public async Task Without_a_lease_of_its_own_the_queues_is_asked_for_by_its_length()
    {
        IAsyncEnumerator<QueueDelivery<string>> messages = Queue.ConsumeAsync().GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.QueueDescribe), buffer =>
        {
            QueueDefinitionReply.WriteStart(buffer, 3);
            QueueOptionFields.Write(buffer, QueueOptionTag.LeaseMs, 12_000);
        });
        ReceivedFrame consume = await Peer.ReadAsync(Opcode.QueueConsume);
        Assert.True(QueueConsumeRequest.TryRead(consume.Body, out QueueConsumeRequest request));
        Assert.Equal((32u, 12_000u), (request.Credits, request.LeaseMs));
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, new Given(1));
        Assert.True(await moving.WaitAsync(Patience.Limit));

        // A queue that is not there yet is made by consuming it.
        moving = Queue.ConsumeAsync().GetAsyncEnumerator().MoveNextAsync().AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.QueueDescribe), ErrorCode.QueueNotFound);
        consume = await Peer.ReadAsync(Opcode.QueueConsume);
        Assert.True(QueueConsumeRequest.TryRead(consume.Body, out request));
        Assert.Equal(0u, request.LeaseMs);
        await Peer.ReplyAsync(consume);
        await EndAsync(Peer, consume, ErrorCode.QueueNotFound);
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => moving.WaitAsync(Patience.Limit));
        Assert.Equal(ErrorCode.QueueNotFound, error.Code);
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_harms_nobody_but_who_reads_it()
    {
        IAsyncEnumerator<QueueDelivery<long>> messages =
            Client.Queue<long>(Name).ConsumeAsync(ShortLease).GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame consume = await Peer.ReadAsync(Opcode.QueueConsume);
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, new Given(1, "many"), new Given(2, "12"));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        QueueDelivery<long> bad = messages.Current;
        Assert.Equal("many", bad.RawBody.Text());
        Assert.Equal(ClientErrorCode.ValueUnreadable, Assert.Throws<NexoException>(() => bad.Body).Code);
        Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        Assert.Equal(12, messages.Current.Body);
    }

    [Fact]
    public async Task After_a_reconnect_what_was_not_settled_comes_again_and_the_old_deliveries_are_lost()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        IAsyncEnumerator<QueueDelivery<string>> messages =
            client.Queue<string>(Name).ConsumeAsync(ShortLease).GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame consume = await peer.ReadAsync(Opcode.QueueConsume);
        await peer.ReplyAsync(consume);
        await PushAsync(peer, consume, new Given(1), new Given(2), new Given(3));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        QueueDelivery<string> taken = messages.Current;
        peer.Drop();

        FakePeer second = await server.AcceptReadyAsync();

        // 2 and 3 waited: they must not be worked on twice. The next is what the new connection gives.
        moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame again = await second.ReadAsync(Opcode.QueueConsume);
        Assert.Equal(consume.Body, again.Body);
        await second.ReplyAsync(again);
        await PushAsync(second, again, new Given(2, "again", Attempt: 2));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal((2ul, "again"), (messages.Current.MessageId, messages.Current.Body));

        // At once, without asking the server.
        await RefusedAsync(taken.AckAsync(), ErrorCode.LeaseLost);
        await RefusedAsync(taken.NackAsync(), ErrorCode.LeaseLost);
        await Assert.ThrowsAsync<NexoException>(() => taken.ExtendAsync().AsTask());
        ValueTask acked = messages.Current.AckAsync();
        await SettleAsync(second, Opcode.QueueAck, 2ul);
        await acked;
    }

    [Fact]
    public async Task A_connection_that_is_lost_while_it_is_opened_again_does_not_end_it()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        IAsyncEnumerator<QueueDelivery<string>> messages =
            client.Queue<string>(Name).ConsumeAsync(ShortLease).GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(Opcode.QueueConsume));
        peer.Drop();

        // Asked for, and never answered: a server that restarts twice.
        FakePeer second = await server.AcceptReadyAsync();
        await second.ReadAsync(Opcode.QueueConsume);
        second.Drop();
        FakePeer third = await server.AcceptReadyAsync();
        ReceivedFrame consume = await third.ReadAsync(Opcode.QueueConsume);
        await third.ReplyAsync(consume);
        await PushAsync(third, consume, new Given(1));
        Assert.True(await moving.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task When_the_server_ends_it_what_waits_is_not_handed_out_and_what_was_taken_is_lost()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, ReceivedFrame consume) =
            await ConsumeAsync(first: [new Given(1), new Given(2)]);
        QueueDelivery<string> taken = messages.Current;
        ValueTask acked = taken.AckAsync();
        ReceivedFrame ack = await Peer.ReadAsync(Opcode.QueueAck);
        await EndAsync(Peer, consume, ErrorCode.ShuttingDown);
        await Peer.FailAsync(ack, ErrorCode.ShuttingDown);
        await RefusedAsync(acked, ErrorCode.ShuttingDown);
        await RefusedAsync(taken.AckAsync(), ErrorCode.LeaseLost);

        Task<bool> moving = messages.MoveNextAsync().AsTask();
        consume = await Peer.ReadAsync(Opcode.QueueConsume);
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, new Given(3));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal(3ul, messages.Current.MessageId);
    }

    [Fact]
    public async Task Leaving_the_loop_stops_the_server_and_gives_back_what_was_not_settled()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, ReceivedFrame consume) =
            await ConsumeAsync(first: [new Given(1), new Given(2)]);
        Task leaving = messages.DisposeAsync().AsTask();
        Assert.Equal(consume.Correlation, (await Peer.ReadAsync(Opcode.Stop)).Correlation);

        // It was on its way when the STOP came: it is leased, so it must be given back too.
        await PushAsync(Peer, consume, new Given(3));
        await EndAsync(Peer, consume);
        await SettleAsync(Peer, Opcode.QueueNack, 2ul, 3ul);
        await SettleAsync(Peer, Opcode.QueueNack, 1ul);
        await leaving.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task More_than_a_request_takes_are_given_back_in_several()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, ReceivedFrame consume) =
            await ConsumeAsync(ShortLease with { Prefetch = 10_000 }, first: new Given(1));
        Task leaving = messages.DisposeAsync().AsTask();
        await Peer.ReadAsync(Opcode.Stop);
        ulong[] ids = [.. Enumerable.Range(2, 4_100).Select(id => (ulong)id)];
        await PushAsync(Peer, consume, [.. ids.Select(id => new Given(id, "x"))]);
        await EndAsync(Peer, consume);
        await SettleAsync(Peer, Opcode.QueueNack, ids[..4_096]);
        await SettleAsync(Peer, Opcode.QueueNack, ids[4_096..]);
        await SettleAsync(Peer, Opcode.QueueNack, 1ul);
        await leaving.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task What_was_taken_stays_with_its_taker_if_that_is_asked_for()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, ReceivedFrame consume) =
            await ConsumeAsync(ShortLease with { ReleaseAtEnd = false }, first: [new Given(1), new Given(2)]);
        QueueDelivery<string> taken = messages.Current;
        Task leaving = messages.DisposeAsync().AsTask();
        await EndWhenStoppedAsync(Peer, consume);
        await SettleAsync(Peer, Opcode.QueueNack, 2ul);
        await leaving.WaitAsync(Patience.Limit);
        ValueTask acked = taken.AckAsync();
        await SettleAsync(Peer, Opcode.QueueAck, 1ul);
        await acked;
    }

    [Fact]
    public async Task A_cancelled_loop_ends_with_the_cancellation_and_gives_back_what_was_not_settled()
    {
        using var cancel = new CancellationTokenSource();
        (IAsyncEnumerator<QueueDelivery<string>> messages, ReceivedFrame consume) =
            await ConsumeAsync(cancel: cancel.Token, first: new Given(1));
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await cancel.CancelAsync();
        await EndWhenStoppedAsync(Peer, consume);
        await SettleAsync(Peer, Opcode.QueueNack, 1ul);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => moving.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_consumption_that_opens_after_its_caller_has_gone_gives_back_what_it_got()
    {
        using var cancel = new CancellationTokenSource();
        Task<bool> moving = Queue.ConsumeAsync(ShortLease, cancel.Token).GetAsyncEnumerator().MoveNextAsync().AsTask();
        ReceivedFrame consume = await Peer.ReadAsync(Opcode.QueueConsume);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => moving.WaitAsync(Patience.Limit));
        await Peer.ReadAsync(Opcode.Cancel);
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, new Given(1), new Given(2));
        await EndWhenStoppedAsync(Peer, consume);
        await SettleAsync(Peer, Opcode.QueueNack, 1ul, 2ul);
    }

    [Fact]
    public async Task With_auto_ack_credits_come_back_by_halves_and_there_is_nothing_to_settle()
    {
        IAsyncEnumerator<QueueDelivery<string>> messages =
            Queue.ConsumeAsync(new() { AutoAck = true, Prefetch = 4 }).GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame consume = await Peer.ReadAsync(Opcode.QueueConsume);
        Assert.True(QueueConsumeRequest.TryRead(consume.Body, out QueueConsumeRequest request));
        Assert.Equal((4u, ConsumeOptions.SettledByDelivery), (request.Credits, request.Options));
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, Deliveries(true, [new Given(1), new Given(2), new Given(3)]));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        await RefusedAsync(messages.Current.AckAsync(), ErrorCode.LeaseLost);
        await NextAsync(messages);
        ReceivedFrame credit = await Peer.ReadAsync(Opcode.Credit);
        Assert.True(CreditNotice.TryRead(credit.Body, out CreditNotice notice));
        Assert.Equal((2u, consume.Correlation), (notice.Credits, credit.Correlation));

        // What came is worked on, whatever happens to the connection.
        Peer.Drop();
        Assert.Equal(3ul, (await NextAsync(messages)).MessageId);
    }

    [Fact]
    public async Task Auto_acked_pushes_that_were_not_paid_for_end_the_connection()
    {
        Task<bool> moving =
            Queue.ConsumeAsync(new() { AutoAck = true, Prefetch = 1 }).GetAsyncEnumerator().MoveNextAsync().AsTask();
        ReceivedFrame consume = await Peer.ReadAsync(Opcode.QueueConsume);
        await Peer.ReplyAsync(consume);
        await PushAsync(Peer, consume, Deliveries(true, [new Given(1), new Given(2)]));
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => moving.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ProtocolViolation, error.Code);
    }

    [Fact]
    public async Task A_prefetch_that_cannot_work_is_refused_by_its_name()
    {
        foreach (int prefetch in new[] { 0, -1, 100_001 })
        {
            ArgumentOutOfRangeException error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                () => Queue.ConsumeAsync(new() { Prefetch = prefetch }).GetAsyncEnumerator().MoveNextAsync().AsTask());
            Assert.Equal("Prefetch", error.ParamName);
        }
    }
}
