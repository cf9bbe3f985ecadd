using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Leases of messages that are here, and the clock.</summary>
public sealed class QueueLeaseTests : QueueHarness
{
    private static readonly TimeSpan Third = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();

    private protected override NexoClientOptions Change(NexoClientOptions options) =>
        options with { TimeProvider = _time, RequestTimeout = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task Leases_of_messages_that_wait_are_extended_and_those_that_were_taken_are_their_takers()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) =
            await ConsumeAsync(first: [new Given(1), new Given(2), new Given(3)]);
        _time.Advance(Third);
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueExtend);
        Assert.Equal([2, 3], Ids(frame));
        Assert.True(QueueExtendRequest.TryRead(frame.Body, out QueueExtendRequest request));
        Assert.Equal((30_000u, Name), (request.LeaseMs, request.Queue.Text()));

        // 2 was given to another meanwhile: it must not be worked on here.
        await Peer.ReplyAsync(frame, Extended(1_700_000_099_000, ErrorCode.LeaseLost, ErrorCode.None));
        await PollAsync(() => messages.Current.Source.Kept(taken: true).Count == 2);
        Assert.Equal(3ul, (await NextAsync(messages)).MessageId);
        Assert.Equal(1_700_000_099_000, messages.Current.LeaseEndsAt.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Leases_of_messages_that_were_taken_are_extended_if_that_is_asked_for()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) =
            await ConsumeAsync(ShortLease with { KeepLeases = true }, first: [new Given(1), new Given(2)]);
        await AssertExtendedAsync(1, 2);
        ValueTask acked = messages.Current.AckAsync();
        await SettleAsync(Peer, Opcode.QueueAck, 1);
        await acked;
        await AssertExtendedAsync(2);
        await AssertExtendedAsync(2);
    }

    [Fact]
    public async Task A_lease_that_could_not_be_extended_in_time_is_lost()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, ReceivedFrame consume) =
            await ConsumeAsync(ShortLease with { KeepLeases = true }, first: [new Given(1), new Given(2)]);
        QueueDelivery<string> taken = messages.Current;

        for (int i = 0; i < 3; i++)
        {
            _time.Advance(Third);
            await Peer.FailAsync(await Peer.ReadAsync(Opcode.QueueExtend), ErrorCode.Internal);
            await AnswerPingAsync();
        }

        _time.Advance(Third);
        await PollAsync(() => taken.State == DeliveryState.Lost);
        await RefusedAsync(taken.AckAsync(), ErrorCode.LeaseLost);
        await PushAsync(Peer, consume, new Given(3));
        Assert.Equal(3ul, (await NextAsync(messages)).MessageId);
    }

    [Fact]
    public async Task Without_keeping_a_taken_message_is_lost_when_its_lease_is_over_unless_its_taker_extends_it()
    {
        (IAsyncEnumerator<QueueDelivery<string>> messages, _) = await ConsumeAsync(first: [new Given(1), new Given(2)]);
        QueueDelivery<string> first = messages.Current;
        QueueDelivery<string> second = await NextAsync(messages);
        Task<DateTimeOffset> extending = second.ExtendAsync(TimeSpan.FromMinutes(1)).AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.QueueExtend), Extended(5, ErrorCode.None));
        await extending.WaitAsync(Patience.Limit);
        _time.Advance(Third * 4);
        await PollAsync(() => first.State == DeliveryState.Lost);
        await RefusedAsync(first.AckAsync(), ErrorCode.LeaseLost);
        ValueTask acked = second.AckAsync();
        await SettleAsync(Peer, Opcode.QueueAck, 2);
        await acked;
    }

    private static async Task PollAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private async Task AssertExtendedAsync(params ulong[] ids)
    {
        _time.Advance(Third);
        ReceivedFrame frame = await Peer.ReadAsync(Opcode.QueueExtend);
        Assert.Equal(ids, Ids(frame));
        await Peer.ReplyAsync(frame, Extended(1_700_000_099_000, new ErrorCode[ids.Length]));
        await AnswerPingAsync();
    }

    /// <summary>After it the client has taken in what was sent before: the clock may jump without a call running into its
    /// deadline.</summary>
    private async Task AnswerPingAsync()
    {
        Task<TimeSpan> pinging = Client.PingAsync().AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.Ping));
        await pinging.WaitAsync(Patience.Limit);
    }
}
