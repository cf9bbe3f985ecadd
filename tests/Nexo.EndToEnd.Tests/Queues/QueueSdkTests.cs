using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Queues;

public sealed class QueueSdkTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _over = new(Patience);
    private TestServer _server = null!;
    private NexoClient _client = null!;

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
    public async Task A_definition_is_declared_described_changed_listed_and_deleted()
    {
        NexoQueue<string> queue = _client.Queue<string>("orders");
        QueueDeclaration declared = await queue.DeclareAsync(
            new QueueOptions { Lease = TimeSpan.FromSeconds(10), DeliveriesMax = 3, Durability = Durability.Memory });
        Assert.True(declared.Created);
        Assert.False((await queue.DeclareAsync(new QueueOptions { DeliveriesMax = 3 })).Created);
        NexoException conflict = await Assert.ThrowsAsync<NexoException>(
            () => queue.DeclareAsync(new QueueOptions { DeliveriesMax = 4 }).AsTask());
        Assert.Equal(ErrorCode.QueueConflict, conflict.Code);

        QueueDefinition definition = await queue.DescribeAsync();
        Assert.Equal((TimeSpan.FromSeconds(10), 3, BackoffKind.Exponential), (definition.Options.Lease, definition.Options.DeliveriesMax, definition.Options.Backoff));
        QueueDefinition updated = await queue.UpdateAsync(new QueueOptions { DeliveriesMax = 9 }, definition.Revision);
        Assert.Equal((9, definition.Revision + 1), (updated.Options.DeliveriesMax!.Value, updated.Revision));
        conflict = await Assert.ThrowsAsync<NexoException>(
            () => queue.UpdateAsync(new QueueOptions { DeliveriesMax = 1 }, definition.Revision).AsTask());
        Assert.Equal(ErrorCode.QueueConflict, conflict.Code);
        NexoException range = await Assert.ThrowsAsync<NexoException>(
            () => queue.UpdateAsync(new QueueOptions { Lease = TimeSpan.FromSeconds(-1) }).AsTask());
        Assert.Equal(ErrorCode.InvalidArgument, range.Code);

        await _client.Queue("orders-old").DeclareAsync();
        Assert.Equal(["orders", "orders-old"], await NamesAsync("orders"));
        await _client.Queue("orders-old").DeleteAsync(QueueDeleteConditions.IfEmpty);
        Assert.Equal(["orders"], await NamesAsync("orders"));
        NexoException absent = await Assert.ThrowsAsync<NexoException>(
            () => _client.Queue("orders-old").DescribeAsync().AsTask());
        Assert.Equal(ErrorCode.QueueNotFound, absent.Code);
    }

    [Fact]
    public async Task What_is_pushed_comes_in_its_order_and_is_gone_when_it_is_acked()
    {
        NexoQueue<string> queue = _client.Queue<string>("emails");
        QueuePushResult first = await queue.PushAsync("low");
        Assert.Equal((PushOutcome.Accepted, 1ul), (first.Outcome, first.MessageId));
        await queue.PushAsync("high", new QueuePushOptions { Priority = 9, Headers = [new("kind", "welcome")] });
        IReadOnlyList<QueuePushItem> batch = await queue.PushBatchAsync(["a", "b"]);
        Assert.All(batch, item => Assert.True(item.IsPushed));
        QueuePushResult duplicate = await queue.PushAsync("once", new QueuePushOptions { DedupId = "x" });
        Assert.True((await queue.PushAsync("twice", new QueuePushOptions { DedupId = "x" })).IsDuplicate);

        List<string> seen = [];
        await foreach (QueueDelivery<string> delivery in queue.ConsumeAsync(cancellationToken: _over.Token))
        {
            seen.Add(delivery.Body);
            Assert.Equal(delivery.Body == "high" ? "welcome" : null, delivery.Headers["kind"]);
            await delivery.AckAsync();
            if (seen.Count == 5)
            {
                break;
            }
        }

        Assert.Equal(["high", "low", "a", "b", "once"], seen);
        QueueStats stats = await queue.StatsAsync();
        Assert.Equal((0, 0, 5, 5, 1), (stats.Ready, stats.Leased, stats.Pushed, stats.Acked, stats.Duplicates));
        Assert.Equal(5ul, duplicate.MessageId);
    }

    [Fact]
    public async Task A_failed_message_comes_again_and_a_settled_one_cannot_be_settled_again()
    {
        NexoQueue<string> queue = _client.Queue<string>("jobs");
        await queue.PushAsync("job");
        QueueDelivery<string> delivery = await PullAsync(queue);
        await delivery.NackAsync(TimeSpan.Zero, "not yet");
        delivery = await PullAsync(queue);
        Assert.Equal((2, true), (delivery.Attempt, delivery.Redelivered));
        Assert.True(await delivery.ExtendAsync(TimeSpan.FromMinutes(10)) > delivery.EnqueuedAt + TimeSpan.FromMinutes(5));
        await delivery.ReleaseAsync();
        delivery = await PullAsync(queue);
        await delivery.AckAsync();
        NexoException lost = await Assert.ThrowsAsync<NexoException>(() => delivery.AckAsync().AsTask());
        Assert.Equal(ErrorCode.LeaseLost, lost.Code);
        Assert.Empty(await queue.PullAsync());
        Assert.Empty(await queue.PullAsync(wait: TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public async Task A_loop_that_is_left_gives_its_messages_back_uncounted()
    {
        NexoQueue<string> queue = _client.Queue<string>("loop");
        await queue.PushBatchAsync(["a", "b", "c"]);
        await foreach (QueueDelivery<string> delivery in queue.ConsumeAsync(cancellationToken: _over.Token))
        {
            Assert.Equal("a", delivery.Body);
            break;
        }

        IReadOnlyList<QueueDelivery<string>> again = await queue.PullAsync(10);
        Assert.Equal(["a", "b", "c"], again.Select(delivery => delivery.Body));
        Assert.True((await queue.AckAsync(again)).IsComplete);
    }

    [Fact]
    public async Task Messages_that_were_taken_can_be_settled_after_the_consumption_has_ended()
    {
        NexoQueue<string> queue = _client.Queue<string>("drain");
        await queue.PushAsync("a");
        QueueDelivery<string>? taken = null;
        await foreach (QueueDelivery<string> delivery in queue.ConsumeAsync(new() { ReleaseAtEnd = false }, _over.Token))
        {
            taken = delivery;
            break;
        }

        await taken!.AckAsync();
        Assert.Equal(0, (await queue.StatsAsync()).Leased);
    }

    [Fact]
    public async Task A_request_gets_its_reply_and_one_that_nobody_answers_its_deadline()
    {
        NexoQueue<long> queue = _client.Queue<long>("square");
        await using NexoClient other = await NexoClient.ConnectAsync(_server.Url);
        Task working = Task.Run(async () =>
        {
            int answered = 0;
            await foreach (QueueDelivery<long> delivery in other.Queue<long>("square").ConsumeAsync(cancellationToken: _over.Token))
            {
                await delivery.ReplyAsync(delivery.Body * delivery.Body);
                await delivery.AckAsync();
                if (++answered == 100)
                {
                    break;
                }
            }
        });
        long[] replies = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(i => queue.RequestAsync<long>(i, Patience).AsTask()));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i * i), replies);
        await working;

        NexoException late = await Assert.ThrowsAsync<NexoException>(
            () => queue.RequestAsync<long>(5, TimeSpan.FromMilliseconds(100)).AsTask());
        Assert.Equal(ClientErrorCode.DeadlineExceeded, late.Code);
        Assert.Single(await NamesAsync("nexo.reply."));
    }

    [Fact]
    public async Task A_deleted_queue_ends_its_consumers_with_the_reason()
    {
        NexoQueue<string> queue = _client.Queue<string>("gone");
        await queue.DeclareAsync();
        Task<bool> moving = queue.ConsumeAsync().GetAsyncEnumerator(_over.Token).MoveNextAsync().AsTask();
        await Poll.UntilAsync(() => queue.StatsAsync().AsTask().GetAwaiter().GetResult().Consumers == 1);
        await queue.DeleteAsync();
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => moving.WaitAsync(Patience));
        Assert.Equal(ErrorCode.QueueNotFound, error.Code);
    }

    [Fact]
    public async Task A_paused_queue_takes_nothing_and_gives_nothing_until_it_is_resumed()
    {
        NexoQueue<string> queue = _client.Queue<string>("paused");
        await queue.PushAsync("a");
        await queue.PauseAsync();
        NexoException paused = await Assert.ThrowsAsync<NexoException>(() => queue.PushAsync("b").AsTask());
        Assert.Equal((ErrorCode.QueuePaused, true), (paused.Code, paused.Retryable));
        Assert.Empty(await queue.PullAsync());
        Assert.Equal(QueueFlow.Pushes | QueueFlow.Deliveries, (await queue.StatsAsync()).Paused);
        await queue.ResumeAsync();
        Assert.Equal("a", (await PullAsync(queue)).Body);
        Assert.Equal(0, await queue.PurgeAsync());
    }

    [Fact]
    public async Task Dead_letters_are_listed_redriven_and_deleted_with_their_reasons()
    {
        NexoQueue<string> queue = _client.Queue<string>("dying");
        await queue.DeclareAsync(new QueueOptions { DeliveriesMax = 1 });
        await queue.PushBatchAsync(["a", "b", "c", "d"], new QueuePushOptions { Headers = [new("kind", "test")] });
        IReadOnlyList<QueueDelivery<string>> pulled = await queue.PullAsync(4, Patience);
        await pulled[0].NackAsync(reason: "no route");
        await pulled[1].DeadLetterAsync("unknown customer");
        Assert.True((await queue.DeadLetterAsync([pulled[2], pulled[3]], "unknown order")).IsComplete);

        List<QueueDeadLetter<string>> letters = [];
        await foreach (QueueDeadLetter<string> letter in queue.DeadLetters.ListAsync())
        {
            letters.Add(letter);
        }

        Assert.Equal(
            [
                ("a", DeadCause.MaxDeliveries, "no route"),
                ("b", DeadCause.Rejected, "unknown customer"),
                ("c", DeadCause.Rejected, "unknown order"),
                ("d", DeadCause.Rejected, "unknown order"),
            ],
            letters.Select(letter => (letter.Body, letter.Cause, letter.Reason)));
        Assert.All(letters, letter => Assert.Equal(("dying", "test", 1L), (letter.Source, letter.Headers["kind"], letter.Attempts)));

        var rejected = new DeadLetterFilter { Cause = DeadCause.Rejected };
        Assert.Equal(3, await queue.DeadLetters.CountAsync(rejected));
        Assert.Equal(1, await queue.DeadLetters.DeleteAsync(DeadLetterFilter.Of(letters[3].MessageId)));
        Assert.Equal(2, await queue.DeadLetters.RedriveAsync(rejected, perSecond: 1_000));
        await _client.Queue("elsewhere").DeclareAsync();
        Assert.Equal(1, await queue.DeadLetters.RedriveAsync(to: "elsewhere"));
        Assert.Equal(0, await queue.DeadLetters.PurgeAsync());
        IReadOnlyList<QueueDelivery<string>> again = await queue.PullAsync(4, Patience);
        Assert.Equal([("b", 1), ("c", 1)], again.Select(delivery => (delivery.Body, delivery.Attempt)));
        Assert.Equal("a", (await PullAsync(_client.Queue<string>("elsewhere"))).Body);
    }

    [Fact]
    public async Task Peeking_shows_messages_where_they_lie_and_takes_none()
    {
        NexoQueue<string> queue = _client.Queue<string>("peeked");
        await queue.PushBatchAsync([.. Enumerable.Range(0, 250).Select(i => $"m{i}")]);
        await queue.PushAsync("later", new QueuePushOptions { Delay = TimeSpan.FromHours(1) });
        await PullAsync(queue);
        Assert.Equal([.. Enumerable.Range(1, 249).Select(i => $"m{i}")], await PeekAsync(queue, PeekWhich.Ready));
        Assert.Equal(["m0"], await PeekAsync(queue, PeekWhich.Leased));
        Assert.Equal(["later"], await PeekAsync(queue, PeekWhich.Delayed));
        Assert.Equal(1, (await queue.StatsAsync()).Delivered);
    }

    [Fact]
    public async Task A_schedule_is_set_pushes_is_described_listed_and_deleted()
    {
        var options = new ScheduleOptions { TimeZone = "Europe/Berlin", Priority = 2, Headers = [new("kind", "tick")] };
        Assert.True((await _client.Schedules.SetAsync("tick", "* * * * * *", "ticks", "tock", options)).Created);
        QueueDelivery<string> delivery = await PullAsync(_client.Queue<string>("ticks"));
        Assert.Equal(("tock", 2, "tick"), (delivery.Body, delivery.Priority, delivery.Headers["kind"]));
        Schedule<string> schedule = (await _client.Schedules.DescribeAsync<string>("tick"))!;
        Assert.Equal(("tick", "ticks", "tock", "Europe/Berlin"), (schedule.Summary.Name, schedule.Summary.Queue, schedule.Body, schedule.Options.TimeZone));
        Assert.Equal(options.Headers, schedule.Options.Headers);
        Assert.True(schedule.Runs.Tried >= 1);
        ScheduleSetResult disabled = await _client.Schedules.SetAsync("tick", "@hourly", "ticks", "tock", new() { Disabled = true });
        Assert.False(disabled.Created);
        List<ScheduleSummary> all = [];
        await foreach (ScheduleSummary one in _client.Schedules.ListAsync("t"))
        {
            all.Add(one);
        }

        Assert.True(Assert.Single(all).Disabled);
        NexoException bad = await Assert.ThrowsAsync<NexoException>(
            () => _client.Schedules.SetAsync("bad", "never", "ticks", "tock").AsTask());
        Assert.Equal(ErrorCode.ScheduleInvalid, bad.Code);
        Assert.True(await _client.Schedules.DeleteAsync("tick"));
        Assert.False(await _client.Schedules.DeleteAsync("tick"));
        Assert.Null(await _client.Schedules.DescribeAsync<string>("tick"));
    }

    private static async Task<List<string>> PeekAsync(NexoQueue<string> queue, PeekWhich which)
    {
        var bodies = new List<string>();
        await foreach (QueuedMessage<string> message in queue.PeekAsync(which))
        {
            bodies.Add(message.Body);
        }

        return bodies;
    }

    private static async Task<QueueDelivery<string>> PullAsync(NexoQueue<string> queue) =>
        Assert.Single(await queue.PullAsync(1, Patience));

    private async Task<List<string>> NamesAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (QueueSummary queue in _client.Queues.ListAsync(prefix))
        {
            names.Add(queue.Name);
        }

        return names;
    }
}
