using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>How much a subscription asks for, so that what it has no room for waits at the server.</summary>
public sealed class TopicRoomTests : TopicHarness
{
    private const int OverheadBytes = 97;

    [Theory]
    [InlineData(100, 8_192, 1_000_000)]
    [InlineData(2_000, 8_192, 1_000_000)]
    [InlineData(60_000, 8_192, 1_000_000)]
    [InlineData(50, 40, 1_000_000)]
    public async Task A_reader_that_stands_still_is_sent_no_more_than_it_has_room_for(
        int bodyBytes, int messagesMax, int bytesMax)
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) =
            await OpenAsync(new() { BufferBytes = bytesMax, BufferMessages = messagesMax }, "a");
        int sent = await SendAllAsync(subscribe, bodyBytes);
        Assert.InRange(sent, 1, messagesMax);
        int fit = Math.Min(messagesMax, bytesMax / (bodyBytes + OverheadBytes));
        Assert.InRange(sent, fit / 4, fit);

        // None was dropped here, and reading asks for more.
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        for (int i = 0; i < sent; i++)
        {
            Assert.Equal((bodyBytes, true), ((await NextAsync(messages)).Body.Length, messages.Current.Gap.IsNone));
        }

        Assert.Equal(0, subscription.Missed);
        Assert.True(CreditsOf(await Peer.ReadAsync(Opcode.Credit)) > 0);
    }

    [Fact]
    public async Task What_was_read_is_asked_for_again_and_a_reader_that_keeps_up_never_waits()
    {
        const int all = 20_000;
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(new() { BufferMessages = 64 }, "a");
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        long credits = CreditsOfFirst(subscribe);
        for (long done = 0; done < all;)
        {
            for (; credits > 0; credits--, done++)
            {
                await PushAsync(Peer, subscribe, new Given("a"));
                await NextAsync(messages);
            }

            // Without a notice this would wait for ever.
            credits += CreditsOf(await Peer.ReadAsync(Opcode.Credit));
        }

        Assert.Equal(0, subscription.Missed);
    }

    [Fact]
    public async Task Gaps_that_nobody_reads_become_one()
    {
        var gaps = new List<TopicGap>();
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) =
            await OpenAsync(new() { OnGap = gaps.Add }, "a");
        await PushAsync(Peer, subscribe, new Given("a", "first"));
        for (int i = 0; i < 1_000; i++)
        {
            await PushAsync(Peer, subscribe, 1);
        }

        await SettledAsync();
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Assert.Equal("first", (await NextAsync(messages)).Body);
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await PushAsync(Peer, subscribe, new Given("a", "second"));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal((1_000L, 1_000L), (messages.Current.MissedBefore, subscription.Missed));
        Assert.Equal([new TopicGap(1_000, false)], gaps);
    }

    [Fact]
    public async Task A_handler_of_gaps_that_throws_is_told_as_any_other()
    {
        var errors = new List<string>();
        var options = new TopicSubscribeOptions
        {
            OnGap = _ => throw new InvalidOperationException("gap"),
            OnError = error => errors.Add(error.Message),
        };
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(options, "a");
        await PushAsync(Peer, subscribe, 3, new Given("a", "kept"));
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Assert.Equal(("kept", 3L), ((await NextAsync(messages)).Body, messages.Current.MissedBefore));
        Assert.Equal(["gap"], errors);
    }

    private static long CreditsOfFirst(ReceivedFrame subscribe)
    {
        Assert.True(TopicSubscribeRequest.TryRead(subscribe.Body, out TopicSubscribeRequest request));
        return request.Credits;
    }

    /// <summary>Sends one message after the other as long as there are credits.</summary>
    private async Task<int> SendAllAsync(ReceivedFrame subscribe, int bodyBytes)
    {
        var message = new Given("a", new string('x', bodyBytes));
        int sent = 0;
        for (long credits = CreditsOfFirst(subscribe); credits > 0;)
        {
            for (; credits > 0; credits--, sent++)
            {
                await PushAsync(Peer, subscribe, message);
            }

            credits += await GivenCreditsAsync();
        }

        return sent;
    }

    // What was pushed has been taken when a later request is answered, and its notices stand before that request.
    private async Task<long> GivenCreditsAsync()
    {
        long given = 0;
        Task<bool> call = Client.Store.ExistsAsync("k").AsTask();
        ReceivedFrame frame = await Peer.ReadAsync();
        for (; frame.Opcode != Opcode.StoreExists; frame = await Peer.ReadAsync())
        {
            given += CreditsOf(frame);
        }

        await Peer.ReplyAsync(frame, Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);

        // Those that came of what was taken meanwhile.
        call = Client.Store.ExistsAsync("k").AsTask();
        for (frame = await Peer.ReadAsync(); frame.Opcode != Opcode.StoreExists; frame = await Peer.ReadAsync())
        {
            given += CreditsOf(frame);
        }

        await Peer.ReplyAsync(frame, Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);
        return given;
    }
}
