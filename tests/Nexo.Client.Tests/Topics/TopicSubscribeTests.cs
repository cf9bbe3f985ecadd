using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Subscriptions on one connection.</summary>
public sealed class TopicSubscribeTests : TopicHarness
{
    [Fact]
    public async Task A_subscription_asks_for_what_its_options_say()
    {
        var options = new TopicSubscribeOptions
        {
            Retained = false,
            NotOwn = true,
            WhenSlow = SlowPolicy.DropNewest,
            OutboxBytes = 5_000_000,
            BufferMessages = 7,
        };
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(options, "a/+", "b/#");
        Assert.True(TopicSubscribeRequest.TryRead(subscribe.Body, out TopicSubscribeRequest request));
        Assert.Equal(
            (7u, SlowPolicy.DropNewest, SubscribeFlags.NotOwn, 5_000_000u),
            (request.Credits, request.WhenSlow, request.Flags, request.OutboxBytes));
        Assert.Equal(["a/+", "b/#"], subscription.Filters);

        // By default, and each filter once.
        Task opening = Topics.OpenSubscriptionAsync<string>(["a", "a"]).AsTask();
        subscribe = await AcceptSubscriptionAsync(Peer, "a");
        Assert.True(TopicSubscribeRequest.TryRead(subscribe.Body, out request));
        Assert.Equal(
            (16u, SlowPolicy.DropOldest, SubscribeFlags.Retained, 0u),
            (request.Credits, request.WhenSlow, request.Flags, request.OutboxBytes));
        await opening.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_message_tells_all_there_is_to_know_of_it()
    {
        await using IAsyncEnumerator<TopicMessage<string>> messages =
            Topics.SubscribeAsync<string>("a/#").GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "a/#");
        string large = new('x', 20_000);
        var given = new Given("a/b", "body") { IsRetained = true, Headers = [new("h", "1"), new("reply-to", "r")] };
        await PushAsync(Peer, subscribe, 3, given, new Given("a/c", large), new Given("größe/é", string.Empty));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        TopicMessage<string> first = messages.Current;
        Assert.Equal(("a/b", "body", "body", true), (first.Topic, first.Body, first.RawBody.Text(), first.IsRetained));
        Assert.Equal(given.Headers, first.Headers);
        Assert.Equal((new TopicGap(3, false), 3L), (first.Gap, first.MissedBefore));
        TopicMessage<string> second = await NextAsync(messages);
        Assert.Equal(("a/c", large, false, true), (second.Topic, second.Body, second.IsRetained, second.Gap.IsNone));
        TopicMessage<string> third = await NextAsync(messages);
        Assert.Equal(("größe/é", string.Empty, "größe/é"), (third.Topic, third.Body, third.TopicBytes.Text()));

        // It may be kept: its bytes are its own, and its topic is one string however often it is asked for.
        await PushAsync(Peer, subscribe, new Given("a/b", "other"));
        Assert.Same(first.Topic, (await NextAsync(messages)).Topic);
        Assert.Equal("body", first.RawBody.Text());
    }

    [Fact]
    public async Task Raw_messages_are_the_bytes_that_came()
    {
        await using IAsyncEnumerator<TopicMessage<ReadOnlyMemory<byte>>> messages =
            Topics.SubscribeAsync("a").GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "a");
        await PushAsync(Peer, subscribe, new Given("a", "one"), new Given("a", string.Empty));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal(("one", true), (messages.Current.Body.Text(), messages.Current.Body.Equals(messages.Current.RawBody)));
        Assert.True((await NextAsync(messages)).Body.IsEmpty);
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_harms_nobody_but_who_reads_it()
    {
        Task<TopicSubscription<long>> opening = Topics.OpenSubscriptionAsync<long>("a").AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "a");
        await PushAsync(Peer, subscribe, new Given("a", "many"), new Given("a", "12"));
        IAsyncEnumerator<TopicMessage<long>> messages =
            (await opening.WaitAsync(Patience.Limit)).ReadAllAsync().GetAsyncEnumerator();
        TopicMessage<long> bad = await NextAsync(messages);
        Assert.Equal("many", bad.RawBody.Text());
        Assert.Equal(ClientErrorCode.ValueUnreadable, Assert.Throws<NexoException>(() => bad.Body).Code);
        Assert.Equal(12, (await NextAsync(messages)).Body);
    }

    [Fact]
    public async Task Gaps_are_told_before_the_next_message_and_also_when_none_comes()
    {
        var gaps = new List<TopicGap>();
        var told = new TaskCompletionSource();
        var options = new TopicSubscribeOptions
        {
            OnGap = gap =>
            {
                gaps.Add(gap);
                told.TrySetResult();
            },
        };
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(options, "a");
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await PushAsync(Peer, subscribe, 4);
        await told.Task.WaitAsync(Patience.Limit);
        Assert.Equal([new TopicGap(4, false)], gaps);
        Assert.Equal((4L, false), (subscription.Missed, moving.IsCompleted));
        await PushAsync(Peer, subscribe, 2, new Given("a"), new Given("a", "second"));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal((6L, 2, 6L), (messages.Current.MissedBefore, gaps.Count, subscription.Missed));
        Assert.True((await NextAsync(messages)).Gap.IsNone);
        await PushAsync(Peer, subscribe, ulong.MaxValue, new Given("a"));
        Assert.Equal(long.MaxValue, (await NextAsync(messages)).MissedBefore);
    }

    [Fact]
    public async Task Credits_come_back_by_halves_as_messages_are_taken()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) =
            await OpenAsync(new() { BufferMessages = 4 }, "a");
        await PushAsync(Peer, subscribe, new Given("a", "1"), new Given("a", "2"), new Given("a", "3"));
        await PushAsync(Peer, subscribe, new Given("a", "4"));
        await SettledAsync();
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        await NextAsync(messages);
        await NextAsync(messages);
        ReceivedFrame credit = await Peer.ReadAsync(Opcode.Credit);
        Assert.Equal((2u, subscribe.Correlation), (CreditsOf(credit), credit.Correlation));
        await NextAsync(messages);
        await NextAsync(messages);
        Assert.Equal(2u, CreditsOf(await Peer.ReadAsync(Opcode.Credit)));
    }

    [Fact]
    public async Task Messages_that_were_not_paid_for_end_the_connection_rather_than_fill_the_memory()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) =
            await OpenAsync(new() { BufferMessages = 2 }, "a");
        await PushAsync(Peer, subscribe, new Given("a"), new Given("a"), new Given("a"));
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        await RefusedAsync(messages.MoveNextAsync().AsTask(), ClientErrorCode.ProtocolViolation);
        await RefusedAsync(subscription.Completion, ClientErrorCode.ProtocolViolation);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 9, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 })]
    public async Task A_push_that_is_malformed_ends_the_connection(byte[] body)
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(null, "a");
        await Peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.TopicSubscribe, FrameKind.Push, subscribe.Correlation);
            buffer.Write(body);
            buffer.End();
        });
        await RefusedAsync(subscription.Completion, ClientErrorCode.ProtocolViolation);
    }

    [Fact]
    public async Task Over_its_bytes_the_oldest_are_dropped_and_told_where_they_were()
    {
        string body = new('x', 400);
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) =
            await OpenAsync(new() { BufferBytes = 2_000, BufferMessages = 100 }, "a");
        await PushAsync(Peer, subscribe, 1, [.. Enumerable.Range(0, 8).Select(i => new Given("a", $"{i}{body}"))]);
        await SettledAsync();
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        TopicMessage<string> first = await NextAsync(messages);
        Assert.Equal(('4', 5L), (first.Body[0], first.MissedBefore));
        for (int i = 5; i < 8; i++)
        {
            Assert.Equal(($"{i}"[0], 0L), ((await NextAsync(messages)).Body[0], messages.Current.MissedBefore));
        }

        Assert.Equal(5, subscription.Missed);

        // One that is larger than all room is taken when it is alone.
        await PushAsync(Peer, subscribe, new Given("a", new string('y', 10_000)));
        Assert.Equal(10_000, (await NextAsync(messages)).Body.Length);
    }

    [Fact]
    public async Task Over_its_bytes_the_newest_are_dropped_if_that_is_asked_for()
    {
        string body = new('x', 400);
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(
            new() { BufferBytes = 2_000, BufferMessages = 100, WhenSlow = SlowPolicy.DropNewest }, "a");
        await PushAsync(Peer, subscribe, [.. Enumerable.Range(0, 6).Select(i => new Given("a", $"{i}{body}"))]);
        await PushAsync(Peer, subscribe, 5, new Given("a", body));
        await SettledAsync();
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal($"{i}"[0], (await NextAsync(messages)).Body[0]);
        }

        // All that is left is a gap; the next message tells it.
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await PushAsync(Peer, subscribe, new Given("a", "next"));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal(("next", 8L, 8L), (messages.Current.Body, messages.Current.MissedBefore, subscription.Missed));
    }

    [Fact]
    public async Task Over_its_bytes_it_ends_if_that_is_asked_for()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(
            new() { BufferBytes = 1_000, WhenSlow = SlowPolicy.End }, "a");
        await PushAsync(Peer, subscribe, new Given("a", "1"), new Given("a", new string('x', 2_000)));
        Assert.Equal(subscribe.Correlation, (await ReadPastAsync(Opcode.Credit, Opcode.Stop)).Correlation);
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Assert.Equal("1", (await NextAsync(messages)).Body);
        await RefusedAsync(messages.MoveNextAsync().AsTask(), ErrorCode.SlowConsumer);
        await RefusedAsync(subscription.Completion, ErrorCode.SlowConsumer);
    }

    [Fact]
    public async Task Filters_are_added_and_removed_while_it_is_open()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(null, "a", "b");
        Task adding = subscription.AddAsync(["c/+", "b", "d"]).AsTask();
        ReceivedFrame change = await Peer.ReadAsync(Opcode.TopicFilters);
        (uint of, string[] added, string[] removed) = ChangeOf(change);
        Assert.Equal((subscribe.Correlation, 0), (of, removed.Length));
        Assert.Equal(["c/+", "b", "d"], added);
        Assert.Equal(["a", "b"], subscription.Filters);
        await Peer.ReplyAsync(change);
        await adding.WaitAsync(Patience.Limit);
        Assert.Equal(["a", "b", "c/+", "d"], subscription.Filters);

        Task removing = subscription.RemoveAsync(["a", "none"]).AsTask();
        Task next = subscription.AddAsync("e").AsTask();
        change = await Peer.ReadAsync(Opcode.TopicFilters);
        Assert.Equal(["a", "none"], ChangeOf(change).Removed);
        await Peer.ReplyAsync(change);
        await removing.WaitAsync(Patience.Limit);
        change = await Peer.ReadAsync(Opcode.TopicFilters);
        Assert.Equal(["e"], ChangeOf(change).Added);
        await Peer.FailAsync(change, ErrorCode.TooManyFilters);
        await RefusedAsync(next, ErrorCode.TooManyFilters);
        Assert.Equal(["b", "c/+", "d"], subscription.Filters);

        // What asks for nothing is not sent.
        await subscription.AddAsync([]);
        await subscription.RemoveAsync([]);
        await SettledAsync();
    }

    [Fact]
    public async Task Filters_that_are_asked_for_are_sent_whatever_became_of_a_change_before()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(null, "a", "b");
        using var gone = new CancellationTokenSource();
        Task adding = subscription.AddAsync(["c"], gone.Token).AsTask();
        ReceivedFrame change = await Peer.ReadAsync(Opcode.TopicFilters);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding.WaitAsync(Patience.Limit));
        await Peer.ReplyAsync(change);

        // The server has it, which this does not know.
        Task removing = subscription.RemoveAsync("c").AsTask();
        change = await ReadPastAsync(Opcode.Cancel, Opcode.TopicFilters);
        Assert.Equal((subscribe.Correlation, "c"), (ChangeOf(change).Subscription, Assert.Single(ChangeOf(change).Removed)));
        await Peer.ReplyAsync(change);
        await removing.WaitAsync(Patience.Limit);

        // And one that it may have taken back already is asked for again.
        using var lost = new CancellationTokenSource();
        removing = subscription.RemoveAsync(["b"], lost.Token).AsTask();
        change = await ReadPastAsync(Opcode.Cancel, Opcode.TopicFilters);
        await lost.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => removing.WaitAsync(Patience.Limit));
        adding = subscription.AddAsync("b").AsTask();
        change = await ReadPastAsync(Opcode.Cancel, Opcode.TopicFilters);
        Assert.Equal("b", Assert.Single(ChangeOf(change).Added));
        await Peer.ReplyAsync(change);
        await adding.WaitAsync(Patience.Limit);
        Assert.Equal(["a", "b"], subscription.Filters);
    }

    [Fact]
    public async Task A_handler_gets_one_message_after_the_other()
    {
        int running = 0;
        var bodies = new List<string>();
        var done = new TaskCompletionSource();
        Task<TopicSubscription> opening = Topics.SubscribeAsync<string>("a", async (message, _) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Yield();
            bodies.Add(message.Body);
            Interlocked.Decrement(ref running);
            if (bodies.Count == 3)
            {
                done.SetResult();
            }
        }).AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "a");
        await PushAsync(Peer, subscribe, new Given("a", "1"), new Given("a", "2"), new Given("a", "3"));
        await done.Task.WaitAsync(Patience.Limit);
        Assert.Equal(["1", "2", "3"], bodies);
        TopicSubscription subscription = await opening.WaitAsync(Patience.Limit);
        await subscription.DisposeAsync();
        Assert.Equal(subscribe.Correlation, (await ReadPastAsync(Opcode.Credit, Opcode.Stop)).Correlation);
        await subscription.Completion.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_handler_that_fails_ends_its_subscription_unless_its_errors_are_asked_for()
    {
        ValueTask Fail(TopicMessage<string> message, CancellationToken cancel) =>
            throw new InvalidOperationException(message.Body);
        Task<TopicSubscription> opening = Topics.SubscribeAsync<string>("a", Fail).AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "a");
        TopicSubscription subscription = await opening.WaitAsync(Patience.Limit);
        await PushAsync(Peer, subscribe, new Given("a", "1"), new Given("a", "2"));
        await ReadPastAsync(Opcode.Credit, Opcode.Stop);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => subscription.Completion.WaitAsync(Patience.Limit));
        Assert.Equal("1", error.Message);

        var errors = new List<string>();
        var both = new TaskCompletionSource();
        var options = new TopicSubscribeOptions
        {
            OnError = failure =>
            {
                errors.Add(failure.Message);
                if (errors.Count == 2)
                {
                    both.SetResult();
                }
            },
        };
        opening = Topics.SubscribeAsync<string>(["b"], Fail, options).AsTask();
        subscribe = await AcceptSubscriptionAsync(Peer, "b");
        await PushAsync(Peer, subscribe, new Given("b", "1"), new Given("b", "2"));
        await both.Task.WaitAsync(Patience.Limit);
        Assert.Equal(["1", "2"], errors);
        Assert.False((await opening.WaitAsync(Patience.Limit)).Completion.IsCompleted);
    }

    [Fact]
    public async Task A_slow_handler_holds_up_nothing_but_its_own_subscription()
    {
        using var release = new ManualResetEventSlim();
        Task opening = Topics.SubscribeAsync<string>("slow", (_, cancel) =>
        {
            release.Wait(Patience.Limit, cancel);
            return ValueTask.CompletedTask;
        }).AsTask();
        ReceivedFrame slow = await AcceptSubscriptionAsync(Peer, "slow");
        await opening.WaitAsync(Patience.Limit);
        (TopicSubscription<string> quick, ReceivedFrame subscribe) = await OpenAsync(null, "quick");
        for (int i = 0; i < 8; i++)
        {
            await PushAsync(Peer, slow, new Given("slow", new string('x', 50_000)));
        }

        await PushAsync(Peer, subscribe, new Given("quick", "there"));
        IAsyncEnumerator<TopicMessage<string>> messages = quick.ReadAllAsync().GetAsyncEnumerator();
        Assert.Equal("there", (await NextAsync(messages)).Body);
        await SettledAsync();
        release.Set();
    }

    [Fact]
    public async Task Leaving_the_loop_stops_the_server()
    {
        IAsyncEnumerator<TopicMessage<string>> messages = Topics.SubscribeAsync<string>("a").GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "a");
        await PushAsync(Peer, subscribe, new Given("a"), new Given("a"));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        await messages.DisposeAsync();
        Assert.Equal(subscribe.Correlation, (await ReadPastAsync(Opcode.Credit, Opcode.Stop)).Correlation);

        // What was on its way is passed over, and the END frees the slot.
        await PushAsync(Peer, subscribe, new Given("a"));
        await EndAsync(Peer, subscribe);
        await SettledAsync();
    }

    [Fact]
    public async Task A_cancelled_loop_ends_with_the_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        IAsyncEnumerator<TopicMessage<string>> messages =
            Topics.SubscribeAsync<string>("a", cancellationToken: cancel.Token).GetAsyncEnumerator(CancellationToken.None);
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(Peer, "a");
        await PushAsync(Peer, subscribe, new Given("a"), new Given("a"));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        await cancel.CancelAsync();

        // At once, although there is a next one.
        moving = messages.MoveNextAsync().AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => moving.WaitAsync(Patience.Limit));
        Assert.Equal(subscribe.Correlation, (await ReadPastAsync(Opcode.Credit, Opcode.Stop)).Correlation);
    }

    [Fact]
    public async Task A_subscription_that_opens_after_its_caller_has_gone_is_stopped()
    {
        using var cancel = new CancellationTokenSource();
        Task opening = Topics.OpenSubscriptionAsync<string>("a", null, cancel.Token).AsTask();
        ReceivedFrame subscribe = await Peer.ReadAsync(Opcode.TopicSubscribe);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(Patience.Limit));
        await Peer.ReadAsync(Opcode.Cancel);
        await Peer.ReplyAsync(subscribe);
        Assert.Equal(subscribe.Correlation, (await ReadPastAsync(Opcode.Credit, Opcode.Stop)).Correlation);
        await PushAsync(Peer, subscribe, new Given("a"));
        await SettledAsync();
    }

    [Fact]
    public async Task A_subscription_that_is_refused_or_ended_for_good_tells_why()
    {
        Task opening = Topics.OpenSubscriptionAsync<string>("a/#/b").AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.TopicSubscribe), ErrorCode.FilterInvalid);
        await RefusedAsync(opening, ErrorCode.FilterInvalid);

        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(null, "a");
        await PushAsync(Peer, subscribe, new Given("a", "last"));
        await EndAsync(Peer, subscribe, ErrorCode.SlowConsumer);
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Assert.Equal("last", (await NextAsync(messages)).Body);
        await RefusedAsync(messages.MoveNextAsync().AsTask(), ErrorCode.SlowConsumer);
        await RefusedAsync(subscription.AddAsync("b").AsTask(), ErrorCode.SlowConsumer);
        await subscription.DisposeAsync();
    }

    [Fact]
    public async Task A_disposed_subscription_ends_its_loop_lets_go_of_what_waits_and_takes_no_changes()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(null, "a");
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await subscription.DisposeAsync();
        await subscription.DisposeAsync();
        Assert.False(await moving.WaitAsync(Patience.Limit));
        await subscription.Completion.WaitAsync(Patience.Limit);
        Assert.Equal(subscribe.Correlation, (await ReadPastAsync(Opcode.Credit, Opcode.Stop)).Correlation);
        await RefusedAsync(subscription.AddAsync("b").AsTask(), ClientErrorCode.SubscriptionEnded);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => subscription.ReadAllAsync().GetAsyncEnumerator().MoveNextAsync().AsTask());

        (subscription, subscribe) = await OpenAsync(null, "b");
        await PushAsync(Peer, subscribe, new Given("b"), new Given("b"));
        await SettledAsync();
        await subscription.DisposeAsync();
        messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Assert.False(await messages.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_change_under_way_ends_when_its_subscription_is_disposed()
    {
        (TopicSubscription<string> subscription, _) = await OpenAsync(null, "a");
        Task adding = subscription.AddAsync("b").AsTask();
        Task waiting = subscription.AddAsync("c").AsTask();
        await Peer.ReadAsync(Opcode.TopicFilters);
        await subscription.DisposeAsync();
        await RefusedAsync(adding, ClientErrorCode.SubscriptionEnded);
        await RefusedAsync(waiting, ClientErrorCode.SubscriptionEnded);
    }

    [Fact]
    public async Task Disposing_the_client_ends_its_subscriptions()
    {
        (TopicSubscription<string> subscription, _) = await OpenAsync(null, "a");
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        await Client.DisposeAsync();
        await RefusedAsync(moving, ClientErrorCode.ClientClosed);
        await RefusedAsync(subscription.AddAsync("b").AsTask(), ClientErrorCode.ClientClosed);
    }

    [Fact]
    public async Task Options_that_cannot_work_are_refused_by_their_names()
    {
        (TopicSubscribeOptions Options, string Name)[] bad =
        [
            (new() { BufferMessages = 0 }, "BufferMessages"),
            (new() { BufferMessages = 1_000_001 }, "BufferMessages"),
            (new() { BufferBytes = 0 }, "BufferBytes"),
            (new() { OutboxBytes = 0 }, "OutboxBytes"),
            (new() { WhenSlow = (SlowPolicy)9 }, "WhenSlow"),
        ];
        foreach ((TopicSubscribeOptions options, string name) in bad)
        {
            ArgumentOutOfRangeException error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                () => Topics.OpenSubscriptionAsync<string>("a", options).AsTask());
            Assert.Equal(name, error.ParamName);
        }
    }
}
