using Nexo.Protocol;

namespace Nexo.Client.Tests;

public sealed class TopicRequestTests : TopicHarness
{
    [Fact]
    public async Task A_request_is_published_with_where_its_reply_goes_and_ends_with_the_reply()
    {
        Task<long> asking = Topics.RequestAsync<string, long>("sum", "1 2", TimeSpan.FromMinutes(1), WithHeaders).AsTask();
        ReceivedFrame inbox = await Peer.ReadAsync(Opcode.TopicSubscribe);
        string topic = Assert.Single(FiltersOf(inbox));
        Assert.Matches("^\\$inbox/[0-9a-f]{32}$", topic);
        Assert.True(TopicSubscribeRequest.TryRead(inbox.Body, out TopicSubscribeRequest subscribe));
        Assert.Equal(SubscribeFlags.None, subscribe.Flags);
        await Peer.ReplyAsync(inbox);
        ReceivedFrame publish = await Peer.ReadAsync(Opcode.TopicPublish);
        Assert.Equal(FrameKind.Request, publish.Header.Kind);
        var headers = new NexoHeaders(publish.HeaderBlock);
        Assert.Equal(("1", topic), (headers["a"], headers["reply-to"]));
        string id = headers["correlation-id"]!;

        // Replies to nobody, or to somebody else, are passed over; and one may come before the publish is confirmed.
        await PushAsync(
            Peer,
            inbox,
            new Given(topic, "1"),
            new Given(topic, "2") { Headers = [new("correlation-id", "999")] },
            new Given(topic, "3") { Headers = [new("correlation-id", "x")] },
            new Given(topic, "42") { Headers = [new("correlation-id", id)] },
            new Given(topic, "43") { Headers = [new("correlation-id", id)] });
        await Peer.ReplyAsync(publish, Published(1));
        Assert.Equal(42, await asking.WaitAsync(Patience.Limit));

        // The next one finds the way open.
        asking = Topics.RequestAsync<string, long>("sum", "again?").AsTask();
        publish = await Peer.ReadAsync(Opcode.TopicPublish);
        await Peer.ReplyAsync(publish, Published(0, 1));
        string second = new NexoHeaders(publish.HeaderBlock)["correlation-id"]!;
        Assert.NotEqual(id, second);
        await PushAsync(Peer, inbox, new Given(topic, "many") { Headers = [new("correlation-id", second)] });
        await RefusedAsync(asking, ClientErrorCode.ValueUnreadable);
    }

    [Fact]
    public async Task A_request_that_nobody_gets_fails_at_once()
    {
        Task<string> asking = Topics.RequestAsync<string, string>("q", "x", TimeSpan.FromMinutes(1)).AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicSubscribe));
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicPublish), Published(0));
        NexoException error = await RefusedAsync(asking, ClientErrorCode.NoReceivers);
        Assert.Equal(("NoReceivers", true), (error.CodeName, error.Retryable));
    }

    [Fact]
    public async Task A_request_without_a_reply_ends_at_its_deadline_and_a_cancelled_one_at_once()
    {
        Task<string> asking = Topics.RequestAsync<string, string>("q", "x", TimeSpan.FromMilliseconds(300)).AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicSubscribe));
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicPublish), Published(1));
        Assert.False((await RefusedAsync(asking, ClientErrorCode.DeadlineExceeded)).Retryable);
        using var cancel = new CancellationTokenSource();
        asking = Topics.RequestAsync<string, string>("q", "x", TimeSpan.FromHours(1), null, cancel.Token).AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicPublish), Published(1));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(Patience.Limit));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Topics.RequestAsync<string, string>("q", "x", TimeSpan.Zero).AsTask());
    }

    [Fact]
    public async Task A_request_that_could_not_be_sent_says_so_and_may_be_tried_again()
    {
        await using var unreachable = new NexoClient(new NexoClientOptions { Url = "nexo://127.0.0.1:1" });
        TimeSpan soon = TimeSpan.FromMilliseconds(200);
        NexoException error = await RefusedAsync(
            unreachable.Topics.RequestAsync<string, string>("q", "x", soon).AsTask(), ClientErrorCode.DeadlineExceeded);
        Assert.True(error.Retryable, error.Message);
        Assert.DoesNotContain("worked on", error.Message, StringComparison.Ordinal);
        error = await RefusedAsync(
            unreachable.Queue<string>("q").RequestAsync<string>("x", soon).AsTask(), ClientErrorCode.DeadlineExceeded);
        Assert.True(error.Retryable, error.Message);
    }

    [Fact]
    public async Task An_inbox_that_could_not_be_opened_or_was_ended_is_opened_by_the_next_request()
    {
        Task<string> asking = Topics.RequestAsync<string, string>("q", "x").AsTask();
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.TopicSubscribe), ErrorCode.TooManyFilters);
        await RefusedAsync(asking, ErrorCode.TooManyFilters);
        asking = Topics.RequestAsync<string, string>("q", "x").AsTask();
        ReceivedFrame inbox = await Peer.ReadAsync(Opcode.TopicSubscribe);
        await Peer.ReplyAsync(inbox);
        await Peer.FailAsync(await Peer.ReadAsync(Opcode.TopicPublish), ErrorCode.TopicInvalid);
        await RefusedAsync(asking, ErrorCode.TopicInvalid);
        await EndAsync(Peer, inbox, ErrorCode.SlowConsumer);
        await SettledAsync();
        asking = Topics.RequestAsync<string, string>("q", "x").AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicSubscribe));
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicPublish), Published(0));
        await RefusedAsync(asking, ClientErrorCode.NoReceivers);
    }

    [Fact]
    public async Task A_request_under_way_ends_with_its_client_and_later_ones_are_refused()
    {
        Task<string> asking = Topics.RequestAsync<string, string>("q", "x", TimeSpan.FromMinutes(1)).AsTask();
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicSubscribe));
        await Peer.ReplyAsync(await Peer.ReadAsync(Opcode.TopicPublish), Published(1));
        Task<string> unconfirmed = Topics.RequestAsync<string, string>("q", "x", TimeSpan.FromMinutes(1)).AsTask();
        await Peer.ReadAsync(Opcode.TopicPublish);
        await Client.DisposeAsync();
        await RefusedAsync(asking, ClientErrorCode.ClientClosed);
        await RefusedAsync(unconfirmed, ClientErrorCode.ClientClosed);
        await RefusedAsync(Topics.RequestAsync<string, string>("q", "x").AsTask(), ClientErrorCode.ClientClosed);
    }

    [Fact]
    public async Task A_reply_goes_where_the_request_says_without_confirmation()
    {
        (TopicSubscription<string> subscription, ReceivedFrame subscribe) = await OpenAsync(null, "q");
        await PushAsync(
            Peer,
            subscribe,
            new Given("q", "ask") { Headers = [new("reply-to", "$inbox/me"), new("correlation-id", "7")] },
            new Given("q", "ask") { Headers = [new("reply-to", "r")] },
            new Given("q", "tell"));
        IAsyncEnumerator<TopicMessage<string>> messages = subscription.ReadAllAsync().GetAsyncEnumerator();
        await (await NextAsync(messages)).ReplyAsync(42);
        ReceivedFrame reply = await ReadPastAsync(Opcode.Credit, Opcode.TopicPublish);
        Assert.Equal((FrameKind.Notice, "7"), (reply.Header.Kind, new NexoHeaders(reply.HeaderBlock)["correlation-id"]));
        Assert.True(TopicPublishRequest.TryRead(reply.Body, out TopicPublishRequest request));
        Assert.Equal(("$inbox/me", "42"), (request.Message.Topic.Text(), request.Message.Body.Text()));
        await (await NextAsync(messages)).ReplyAsync("x");
        reply = await ReadPastAsync(Opcode.Credit, Opcode.TopicPublish);
        Assert.True(TopicPublishRequest.TryRead(reply.Body, out request));
        Assert.Equal(("r", 0), (request.Message.Topic.Text(), reply.HeaderBlock.Length));
        TopicMessage<string> told = await NextAsync(messages);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await told.ReplyAsync("x"));
    }
}
