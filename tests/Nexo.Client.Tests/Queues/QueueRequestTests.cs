using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class QueueRequestTests : QueueHarness
{
    [Fact]
    public async Task A_request_is_pushed_with_where_its_reply_goes_and_ends_with_the_reply()
    {
        Task<long> asking = Client.Queue<string>(Name).RequestAsync<long>(
            "how many?", TimeSpan.FromMinutes(1), new() { Priority = 3, Headers = [new("a", "1")] }).AsTask();
        (string inbox, ReceivedFrame consume) = await OpenInboxAsync();
        ReceivedFrame push = await Peer.ReadAsync(Opcode.QueuePush);
        Assert.True(QueuePushRequest.TryRead(push.Body, out QueuePushRequest request));
        Assert.Equal((Name, "how many?", 3, 60_000L), (request.Queue.Text(), request.Message.Body.Text(), request.Message.Priority, request.Message.TtlMs));
        var headers = new NexoHeaders(push.HeaderBlock);
        Assert.Equal(("1", inbox), (headers["a"], headers["reply-to"]));
        await AcceptAsync(push);

        // Replies to nobody, or to somebody else, are passed over.
        await PushAsync(Peer, consume, Deliveries(true,
        [
            new Given(1, "1"),
            new Given(2, "2") { Headers = [new("correlation-id", "999")] },
            new Given(3, "3") { Headers = [new("correlation-id", "x")] },
            new Given(4, "42") { Headers = [new("correlation-id", headers["correlation-id"]!)] },
        ]));
        Assert.Equal(42, await asking.WaitAsync(Patience.Limit));

        // The next one finds the way open.
        asking = Client.Queue<string>(Name).RequestAsync<long>("again?").AsTask();
        push = await Peer.ReadAsync(Opcode.QueuePush);
        await AcceptAsync(push);
        var again = new NexoHeaders(push.HeaderBlock);
        Assert.NotEqual(headers["correlation-id"], again["correlation-id"]);
        await PushAsync(Peer, consume, Deliveries(true, [new Given(5, "many") { Headers = [new("correlation-id", again["correlation-id"]!)] }]));
        NexoException unreadable = await Assert.ThrowsAsync<NexoException>(() => asking.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ValueUnreadable, unreadable.Code);
    }

    [Fact]
    public async Task A_request_without_a_reply_ends_at_its_deadline_and_a_cancelled_one_at_once()
    {
        Task<long> asking = Queue.RequestAsync<long>("x", TimeSpan.FromMilliseconds(300)).AsTask();
        await OpenInboxAsync();
        await AcceptAsync(await Peer.ReadAsync(Opcode.QueuePush));
        NexoException late = await Assert.ThrowsAsync<NexoException>(() => asking.WaitAsync(Patience.Limit));
        Assert.Equal((ClientErrorCode.DeadlineExceeded, false), (late.Code, late.Retryable));

        using var cancel = new CancellationTokenSource();
        asking = Queue.RequestAsync<long>("x", TimeSpan.FromHours(1), cancellationToken: cancel.Token).AsTask();
        await AcceptAsync(await Peer.ReadAsync(Opcode.QueuePush));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task An_inbox_that_could_not_be_made_is_made_by_the_next_request()
    {
        Task<string> asking = Queue.RequestAsync<string>("x").AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.QueueDeclare), ErrorCode.TooManyQueues);
        NexoException refused = await Assert.ThrowsAsync<NexoException>(() => asking.WaitAsync(Patience.Limit));
        Assert.Equal(ErrorCode.TooManyQueues, refused.Code);
        asking = Queue.RequestAsync<string>("x").AsTask();
        await OpenInboxAsync();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.QueuePush), ErrorCode.QueueFull);
        refused = await Assert.ThrowsAsync<NexoException>(() => asking.WaitAsync(Patience.Limit));
        Assert.Equal(ErrorCode.QueueFull, refused.Code);
    }

    [Fact]
    public async Task An_inbox_that_has_gone_meanwhile_is_made_again()
    {
        Task<string> asking = Queue.RequestAsync<string>("x", TimeSpan.FromMinutes(1)).AsTask();
        (_, ReceivedFrame consume) = await OpenInboxAsync();
        ReceivedFrame push = await Peer.ReadAsync(Opcode.QueuePush);
        await AcceptAsync(push);
        await EndAsync(Peer, consume, ErrorCode.QueueNotFound);
        (_, consume) = await OpenInboxAsync();
        await PushAsync(Peer, consume, Deliveries(true,
            [new Given(1, "late") { Headers = [new("correlation-id", new NexoHeaders(push.HeaderBlock)["correlation-id"]!)] }]));
        Assert.Equal("late", await asking.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task An_inbox_whose_connection_is_lost_while_it_is_opened_again_still_gets_its_replies()
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<string> asking = client.Queue<string>(Name).RequestAsync<string>("x", TimeSpan.FromMinutes(1)).AsTask();
        await OpenInboxAsync(peer);
        ReceivedFrame push = await peer.ReadAsync(Opcode.QueuePush);
        await peer.ReplyAsync(push, buffer => new QueuePushReply(PushOutcome.Accepted, 1).Write(buffer));
        peer.Drop();
        FakePeer second = await server.AcceptReadyAsync();
        await second.ReadAsync(Opcode.QueueConsume);
        second.Drop();
        FakePeer third = await server.AcceptReadyAsync();
        ReceivedFrame consume = await third.ReadAsync(Opcode.QueueConsume);
        await third.ReplyAsync(consume);
        await PushAsync(third, consume, Deliveries(true,
            [new Given(1, "late") { Headers = [new("correlation-id", new NexoHeaders(push.HeaderBlock)["correlation-id"]!)] }]));
        Assert.Equal("late", await asking.WaitAsync(Patience.Limit));
    }

    private Task<(string Name, ReceivedFrame Consume)> OpenInboxAsync() => OpenInboxAsync(Peer);

    private static async Task<(string Name, ReceivedFrame Consume)> OpenInboxAsync(FakePeer peer)
    {
        ReceivedFrame declare = await peer.ReadAsync(Opcode.QueueDeclare);
        Assert.True(QueueDeclareRequest.TryRead(declare.Body, out QueueDeclareRequest request));
        string name = request.Name.Text();
        Assert.StartsWith("nexo.reply.", name, StringComparison.Ordinal);
        Assert.Equal(
            new QueueOptions
            {
                Durability = Durability.Memory,
                MessageTtl = TimeSpan.FromSeconds(60),
                UnusedFor = TimeSpan.FromSeconds(60),
            },
            OptionFields.Read(request.Options));
        await peer.ReplyAsync(declare, buffer => QueueDeclareReply.WriteStart(buffer, true, 1));
        ReceivedFrame consume = await peer.ReadAsync(Opcode.QueueConsume);
        Assert.True(QueueConsumeRequest.TryRead(consume.Body, out QueueConsumeRequest consuming));
        Assert.Equal((ConsumeOptions.SettledByDelivery, name), (consuming.Options, consuming.Queue.Text()));
        await peer.ReplyAsync(consume);
        return (name, consume);
    }

    private Task AcceptAsync(ReceivedFrame push) =>
        Peer.ReplyAsync(push, buffer => new QueuePushReply(PushOutcome.Accepted, 1).Write(buffer));
}
