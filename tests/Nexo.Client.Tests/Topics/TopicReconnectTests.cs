using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Subscriptions, wills and requests over lost connections.</summary>
public sealed class TopicReconnectTests : TopicHarness, IAsyncLifetime
{
    private readonly FakeServer _server = new();
    private NexoClient _client = null!;
    private FakePeer _first = null!;

    public new async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (_client, _first) = await _server.ConnectAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task It_is_opened_again_with_the_filters_that_it_has_by_then_and_a_gap_is_told()
    {
        var gaps = new List<TopicGap>();
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) =
            await OpenAsync(_client, _first, new() { OnGap = gaps.Add }, "a", "b");
        Task adding = subscription.AddAsync("c").AsTask();
        await _first.ReplyAsync(await _first.ReadAsync(Opcode.TopicFilters));
        await adding.WaitAsync(Patience.Limit);
        Task removing = subscription.RemoveAsync("a").AsTask();
        await _first.ReplyAsync(await _first.ReadAsync(Opcode.TopicFilters));
        await removing.WaitAsync(Patience.Limit);
        await PushAsync(_first, subscribe, new Given("b", "before"));
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Assert.Equal("before", (await NextAsync(messages)).Body);
        _first.Drop();

        // By itself: nobody needs to read for it.
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await AcceptSubscriptionAsync(second, "b", "c");
        await PushAsync(second, again, new Given("b", "after"));
        TopicMessage<string> after = await NextAsync(messages);
        Assert.Equal(("after", new TopicGap(0, true)), (after.Body, after.Gap));
        Assert.Equal([new TopicGap(0, true)], gaps);
        Assert.Equal(0, subscription.Missed);
    }

    [Fact]
    public async Task More_filters_than_a_request_holds_come_in_several()
    {
        string[] filters = [.. Enumerable.Range(0, 1_000).Select(i => $"{i}/{new string('x', 500)}")];
        Task<TopicSubscription<string>> opening = _client.Topics.OpenSubscriptionAsync<string>(filters).AsTask();
        await AcceptManyAsync(_first);
        TopicSubscription<string> subscription = await opening.WaitAsync(Patience.Limit);
        Assert.Equal(filters, subscription.Filters);
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        await AcceptManyAsync(second);

        async Task AcceptManyAsync(FakePeer peer)
        {
            ReceivedFrame subscribe = await peer.ReadAsync(Opcode.TopicSubscribe);
            List<string> got = [.. FiltersOf(subscribe)];
            await peer.ReplyAsync(subscribe);
            while (got.Count < filters.Length)
            {
                ReceivedFrame change = await peer.ReadAsync(Opcode.TopicFilters);
                (uint of, string[] added, string[] removed) = ChangeOf(change);
                Assert.Equal((subscribe.Correlation, 0), (of, removed.Length));
                got.AddRange(added);
                await peer.ReplyAsync(change);
            }

            Assert.Equal(filters, got);
        }
    }

    [Fact]
    public async Task A_part_of_the_filters_that_is_refused_stops_what_was_opened()
    {
        string[] filters = [.. Enumerable.Range(0, 1_000).Select(i => $"{i}/{new string('x', 500)}")];
        Task opening = _client.Topics.OpenSubscriptionAsync<string>(filters).AsTask();
        ReceivedFrame subscribe = await _first.ReadAsync(Opcode.TopicSubscribe);
        await _first.ReplyAsync(subscribe);
        await _first.FailAsync(await _first.ReadAsync(Opcode.TopicFilters), ErrorCode.TooManyFilters);
        Assert.Equal(subscribe.Correlation, (await _first.ReadAsync(Opcode.Stop)).Correlation);
        await RefusedAsync(opening, ErrorCode.TooManyFilters);
    }

    [Fact]
    public async Task A_server_that_refuses_it_over_and_over_ends_it()
    {
        var time = new ManualTime();
        await using var server = new FakeServer();
        NexoClientOptions options = server.Options;
        options.TimeProvider = time;
        await using var client = new NexoClient(options);
        Task<TopicSubscription<string>> opening = client.Topics.OpenSubscriptionAsync<string>("a").AsTask();
        FakePeer peer = await server.AcceptReadyAsync();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(peer, "a");
        TopicSubscription<string> subscription = await opening.WaitAsync(Patience.Limit);
        await EndAsync(peer, subscribe, ErrorCode.ShuttingDown);
        int refused = 0;
        while (!subscription.Completion.IsCompleted)
        {
            using var tick = new CancellationTokenSource();
            Task<ReceivedFrame> reading = peer.ReadAsync(Opcode.TopicSubscribe);
            while (!reading.IsCompleted && !subscription.Completion.IsCompleted)
            {
                time.Advance(TimeSpan.FromMilliseconds(200));
                await Task.WhenAny(reading, subscription.Completion, Task.Delay(5, tick.Token));
            }

            if (reading.IsCompleted)
            {
                await peer.FailAsync(await reading, ErrorCode.TooManyFilters);
                refused++;
            }
        }

        await RefusedAsync(subscription.Completion, ErrorCode.TooManyFilters);
        Assert.Equal(10, refused);
    }

    [Fact]
    public async Task What_had_come_is_read_before_the_gap()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) =
            await OpenAsync(_client, _first, new() { BufferMessages = 2 }, "a");
        await PushAsync(_first, subscribe, new Given("a", "1"), new Given("a", "2"));
        await EndAsync(_first, subscribe, ErrorCode.ShuttingDown);
        ReceivedFrame again = await AcceptSubscriptionAsync(_first, "a");
        await PushAsync(_first, again, 7, new Given("a", "3"));
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Assert.Equal(("1", true), ((await NextAsync(messages)).Body, messages.Current.Gap.IsNone));
        Assert.Equal(("2", true), ((await NextAsync(messages)).Body, messages.Current.Gap.IsNone));
        Assert.Equal(("3", new TopicGap(7, true)), ((await NextAsync(messages)).Body, messages.Current.Gap));

        // Credits go to the opening that is open: the one that has ended gets none.
        ReceivedFrame credit = await _first.ReadAsync(Opcode.Credit);
        Assert.Equal((1u, again.Correlation), (CreditsOf(credit), credit.Correlation));
    }

    [Fact]
    public async Task A_server_that_restarts_twice_and_one_that_says_goodbye_do_not_end_it()
    {
        (TopicSubscription<string> subscription, _) = await OpenAsync(_client, _first, null, "a");
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = messages.MoveNextAsync().AsTask();
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        await second.ReadAsync(Opcode.TopicSubscribe);
        second.Drop();
        FakePeer third = await _server.AcceptReadyAsync();
        await third.FailAsync(await third.ReadAsync(Opcode.TopicSubscribe), ErrorCode.Recovering);
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(third, "a");
        await PushAsync(third, subscribe, new Given("a", "1"));
        Assert.True(await moving.WaitAsync(Patience.Limit));
        await third.GoAwayAsync();
        await EndAsync(third, subscribe, ErrorCode.ShuttingDown);
        FakePeer fourth = await _server.AcceptReadyAsync();
        subscribe = await AcceptSubscriptionAsync(fourth, "a");
        await PushAsync(fourth, subscribe, new Given("a", "2"));
        Assert.Equal(("2", true), ((await NextAsync(messages)).Body, messages.Current.Gap.Reconnected));
    }

    [Fact]
    public async Task A_change_whose_connection_is_lost_is_made_on_the_next_one()
    {
        (TopicSubscription<string> subscription, _) = await OpenAsync(_client, _first, null, "a");
        Task adding = subscription.AddAsync("b").AsTask();
        await _first.ReadAsync(Opcode.TopicFilters);
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await AcceptSubscriptionAsync(second, "a");
        ReceivedFrame change = await second.ReadAsync(Opcode.TopicFilters);
        Assert.Equal((again.Correlation, "b"), (ChangeOf(change).Subscription, Assert.Single(ChangeOf(change).Added)));
        await second.ReplyAsync(change);
        await adding.WaitAsync(Patience.Limit);
        Assert.Equal(["a", "b"], subscription.Filters);
    }

    [Fact]
    public async Task A_change_ends_at_its_deadline_while_there_is_no_connection()
    {
        NexoTopics hurried = _client.Topics.WithTimeout(TimeSpan.FromMilliseconds(200));
        Task<TopicSubscription<string>> opening = hurried.OpenSubscriptionAsync<string>("a").AsTask();
        await AcceptSubscriptionAsync(_first, "a");
        TopicSubscription<string> subscription = await opening.WaitAsync(Patience.Limit);
        _first.Drop();
        NexoException late = await RefusedAsync(subscription.AddAsync("b").AsTask(), ClientErrorCode.DeadlineExceeded);
        Assert.True(late.Retryable);
        Assert.Equal(["a"], subscription.Filters);
    }

    [Fact]
    public async Task One_that_is_refused_when_it_is_opened_again_ends_with_the_reason()
    {
        (TopicSubscription<string> subscription, _) = await OpenAsync(_client, _first, null, "a");
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        await second.FailAsync(await second.ReadAsync(Opcode.TopicSubscribe), ErrorCode.FilterInvalid);
        await RefusedAsync(subscription.Completion, ErrorCode.FilterInvalid);
    }

    [Fact]
    public async Task One_that_is_disposed_while_there_is_no_connection_is_not_opened_again()
    {
        (TopicSubscription<string> subscription, _) = await OpenAsync(_client, _first, null, "a");
        _first.Drop();
        FakePeer second = await _server.AcceptAsync();
        await subscription.DisposeAsync();
        await subscription.Completion.WaitAsync(Patience.Limit);
        await second.ShakeHandsAsync();
        Task<bool> call = _client.Store.ExistsAsync("k").AsTask();
        await second.ReplyAsync(await second.ReadAsync(Opcode.StoreExists), Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task One_that_is_disposed_while_it_is_opened_again_is_stopped_when_it_opens()
    {
        (TopicSubscription<string> subscription, _) = await OpenAsync(_client, _first, null, "a");
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await second.ReadAsync(Opcode.TopicSubscribe);
        await subscription.DisposeAsync();
        await second.ReadAsync(Opcode.Cancel);
        await second.ReplyAsync(again);
        Assert.Equal(again.Correlation, (await second.ReadAsync(Opcode.Stop)).Correlation);
    }

    [Fact]
    public async Task A_will_is_set_again_on_each_connection_until_it_is_cleared()
    {
        var options = new TopicWillOptions
        {
            Delay = TimeSpan.FromSeconds(3),
            Retain = true,
            Ttl = TimeSpan.FromSeconds(9),
            Headers = [new("h", "1")],
        };
        Task setting = _client.Topics.SetWillAsync("lost", "bye", options).AsTask();
        ReceivedFrame will = await _first.ReadAsync(Opcode.TopicWill);
        Assert.True(TopicWillRequest.TryRead(will.Body, out TopicWillRequest request));
        Assert.Equal(
            (3_000u, 16, "lost", "bye", PublishFlags.Retain, 9_000L),
            (request.DelayMs, request.Session.Length, request.Message.Topic.Text(), request.Message.Body.Text(),
                request.Message.Flags, request.Message.TtlMs));
        Assert.Equal("1", new NexoHeaders(will.HeaderBlock)["h"]);
        await _first.ReplyAsync(will);
        await setting.WaitAsync(Patience.Limit);
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await second.ReadAsync(Opcode.TopicWill);
        Assert.Equal(will.Body, again.Body);
        Assert.Equal(will.HeaderBlock, again.HeaderBlock);
        await second.FailAsync(again, ErrorCode.Recovering);
        await second.ReplyAsync(await second.ReadAsync(Opcode.TopicWill));

        Task<bool> clearing = _client.Topics.ClearWillAsync().AsTask();
        await second.ReplyAsync(await second.ReadAsync(Opcode.TopicWillClear), Bodies.Count(1));
        Assert.True(await clearing.WaitAsync(Patience.Limit));
        second.Drop();
        FakePeer third = await _server.AcceptReadyAsync();
        Task<bool> call = _client.Store.ExistsAsync("k").AsTask();
        await third.ReplyAsync(await third.ReadAsync(Opcode.StoreExists), Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_will_that_was_refused_leaves_the_one_before_and_one_that_cannot_be_set_again_is_told()
    {
        var failed = new TaskCompletionSource<TopicPublishFailedEventArgs>();
        _client.Topics.PublishFailed += (_, args) => failed.TrySetResult(args);
        Task setting = _client.Topics.SetWillAsync("one", "1").AsTask();
        await _first.ReplyAsync(await _first.ReadAsync(Opcode.TopicWill));
        await setting.WaitAsync(Patience.Limit);
        setting = _client.Topics.SetWillAsync("#", "2").AsTask();
        await _first.FailAsync(await _first.ReadAsync(Opcode.TopicWill), ErrorCode.TopicInvalid);
        await RefusedAsync(setting, ErrorCode.TopicInvalid);
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await second.ReadAsync(Opcode.TopicWill);
        Assert.True(TopicWillRequest.TryRead(again.Body, out TopicWillRequest request));
        Assert.Equal("one", request.Message.Topic.Text());
        await second.FailAsync(again, ErrorCode.TopicInvalid);
        Assert.Equal(ErrorCode.TopicInvalid, (await failed.Task.WaitAsync(Patience.Limit)).Error.Code);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _client.Topics.SetWillAsync("a", "x", new() { Delay = TimeSpan.FromSeconds(-1) }).AsTask());
    }

    [Fact]
    public async Task A_request_is_published_on_the_connection_on_which_its_reply_can_come()
    {
        Task<string> asking = _client.Topics.RequestAsync<string, string>("q", "1", TimeSpan.FromMinutes(1)).AsTask();
        ReceivedFrame inbox = await _first.ReadAsync(Opcode.TopicSubscribe);
        await _first.ReplyAsync(inbox);
        ReceivedFrame publish = await _first.ReadAsync(Opcode.TopicPublish);
        await _first.ReplyAsync(publish, Published(1));
        Task<string> next = _client.Topics.RequestAsync<string, string>("q", "2", TimeSpan.FromMinutes(1)).AsTask();
        await _first.ReadAsync(Opcode.TopicPublish);
        _first.Drop();

        // It had been sent: nobody knows whether it was carried out.
        Assert.False((await RefusedAsync(next, ClientErrorCode.ConnectionLost)).Retryable);
        next = _client.Topics.RequestAsync<string, string>("q", "3", TimeSpan.FromMinutes(1)).AsTask();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await AcceptSubscriptionAsync(second, FiltersOf(inbox));
        ReceivedFrame third = await second.ReadAsync(Opcode.TopicPublish);
        await second.ReplyAsync(third, Published(1));

        // Both replies find their way: the first request was never lost.
        foreach (ReceivedFrame request in new[] { third, publish })
        {
            string id = new NexoHeaders(request.HeaderBlock)["correlation-id"]!;
            await PushAsync(
                second, again, new Given(FiltersOf(inbox)[0], request == third ? "to 3" : "to 1") { Headers = [new("correlation-id", id)] });
        }

        Assert.Equal(("to 1", "to 3"), (await asking.WaitAsync(Patience.Limit), await next.WaitAsync(Patience.Limit)));
    }
}
