using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class QueuePullTests : QueueHarness
{
    [Fact]
    public async Task A_pull_says_how_much_and_for_how_long_and_gives_what_came()
    {
        Task<IReadOnlyList<QueueDelivery<string>>> pulling =
            Queue.PullAsync(10, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1)).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueuePull);
        Assert.True(QueuePullRequest.TryRead(frame.Body, out QueuePullRequest request));
        Assert.Equal(
            (3_000u, 10u, 60_000u, ConsumeOptions.None, Name),
            (request.WaitMs, request.MessagesMax, request.LeaseMs, request.Options, request.Queue.Text()));
        await Peer.ReplyAsync(frame, Deliveries(new Given(1, "a"), new Given(2, "b")));
        IReadOnlyList<QueueDelivery<string>> pulled = await pulling.WaitAsync(Patience.Limit);
        Assert.Equal(["a", "b"], pulled.Select(delivery => delivery.Body));
        ValueTask acked = pulled[0].AckAsync();
        await SettleAsync(Peer, Opcode.QueueAck, 1);
        await acked;
        Task<DateTimeOffset> extending = pulled[1].ExtendAsync().AsTask();
        frame = await Peer.ReadAsync(Opcode.QueueExtend);
        Assert.True(QueueExtendRequest.TryRead(frame.Body, out QueueExtendRequest extend));
        Assert.Equal(60_000u, extend.LeaseMs);
        await Peer.ReplyAsync(frame, Extended(5, ErrorCode.None));
        await extending.WaitAsync(Patience.Limit);

        pulling = Queue.PullAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.QueuePull), Deliveries());
        Assert.Empty(await pulling.WaitAsync(Patience.Limit));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Queue.PullAsync(0).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Queue.PullAsync(wait: TimeSpan.FromDays(100)).AsTask());
    }

    [Fact]
    public async Task Messages_that_come_after_their_caller_has_gone_are_given_back()
    {
        using var cancel = new CancellationTokenSource();
        Task pulling = Queue.PullAsync(10, TimeSpan.FromMinutes(1), cancellationToken: cancel.Token).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueuePull);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pulling.WaitAsync(Patience.Limit));
        await Peer.ReadAsync(Opcode.Cancel);
        await Peer.ReplyAsync(frame, Deliveries(new Given(4), new Given(5)));
        ReceivedFrame nack = await Peer.ReadAsync(Opcode.QueueNack);
        Assert.Equal([4, 5], Ids(nack));
        Assert.True(QueueNackRequest.TryRead(nack.Body, out QueueNackRequest request));
        Assert.Equal(NackAction.GiveBack, request.Action);
    }

    [Fact]
    public async Task Messages_that_were_settled_by_their_delivery_are_not_given_back()
    {
        using var cancel = new CancellationTokenSource();
        Task pulling = Queue.PullAsync(10, autoAck: true, cancellationToken: cancel.Token).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueuePull);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pulling.WaitAsync(Patience.Limit));
        await Peer.ReadAsync(Opcode.Cancel);
        await Peer.ReplyAsync(frame, Deliveries(true, [new Given(4), new Given(5)]));
        Task<TimeSpan> pinging = Client.PingAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.Ping));
        await pinging.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task The_deadline_of_a_pull_lies_behind_its_wait()
    {
        NexoQueue<string> queue = Queue.WithTimeout(TimeSpan.FromMilliseconds(100));
        Task<IReadOnlyList<QueueDelivery<string>>> pulling = queue.PullAsync(1, TimeSpan.FromSeconds(30)).AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueuePull);
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => queue.StatsAsync().AsTask().WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.DeadlineExceeded, error.Code);
        Assert.False(pulling.IsCompleted);
        await Peer.ReplyAsync(frame, Deliveries(new Given(1)));
        Assert.Single(await pulling.WaitAsync(Patience.Limit));
    }
}
