using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Topics;

/// <summary>The SDK's topics against a real server.</summary>
public sealed class SdkTopicTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _over = new(Patience);
    private TestServer _server = null!;
    private NexoClient _client = null!;

    private NexoTopics Topics => _client.Topics;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await NexoClient.ConnectAsync(_server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task What_is_published_comes_to_each_subscription_once_and_in_its_order()
    {
        await using NexoClient other = await NexoClient.ConnectAsync(_server.Url);
        TopicSubscription<int> mine = await Topics.OpenSubscriptionAsync<int>(["n/+", "n/#", "n/1"]);
        TopicSubscription<int> theirs = await other.Topics.OpenSubscriptionAsync<int>("n/#");
        const int Messages = 5_000;
        for (int i = 0; i < Messages; i++)
        {
            if (i % 100 == 0)
            {
                TopicPublishResult result = await Topics.PublishAsync("n/1", i, new() { Headers = [new("h", "v")] });
                Assert.Equal(new TopicPublishResult(2, 0), result);
            }
            else
            {
                await Topics.PostAsync("n/1", i);
            }
        }

        foreach (TopicSubscription<int> subscription in new[] { mine, theirs })
        {
            int next = 0;
            await foreach (TopicMessage<int> message in subscription.ReadAllAsync(_over.Token))
            {
                Assert.Equal(("n/1", next, true), (message.Topic, message.Body, message.Gap.IsNone));
                Assert.Equal(next % 100 == 0 ? "v" : null, message.Headers["h"]);
                if (++next == Messages)
                {
                    break;
                }
            }

            await subscription.DisposeAsync();
        }

        await Poll.UntilAsync(() => Topics.PublishAsync("n/1", 0).AsTask().GetAwaiter().GetResult().Receivers == 0);
    }

    [Fact]
    public async Task A_batch_is_published_and_each_message_answered()
    {
        await using TopicSubscription<string> subscription = await Topics.OpenSubscriptionAsync<string>("b/#");
        IReadOnlyList<TopicPublishItem> items = await Topics.PublishBatchAsync<string>(
            [new("b/1", "one"), new("b/+", "no"), new("c", "nobody")]);
        Assert.Equal(
            [(ErrorCode.None, 1), (ErrorCode.TopicInvalid, 0), (ErrorCode.None, 0)],
            items.Select(item => (item.Error, item.Receivers)));
        Assert.Equal("one", (await FirstAsync(subscription)).Body);
    }

    [Fact]
    public async Task What_is_wrong_is_refused_with_a_typed_error()
    {
        Assert.Equal(ErrorCode.TopicInvalid, await CodeAsync(Topics.PublishAsync("a/#", "x").AsTask()));
        Assert.Equal(ErrorCode.TopicInvalid, await CodeAsync(Topics.PublishAsync("$sys/a", "x").AsTask()));
        Assert.Equal(ErrorCode.TopicInvalid, await CodeAsync(Topics.PublishAsync(new string('a', 2_000), "x").AsTask()));
        Assert.Equal(ErrorCode.FilterInvalid, await CodeAsync(Topics.OpenSubscriptionAsync<string>("a/#/b").AsTask()));
        Assert.Equal(ErrorCode.FilterInvalid, await CodeAsync(Topics.OpenSubscriptionAsync<string>("$inbox/+").AsTask()));
        await using TopicSubscription<string> subscription = await Topics.OpenSubscriptionAsync<string>("a");
        Assert.Equal(ErrorCode.FilterInvalid, await CodeAsync(subscription.AddAsync(["b", "a+"]).AsTask()));
        Assert.Equal(["a"], subscription.Filters);
        Assert.Equal(0, (await Topics.PublishAsync("b", "x")).Receivers);
    }

    [Fact]
    public async Task Unconfirmed_publishes_that_fail_are_reported()
    {
        List<(long, ErrorCode)> failed = [];
        Topics.PublishFailed += (_, args) =>
        {
            Thread.Sleep(50);
            failed.Add((args.Count, args.Error.Code));
        };
        for (int i = 1; i <= 3; i++)
        {
            await Topics.PostAsync("not/#/valid", "x");
            await Topics.PostAsync("valid", "x");
            await Topics.FlushAsync(_over.Token);

            // However late the handler is.
            Assert.Equal(Enumerable.Repeat((1L, ErrorCode.TopicInvalid), i), failed);
        }
    }

    [Fact]
    public async Task Filters_come_and_go_while_it_is_open()
    {
        await using TopicSubscription<string> subscription = await Topics.OpenSubscriptionAsync<string>("a");
        await subscription.AddAsync("b/+");
        Assert.Equal(1, (await Topics.PublishAsync("b/1", "b")).Receivers);
        await subscription.RemoveAsync("a");
        Assert.Equal(0, (await Topics.PublishAsync("a", "a")).Receivers);
        Assert.Equal("b", (await FirstAsync(subscription)).Body);
        await subscription.RemoveAsync("b/+");
        Assert.Empty(subscription.Filters);
        Assert.Equal(0, (await Topics.PublishAsync("b/1", "b")).Receivers);
        await subscription.AddAsync("c");
        Assert.Equal(1, (await Topics.PublishAsync("c", "c")).Receivers);
    }

    [Fact]
    public async Task Retained_messages_come_first_are_listed_and_cleared()
    {
        var retain = new TopicPublishOptions { Retain = true, Headers = [new("h", "v")] };
        for (int i = 0; i < 300; i++)
        {
            await Topics.PublishAsync($"r/{i:000}", $"value {i}", retain);
        }

        await Topics.PublishAsync("r/soon", "x", new() { Retain = true, Ttl = TimeSpan.FromHours(1) });
        Assert.Equal("value 7", (await Topics.Retained.GetAsync<string>("r/007"))!.Body);
        Assert.Null(await Topics.Retained.GetAsync<string>("none"));
        List<RetainedMessage<string>> all = await Topics.Retained.ListAsync<string>("r/#").ToListAsync(_over.Token);
        Assert.Equal((301, "r/000", "v"), (all.Count, all[0].Topic, all[0].Headers["h"]));
        Assert.InRange(all[^1].ExpiresAt!.Value - all[^1].SetAt, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));

        await using TopicSubscription<string> subscription = await Topics.OpenSubscriptionAsync<string>("r/#");
        await Topics.PublishAsync("r/live", "now");
        int retained = 0;
        await foreach (TopicMessage<string> message in subscription.ReadAllAsync(_over.Token))
        {
            if (message.Topic == "r/live")
            {
                Assert.False(message.IsRetained);
            }
            else
            {
                Assert.True(message.IsRetained);
                retained++;
            }

            if (retained == 301)
            {
                break;
            }
        }

        await using TopicSubscription<string> without =
            await Topics.OpenSubscriptionAsync<string>("r/#", new() { Retained = false });
        await Topics.PublishAsync("r/000", string.Empty, new() { Retain = true });
        Assert.Equal(string.Empty, (await FirstAsync(without)).Body);
        Assert.Equal(300, await Topics.Retained.ClearAsync("r/#"));
        Assert.Empty(await Topics.Retained.ListAsync<string>().ToListAsync(_over.Token));
    }

    [Fact]
    public async Task A_group_shares_messages_and_who_wants_none_of_his_own_gets_none()
    {
        await using NexoClient other = await NexoClient.ConnectAsync(_server.Url);
        await using TopicSubscription<int> one = await Topics.OpenSubscriptionAsync<int>("$share/g/jobs/+");
        await using TopicSubscription<int> two = await other.Topics.OpenSubscriptionAsync<int>("$share/g/jobs/+");
        await using TopicSubscription<int> notOwn =
            await Topics.OpenSubscriptionAsync<int>("jobs/#", new() { NotOwn = true });
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(1, (await Topics.PublishAsync("jobs/1", i)).Receivers);
        }

        Assert.Equal(2, (await other.Topics.PublishAsync("jobs/1", 100)).Receivers);
        Assert.Equal(100, (await FirstAsync(notOwn)).Body);
        List<int> all = [];
        Task[] readers = [.. new[] { one, two }.Select(async subscription =>
        {
            await foreach (TopicMessage<int> message in subscription.ReadAllAsync(_over.Token))
            {
                lock (all)
                {
                    all.Add(message.Body);
                }
            }
        })];
        await Poll.UntilAsync(() =>
        {
            lock (all)
            {
                return all.Count == 101;
            }
        });
        await one.DisposeAsync();
        await two.DisposeAsync();
        await Task.WhenAll(readers);
        Assert.Equal(Enumerable.Range(0, 101), all.Order());
    }

    [Fact]
    public async Task A_slow_reader_misses_messages_and_is_told_how_many()
    {
        var options = new TopicSubscribeOptions { BufferMessages = 10, OutboxBytes = 10_000 };
        await using TopicSubscription<int> slow = await Topics.OpenSubscriptionAsync<int>("s", options);
        await using TopicSubscription<int> quick = await Topics.OpenSubscriptionAsync<int>("s");
        const int Messages = 2_000;
        for (int i = 0; i < Messages; i++)
        {
            await Topics.PublishAsync("s", i);
        }

        int seen = 0;
        await foreach (TopicMessage<int> message in quick.ReadAllAsync(_over.Token))
        {
            Assert.Equal(seen, message.Body);
            if (++seen == Messages)
            {
                break;
            }
        }

        int next = 0;
        long missed = 0;
        await foreach (TopicMessage<int> message in slow.ReadAllAsync(_over.Token))
        {
            Assert.Equal(next + message.MissedBefore, message.Body);
            missed += message.MissedBefore;
            next = message.Body + 1;
            if (next == Messages)
            {
                break;
            }
        }

        Assert.InRange(missed, 1_000, Messages);
        Assert.Equal(missed, slow.Missed);

        TopicSubscription<int> ended = await Topics.OpenSubscriptionAsync<int>("e", options with { WhenSlow = SlowPolicy.End });
        for (int i = 0; i < Messages; i++)
        {
            await Topics.PublishAsync("e", i);
        }

        Assert.Equal(ErrorCode.SlowConsumer, await CodeAsync(ended.Completion));
    }

    [Fact]
    public async Task A_question_is_answered_one_that_nobody_hears_fails_at_once_and_inboxes_are_private()
    {
        await using NexoClient asker = await NexoClient.ConnectAsync(_server.Url);
        Assert.Equal(
            ClientErrorCode.NoReceivers, await CodeAsync(asker.Topics.RequestAsync<int, int>("double", 1).AsTask()));
        await using TopicSubscription answering = await Topics.SubscribeAsync<int>(
            "double", (message, cancel) => message.ReplyAsync(2 * message.Body, cancel));
        int[] answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => asker.Topics.RequestAsync<int, int>("double", i).AsTask()));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => 2 * i), answers);

        await using TopicSubscription silent = await Topics.SubscribeAsync<int>("silent", (_, _) => ValueTask.CompletedTask);
        Assert.Equal(
            ClientErrorCode.DeadlineExceeded,
            await CodeAsync(asker.Topics.RequestAsync<int, int>("silent", 1, TimeSpan.FromMilliseconds(200)).AsTask()));
        Assert.DoesNotContain(
            await Topics.ListTopicsAsync().ToListAsync(_over.Token),
            topic => topic.Topic.StartsWith("$inbox", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_will_is_published_when_the_client_is_lost_and_not_when_it_goes()
    {
        await using TopicSubscription<string> wills = await Topics.OpenSubscriptionAsync<string>("presence/#");
        NexoClient leaving = await NexoClient.ConnectAsync(_server.Url);
        await leaving.Topics.SetWillAsync("presence/leaving", "gone");
        await leaving.DisposeAsync();
        NexoClient cleared = await NexoClient.ConnectAsync(_server.Url);
        await cleared.Topics.SetWillAsync("presence/cleared", "gone");
        Assert.True(await cleared.Topics.ClearWillAsync());
        Assert.False(await cleared.Topics.ClearWillAsync());
        await using var relay = new CutRelay(_server.Port);
        await using NexoClient lost = await NexoClient.ConnectAsync(relay.Url);
        await lost.Topics.SetWillAsync("presence/lost", "gone");
        await cleared.DisposeAsync();

        // For good: one that is back at once may be back before anybody has seen that it was gone.
        await relay.DisposeAsync();
        Assert.Equal("presence/lost", (await FirstAsync(wills)).Topic);
    }

    [Fact]
    public async Task A_subscription_and_a_will_live_on_over_a_lost_connection()
    {
        await using var relay = new CutRelay(_server.Port);
        await using NexoClient client = await NexoClient.ConnectAsync(relay.Url);
        await using TopicSubscription<string> subscription = await client.Topics.OpenSubscriptionAsync<string>(["a", "b"]);
        await subscription.AddAsync("c");
        await subscription.RemoveAsync("a");
        await client.Topics.SetWillAsync("w", "gone", new() { Delay = TimeSpan.FromMinutes(5) });
        relay.Cut();

        // The server may not know yet that the old connection is gone: what it gives to that is lost.
        Task<TopicMessage<string>> again = FirstAsync(subscription);
        while (!again.IsCompleted)
        {
            await Topics.PublishAsync("c", "again", null, _over.Token);
            await Task.WhenAny(again, Task.Delay(20, _over.Token));
        }

        Assert.Equal(("again", new TopicGap(0, true)), ((await again).Body, (await again).Gap));
        await Poll.UntilAsync(() => Topics.StatsAsync().AsTask().GetAwaiter().GetResult().Subscriptions == 1);
        Assert.Equal((0, 1), ((await Topics.PublishAsync("a", "x")).Receivers, (await Topics.PublishAsync("b", "x")).Receivers));
        await Poll.UntilAsync(() => Topics.StatsAsync().AsTask().GetAwaiter().GetResult().Wills == 1);
    }

    [Fact]
    public async Task A_binding_feeds_a_queue()
    {
        await _client.Queue<string>("audit").DeclareAsync();
        var binding = new TopicBinding("audit", "orders/#", BindingTarget.Queue, "audit") { KeyByTopic = true };
        Assert.True(await Topics.Bindings.SetAsync(binding));
        Assert.False(await Topics.Bindings.SetAsync(binding));
        Assert.Equal(
            ErrorCode.BindingConflict,
            await CodeAsync(Topics.Bindings.SetAsync(binding with { Filter = "other" }).AsTask()));
        Assert.Equal(binding, await Topics.Bindings.DescribeAsync("audit"));
        Assert.Equal(new TopicPublishResult(0, 1), await Topics.PublishAsync("orders/1", "paid"));
        QueueDelivery<string> delivery = Assert.Single(await _client.Queue<string>("audit").PullAsync());
        Assert.Equal(("paid", "orders/1", "orders/1"), (delivery.Body, delivery.Headers["nexo-topic"], delivery.Group.ToString()));
        await _client.Queue<string>("audit").PauseAsync();
        Assert.Equal(ErrorCode.BindingRefused, await CodeAsync(Topics.PublishAsync("orders/2", "lost").AsTask()));
        Assert.Equal(
            [new("audit", "orders/#", BindingTarget.Queue, "audit", 1, 1)],
            await Topics.Bindings.ListAsync().ToListAsync(_over.Token));
        Assert.True(await Topics.Bindings.DeleteAsync("audit"));
        Assert.Null(await Topics.Bindings.DescribeAsync("audit"));
    }

    [Fact]
    public async Task Every_command_of_topics_is_reached_from_the_sdk()
    {
        await using var recorder = new OpcodeRecorder(_server);
        await using NexoClient client = await NexoClient.ConnectAsync(
            new NexoClientOptions { Url = recorder.Url, ClientName = "screen" });
        NexoTopics topics = client.Topics;
        await using TopicSubscription<string> subscription = await topics.OpenSubscriptionAsync<string>("t/+");
        await subscription.AddAsync("u");
        await topics.PublishAsync("t/1", "x", new() { Retain = true });
        await topics.PublishBatchAsync<string>([new("t/2", "y")]);
        await topics.SetWillAsync("w", "gone");
        Assert.True(await topics.ClearWillAsync());
        Assert.Equal(["t/1"], await topics.Retained.ListAsync<string>().Select(message => message.Topic).ToListAsync());
        Assert.Equal(1, await topics.Retained.ClearAsync("#"));
        List<TopicSummary> published = await topics.ListTopicsAsync("t/#").ToListAsync(_over.Token);
        Assert.Equal(
            [("t/1", 1L, 1L), ("t/2", 1L, 1L)],
            published.Select(topic => (topic.Topic, topic.Subscriptions, topic.Messages)).Order());
        Assert.All(published, topic => Assert.True(topic.Bytes > 0));
        TopicSubscriber subscriber = Assert.Single(await topics.ListSubscribersAsync("t/").ToListAsync(_over.Token));
        Assert.Equal(("screen", 2, 2L, 0L), (subscriber.Client, subscriber.Filters, subscriber.Delivered, subscriber.Dropped));
        TopicStats stats = await topics.StatsAsync();
        Assert.Equal(
            (1L, 2L, 1L, 2L, 2L),
            (stats.Subscriptions, stats.Filters, stats.WildcardFilters, stats.Published, stats.Delivered));
        await topics.Bindings.SetAsync(new TopicBinding("b", "t/#", BindingTarget.Queue, "q"));
        Assert.NotNull(await topics.Bindings.DescribeAsync("b"));
        Assert.Single(await topics.Bindings.ListAsync().ToListAsync(_over.Token));
        Assert.True(await topics.Bindings.DeleteAsync("b"));

        Assert.Empty(recorder.Missing(OpcodeFacts.IsTopic));
    }

    private async Task<TopicMessage<T>> FirstAsync<T>(TopicSubscription<T> subscription)
    {
        await foreach (TopicMessage<T> message in subscription.ReadAllAsync(_over.Token))
        {
            return message;
        }

        throw new InvalidOperationException("The subscription has ended.");
    }

    private static async Task<ErrorCode> CodeAsync(Task call) =>
        (await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience))).Code;
}
