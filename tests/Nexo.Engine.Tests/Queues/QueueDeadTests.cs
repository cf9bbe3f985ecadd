using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueDeadTests
{
    [Fact]
    public void A_dead_letter_keeps_all_that_is_known_of_it_and_is_not_delivered()
    {
        using var harness = new QueueHarness();
        long pushed = harness.Time.NowMs;
        harness.Push(new Pushing("body") { Priority = 2, Group = "g", Headers = "h" });
        harness.Advance(10);
        harness.DeadLetter(Assert.Single(harness.Pull()), "no such order");
        Assert.Empty(harness.Pull());
        Kept expected = new(1, "body", 1, 0, QueueDeadCause.Rejected, "q", "no such order", "g", "h")
        {
            Priority = 2,
            EnqueuedAtMs = pushed,
            DiedAtMs = pushed + 10,
        };
        Assert.Equal(expected, Assert.Single(harness.Dead()));
        QueueStats stats = harness.Stats();
        Assert.Equal((1L, 0L, 1L, 0L), (stats.Dead, stats.MessageBytes, stats.DeadLettered, stats.Groups));
    }

    [Fact]
    public void Dead_letters_rest_in_the_target_which_is_made_if_it_is_not_there()
    {
        using var harness = new QueueHarness(new QueueLimits { AutoCreate = false });
        harness.Declare("q", new QueueOptionSet { DeadLetterQueue = "nexo.dead", MessagesMax = 3, WhenFull = QueueWhenFull.DeadLetter });
        harness.PushAll("rejected", new Pushing("expired") { TtlMs = 100 }, "waits", "full");
        harness.DeadLetter(harness.Pull(1)[0], "reason");
        harness.Advance(100);
        Assert.Empty(harness.Dead());
        Assert.Equal(
            [("full", "q", "", 1UL), ("rejected", "q", "reason", 2), ("expired", "q", "", 3)],
            harness.Dead("nexo.dead").Select(dead => (dead.Body, dead.Source, dead.Reason, dead.Id)));
        Assert.Equal(3, harness.Stats().DeadLettered);
        Assert.Empty(harness.Pull(queue: "nexo.dead"));
    }

    [Fact]
    public void Without_room_in_the_log_what_is_dying_stays_until_there_is_some()
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(log: log);
        harness.Declare("q", new QueueOptionSet { DeadLetterQueue = "dead" });
        harness.Declare("dead");
        harness.Push("1");
        Delivered message = Assert.Single(harness.Pull());
        log.Room = LogRoom.Full;
        Assert.Equal(QueueStatus.Ok, harness.DeadLetter(message));
        Assert.Empty(harness.Dead());
        Assert.Empty(harness.Dead("dead"));
        Assert.Equal(1, harness.Stats().Dead);
        log.Room = LogRoom.Ok;
        harness.Queues.Tick();
        Assert.Equal("q", Assert.Single(harness.Dead("dead")).Source);
        Assert.Equal(0, harness.Stats().Dead);
    }

    [Fact]
    public void What_dies_stays_if_its_target_cannot_be_made()
    {
        using var harness = new QueueHarness(new QueueLimits { QueuesMax = 1 });
        harness.Declare("q", new QueueOptionSet { DeadLetterQueue = "dead" });
        harness.Push("1");
        harness.DeadLetter(Assert.Single(harness.Pull()));
        Assert.Equal("1", Assert.Single(harness.Dead()).Body);
    }

    [Fact]
    public void Redriven_messages_are_new_ones_in_the_queue_that_they_came_from()
    {
        using var harness = new QueueHarness();
        harness.Declare("a", new QueueOptionSet { DeadLetterQueue = "dead" });
        harness.Declare("b", new QueueOptionSet { DeadLetterQueue = "dead", Priorities = 1 });
        foreach (string queue in (string[])["a", "b", "a", "b", "a"])
        {
            harness.Push(new Pushing($"from {queue}") { Group = "g", Headers = "h" }, queue);
            harness.DeadLetter(Assert.Single(harness.Pull(queue: queue)), "reason", queue);
        }

        QueueDeadJob job = Begin(harness, QueueDeadAction.Redrive, queue: "dead");
        Assert.Equal((5L, QueueStatus.Ok), Run(job));
        Assert.Empty(harness.Dead("dead"));
        Assert.Equal([4UL, 5, 6], harness.Peek(QueuePart.Ready, "a").Select(message => message.Id));
        Delivered first = harness.Pull(1, "b")[0];
        Assert.Equal(("from b", 1U, "g", "h", 3UL), (first.Body, first.Attempt, first.Group, first.Headers, first.Id));
        Assert.Equal("", harness.Peek(QueuePart.Leased, "b")[0].Reason);
    }

    [Fact]
    public void A_redrive_goes_to_a_target_and_ends_when_it_is_full_paused_or_gone()
    {
        using var harness = Buried("1", "2", "3");
        Assert.Equal(
            QueueStatus.NotFound,
            harness.Queues.BeginDead("q"u8, QueueDeadAction.Redrive, QueueDeadFilter.All, "none"u8, 0, out _));
        harness.Declare("t", new QueueOptionSet { MessagesMax = 2, Priorities = 2 });
        Assert.Equal((2L, QueueStatus.Full), Run(Begin(harness, QueueDeadAction.Redrive, target: "t")));
        Assert.Equal([1, 1], harness.Pull(queue: "t").Select(message => message.Priority));
        QueueDeadJob job = Begin(harness, QueueDeadAction.Redrive, target: "t");
        harness.Queues.Delete("t"u8, false, false, out _, out _);
        Assert.Equal((0L, QueueStatus.NotFound), Run(job));
        harness.Pause(QueuePausedParts.Pushes);
        Assert.Equal((0L, QueueStatus.Paused), Run(Begin(harness, QueueDeadAction.Redrive)));
        Assert.Single(harness.Dead());
    }

    [Fact]
    public void A_redrive_that_is_delivered_and_fails_at_once_comes_to_an_end()
    {
        using var harness = Buried([.. Enumerable.Range(0, 30).Select(i => $"{i}")]);
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(1_000);
        QueueDeadJob job = Begin(harness, QueueDeadAction.Redrive);
        var work = new QueueWork();
        int settled = 0;
        bool more = true;
        while (more)
        {
            more = job.MoveNext(7, work);
            work.Run();
            for (; settled < sink.All.Count; settled++)
            {
                harness.DeadLetter(sink.All[settled], "again");
            }
        }

        Assert.Equal(30, job.Done);
        Assert.Equal(30, harness.Dead().Count);
    }

    [Fact]
    public void Filters_choose_by_id_source_cause_reason_time_and_attempts()
    {
        using var harness = new QueueHarness();
        harness.Declare("src", new QueueOptionSet { DeadLetterQueue = "q" });
        harness.Declare("q");
        long start = harness.Time.NowMs;
        harness.PushAll("1", "2", new Pushing("3") { TtlMs = 10 });
        harness.Push("4", "src");
        List<Delivered> all = harness.Pull(2);
        harness.DeadLetter(all[0], "time-out at shop");
        harness.Advance(10);
        harness.Nack(all[1]);
        harness.DeadLetter(harness.Pull(1)[0], "shop is closed");
        harness.DeadLetter(harness.Pull(1, "src")[0], "", "src");
        Assert.Equal(4, Counted(harness, QueueDeadFilter.All));
        Assert.Equal(2, Counted(harness, new QueueDeadFilter { MessageIds = new HashSet<ulong> { 1, 3, 99 } }));
        Assert.Equal(1, Counted(harness, new QueueDeadFilter { Source = "src" }));
        Assert.Equal(3, Counted(harness, new QueueDeadFilter { Source = "q" }));
        Assert.Equal(1, Counted(harness, new QueueDeadFilter { Cause = QueueDeadCause.Expired }));
        Assert.Equal(2, Counted(harness, new QueueDeadFilter { ReasonContains = "shop" }));
        Assert.Equal(1, Counted(harness, new QueueDeadFilter { ToMs = start + 10 }));
        Assert.Equal(3, Counted(harness, new QueueDeadFilter { FromMs = start + 10 }));
        Assert.Equal(1, Counted(harness, new QueueDeadFilter { AttemptsMin = 2 }));
        var both = new QueueDeadFilter { ReasonContains = "shop", Cause = QueueDeadCause.Rejected, AttemptsMin = 2 };
        Assert.Equal((1L, QueueStatus.Ok), Run(Begin(harness, QueueDeadAction.Delete, both)));
        Assert.Equal(["1", "3", "4"], harness.Dead().Select(dead => dead.Body));
    }

    [Fact]
    public void Dead_letters_are_listed_in_pages_that_pass_over_what_is_not_meant()
    {
        using var harness = Buried([.. Enumerable.Range(1, 40).Select(i => $"{i}")]);
        var filter = new QueueDeadFilter { ReasonContains = "7" };
        List<string> seen = [];
        ulong after = 0;
        bool more = true;
        int pages = 0;
        while (more)
        {
            var sink = new KeptList();
            Assert.Equal(QueueStatus.Ok, harness.Queues.DeadList("q"u8, filter, after, 2, ref sink, out after, out more));
            seen.AddRange(sink.All.Select(dead => dead.Body));
            pages++;
        }

        Assert.Equal(["7", "17", "27", "37"], seen);
        Assert.InRange(pages, 40 / QueueHarness.Tiny.PageLooksMax, 13);
        var none = new KeptList();
        Assert.Equal(QueueStatus.InvalidArgument, harness.Queues.DeadList("q"u8, filter, 0, 0, ref none, out _, out _));
    }

    [Fact]
    public void A_page_that_is_full_is_followed_by_the_message_that_did_not_fit()
    {
        using var harness = Buried("1", "2", "3");
        var sink = new KeptList(room: 1);
        harness.Queues.DeadList("q"u8, QueueDeadFilter.All, 0, 10, ref sink, out ulong last, out bool more);
        Assert.Equal((1UL, true), (last, more));
        sink = new KeptList();
        harness.Queues.DeadList("q"u8, QueueDeadFilter.All, last, 10, ref sink, out last, out more);
        Assert.Equal((3UL, false), (last, more));
        Assert.Equal(["2", "3"], sink.All.Select(dead => dead.Body));
    }

    [Fact]
    public void Peeking_shows_messages_by_id_and_takes_none()
    {
        using var harness = new QueueHarness(
            new QueueLimits { Shards = 2, Tuning = QueueHarness.Tiny with { PageLooksMax = 30 + 1 } });
        harness.PushAll([.. Enumerable.Range(1, 30).Select(i => new Pushing($"{i}") { DelayMs = i % 2 * 1_000, Priority = i % 3 })]);
        Assert.Equal(15, harness.Peek(QueuePart.Ready).Count);
        Assert.Equal(["2", "4"], harness.Peek(QueuePart.Ready, limit: 2).Select(message => message.Body));
        Assert.Equal(["6", "8"], harness.Peek(QueuePart.Ready, after: 4, limit: 2).Select(message => message.Body));
        Assert.Equal(harness.Time.NowMs + 1_000, harness.Peek(QueuePart.Delayed)[0].VisibleAtMs);
        harness.Pull(1);
        Kept leased = Assert.Single(harness.Peek(QueuePart.Leased));
        Assert.Equal((1U, harness.Time.NowMs + 30_000), (leased.Attempts, leased.VisibleAtMs));
        var sink = new KeptList();
        harness.Queues.Peek("q"u8, QueuePart.Ready, 0, 14, ref sink, out _, out bool more);
        Assert.False(more);
        Assert.Equal(QueueStatus.InvalidArgument, harness.Queues.Peek("q"u8, QueuePart.None, 0, 1, ref sink, out _, out _));
        Assert.Equal(
            QueueStatus.InvalidArgument,
            harness.Queues.Peek("q"u8, QueuePart.Ready | QueuePart.Dead, 0, 1, ref sink, out _, out _));
        Assert.Equal(14, harness.Stats().Ready);
    }

    [Fact]
    public void A_page_of_a_peek_ends_after_a_bounded_number_of_looks_and_the_next_goes_on_behind_them()
    {
        using var harness = new QueueHarness();
        harness.PushAll([.. Enumerable.Range(1, 10).Select(i => new Pushing($"{i}") { DelayMs = i == 7 ? 1_000 : 0 })]);
        var sink = new KeptList();
        harness.Queues.Peek("q"u8, QueuePart.Delayed, 0, 10, ref sink, out ulong last, out bool more);
        Assert.Equal((5UL, true), (last, more));
        Assert.Empty(sink.All);

        harness.Queues.Peek("q"u8, QueuePart.Delayed, last, 10, ref sink, out last, out more);
        Assert.Equal((10UL, true), (last, more));
        Assert.Equal("7", Assert.Single(sink.All).Body);

        harness.Queues.Peek("q"u8, QueuePart.Delayed, last, 10, ref sink, out last, out more);
        Assert.Equal((10UL, false), (last, more));
    }

    [Fact]
    public void A_purge_removes_the_parts_that_are_named_and_leaves_what_is_leased()
    {
        using var harness = Buried("dead 1", "dead 2");
        harness.PushAll([.. Enumerable.Range(0, 30).Select(i => new Pushing($"{i}") { DelayMs = i % 3 * 100 })]);
        harness.Pull(2);
        Assert.Equal(QueueStatus.Ok, harness.Queues.Purge("q"u8, QueuePart.Ready | QueuePart.Dead, out long removed, out _));
        Assert.Equal(10, removed);
        QueueStats stats = harness.Stats();
        Assert.Equal((0L, 2L, 20L, 0L), (stats.Ready, stats.Leased, stats.Delayed, stats.Dead));
        Assert.Equal(QueueStatus.Ok, harness.Queues.Purge("q"u8, QueuePart.Delayed, out removed, out _));
        Assert.Equal(20, removed);
    }

    private static QueueHarness Buried(params string[] bodies)
    {
        var harness = new QueueHarness();
        foreach (string body in bodies)
        {
            harness.Push(new Pushing(body) { Priority = 7 });
            harness.DeadLetter(harness.Pull(1)[0], $"reason {body}");
        }

        return harness;
    }

    private static QueueDeadJob Begin(
        QueueHarness harness, QueueDeadAction action, QueueDeadFilter? filter = null, string target = "", string queue = "q")
    {
        Assert.Equal(
            QueueStatus.Ok,
            harness.Queues.BeginDead(
                QueueHarness.Bytes(queue),
                action,
                filter ?? QueueDeadFilter.All,
                QueueHarness.Bytes(target),
                0,
                out QueueDeadJob? job));
        return job!;
    }

    private static long Counted(QueueHarness harness, QueueDeadFilter filter) =>
        Run(Begin(harness, QueueDeadAction.Count, filter)).Done;

    private static (long Done, QueueStatus Status) Run(QueueDeadJob job)
    {
        var work = new QueueWork();
        while (job.MoveNext(3, work))
        {
            work.Run();
        }

        work.Run();
        return (job.Done, job.Status);
    }
}
