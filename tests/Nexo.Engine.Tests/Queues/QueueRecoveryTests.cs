using Nexo.Engine.Memory;
using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueRecoveryTests
{
    [Fact]
    public void What_was_there_is_there_after_a_restart()
    {
        var log = new MemoryLog();
        var time = new ManualTime();
        using (var before = new QueueHarness(time: time, log: log))
        {
            before.Declare("q", new QueueOptionSet { LeaseMs = 7_000 });
            before.PushAll("a", new Pushing("later") { DelayMs = 500 }, new Pushing("short") { TtlMs = 300 }, "b");
            before.Push(new Pushing("g1") { Group = "g", Priority = 3, Headers = "h" });
            before.Push(new Pushing("g2") { Group = "g", Dedup = "d" });
            Delivered first = before.Pull(1)[0];
            Assert.Equal("g1", first.Body);
            before.Nack(first, QueueNack.Delay, 400, "reason");
            before.DeadLetter(before.Pull(1)[0], "dead");
            before.Queues.Pause("q"u8, QueuePausedParts.Pushes, out _);
        }

        time.Advance(100);
        using QueueHarness after = Recovered(log, time);
        Assert.Equal(QueuePausedParts.Pushes, after.Stats().Paused);
        after.ResumeQueue(QueuePausedParts.Pushes);
        Assert.Equal(["short", "b"], after.Pull().Select(message => message.Body));
        Assert.Equal([("a", "dead")], after.Dead().Select(dead => (dead.Body, dead.Reason)));
        after.Advance(300);
        Delivered again = Assert.Single(after.Pull());
        Assert.Equal(("g1", 2U, 3, "g", "h"), (again.Body, again.Attempt, again.Priority, again.Group, again.Headers));
        Assert.Equal(time.NowMs + 7_000, again.LeaseEndsAtMs);
        after.TryPush(new Pushing("g2") { Dedup = "d" }, out QueuePushResult duplicate);
        Assert.Equal((QueuePushOutcome.Duplicate, 6UL), (duplicate.Outcome, duplicate.MessageId));
        after.Advance(100);
        Assert.Equal(["later"], after.Pull().Select(message => message.Body));
        Assert.Equal(7UL, after.Push("new"));
    }

    [Fact]
    public void Leases_end_with_the_process_and_count_as_losses_not_failures()
    {
        var log = new MemoryLog();
        var time = new ManualTime();
        Delivered old;
        using (var before = new QueueHarness(time: time, log: log))
        {
            before.Declare("q", new QueueOptionSet { DeliveriesMax = 1 });
            before.Push("poison");
            old = Assert.Single(before.Pull());
        }

        for (int restart = 1; restart < 4; restart++)
        {
            using QueueHarness after = Recovered(log, time);
            Assert.Equal(QueueStatus.LeaseLost, after.Ack(old));
            Assert.Equal((uint)restart + 1, Assert.Single(after.Pull()).Attempt);
        }

        using QueueHarness last = Recovered(log, time);
        Assert.Empty(last.Pull());
        Assert.Equal(QueueDeadCause.ConsumerLost, Assert.Single(last.Dead()).Cause);
    }

    [Fact]
    public void Delays_and_lives_that_were_over_meanwhile_are_over_after_the_restart()
    {
        var log = new MemoryLog();
        var time = new ManualTime();
        using (var before = new QueueHarness(time: time, log: log))
        {
            before.Push(new Pushing("due") { DelayMs = 1_000 });
            before.Push(new Pushing("over") { TtlMs = 1_000 });
        }

        time.Advance(5_000);
        using QueueHarness after = Recovered(log, time);
        after.TickUntilIdle();
        Assert.Equal(["due"], after.Pull().Select(message => message.Body));
        Assert.Equal(["over"], after.Dead().Select(dead => dead.Body));
    }

    [Fact]
    public void Of_a_queue_in_memory_only_the_definition_is_left()
    {
        var log = new MemoryLog();
        using (var before = new QueueHarness(log: log))
        {
            before.Declare("q", new QueueOptionSet { Durability = QueueDurability.Memory, LeaseMs = 9_000 });
            before.PushAll("1", "2");
            before.Declare("was durable");
            before.Push("3", "was durable");
            before.Queues.Update("was durable"u8, 0, new QueueOptionSet { Durability = QueueDurability.Memory }, out _);
        }

        using QueueHarness after = Recovered(log);
        Assert.Equal(9_000, after.Declare("q").Definition!.Options.LeaseMs);
        Assert.Equal((0L, 0L), (after.Queues.Totals.Ready, after.Queues.Totals.MemoryBytes));
    }

    [Fact]
    public void A_message_that_was_to_move_moves_after_the_restart()
    {
        var log = new MemoryLog();
        using (var before = new QueueHarness(log: log))
        {
            before.Declare("q", new QueueOptionSet { DeadLetterQueue = "dead" });
            before.Push("1");
            before.DeadLetter(Assert.Single(before.Pull()), "reason");
            Assert.Single(before.Dead("dead"));
        }

        // The record of the move, and that of the target's definition, are lost.
        log.Cut(new Lsn(log.End.Value - 2));
        using QueueHarness after = Recovered(log);
        Assert.Empty(after.Dead());
        Assert.Equal(("1", "reason", "q"), Only(after.Dead("dead")));
    }

    [Fact]
    public void Numbers_of_queues_are_given_out_once()
    {
        var log = new MemoryLog();
        var kept = new RecordList();
        using (var before = new QueueHarness(log: log))
        {
            before.Push("1", "a");
            before.Push("1", "b");
            before.Queues.Delete("b"u8, false, false, out _, out _);
            Take(before, kept, log.End);
        }

        var next = new MemoryLog();
        using (var after = new QueueHarness())
        {
            QueueRecovery recovery = after.Queues.BeginRecovery();
            kept.Replay(recovery);
            recovery.Complete(next);
            after.Push("2", "b");
        }

        Assert.StartsWith("03000000", next.Hex()[0].Hex, StringComparison.Ordinal);
    }

    [Fact]
    public void A_queue_that_was_deleted_and_made_again_during_a_snapshot_is_the_new_one()
    {
        var log = new MemoryLog();
        using var before = new QueueHarness(log: log);
        before.Push("first");
        Lsn position = log.End;
        QueueSnapshot snapshot = before.Queues.BeginSnapshot(position);
        for (int i = 0; i < 3; i++)
        {
            before.Queues.Delete("q"u8, false, false, out _, out _);
            before.Push($"later {i}");
        }

        var kept = new RecordList();
        while (snapshot.MoveNext(kept))
        {
        }

        using QueueHarness after = Recovered(log, kept: kept, position: position);
        Assert.Equal(["later 2"], after.Pull().Select(message => message.Body));
        Assert.Equal(1, after.Queues.Count);
    }

    [Fact]
    public void A_recovery_is_only_begun_before_anything_else()
    {
        using var harness = new QueueHarness();
        harness.Push("1");
        Assert.Throws<InvalidOperationException>(() => harness.Queues.BeginRecovery());
        using var logged = new QueueHarness(log: new MemoryLog());
        Assert.Throws<InvalidOperationException>(() => logged.Queues.BeginRecovery());
    }

    /// <summary>The state after any prefix of the log is one that the queues were in, and going on from there works.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_any_prefix_of_the_log_the_queues_are_whole(int seed)
    {
        var log = new MemoryLog();
        var time = new ManualTime();
        List<(string Picture, long NowMs)> states = [];
        using (var before = new QueueHarness(time: time, log: log))
        {
            var workload = new QueueWorkload(before, seed);
            for (int step = 0; step < 300; step++)
            {
                workload.Step();
                while ((ulong)states.Count <= log.End.Value)
                {
                    // Of a step with more than one record only the state after the last is known.
                    bool known = (ulong)states.Count == log.End.Value;
                    states.Add((known ? QueueWorkload.Picture(before) : "", time.NowMs));
                }
            }
        }

        for (ulong records = 0; records <= log.End.Value; records++)
        {
            (string expected, long now) = states[(int)records];
            var then = new ManualTime();
            then.Advance(now - then.NowMs);
            using QueueHarness after = Recovered(log, then, end: new Lsn(records), attach: false);
            after.Queues.Check();
            after.TickUntilIdle();
            if (expected.Length > 0)
            {
                Assert.Equal(expected, QueueWorkload.Picture(after));
            }

            if (records % 7 == 0)
            {
                var workload = new QueueWorkload(after, (int)records);
                for (int step = 0; step < 20; step++)
                {
                    workload.Step();
                }
            }
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public void A_snapshot_taken_while_the_queues_work_and_the_log_behind_it_make_the_same_state(int seed)
    {
        var log = new MemoryLog();
        var time = new ManualTime();
        var kept = new RecordList();
        using var before = new QueueHarness(time: time, log: log);
        var workload = new QueueWorkload(before, seed);
        for (int step = 0; step < 400; step++)
        {
            workload.Step();
        }

        Lsn position = log.End;
        QueueSnapshot snapshot = before.Queues.BeginSnapshot(position);
        while (snapshot.MoveNext(kept))
        {
            workload.Step();
            workload.Step();
        }

        for (int step = 0; step < 50; step++)
        {
            workload.Step();
        }

        using QueueHarness after = Recovered(log, time, kept: kept, position: position, attach: false);
        after.TickUntilIdle();
        Assert.Equal(QueueWorkload.Picture(before), QueueWorkload.Picture(after));
        using QueueHarness whole = Recovered(log, time, attach: false);
        whole.TickUntilIdle();
        Assert.Equal(QueueWorkload.Picture(before), QueueWorkload.Picture(whole));
        Assert.True(kept.Count > 10, $"{kept.Count} records");
    }

    [Fact]
    public void A_hundred_thousand_delayed_messages_survive_a_restart_and_come_on_time()
    {
        const int Messages = 100_000;
        var log = new MemoryLog(32 * 1_024 * 1_024);
        var time = new ManualTime();
        var random = new Random(9);
        using (var before = new QueueHarness(new QueueLimits(), time, log))
        {
            var work = new QueueWork();
            for (int i = 0; i < Messages; i++)
            {
                var message = new QueueMessage { DelayMs = 1 + random.Next(100_000), Body = "b"u8 };
                Assert.Equal(QueueStatus.Ok, before.Queues.Push("q"u8, message, work, out _));
            }
        }

        using var after = new QueueHarness(new QueueLimits(), time);
        QueueRecovery recovery = after.Queues.BeginRecovery();
        log.Replay(default, recovery);
        recovery.Complete(new MemoryLog());
        long ready = 0;
        for (int i = 1; i <= 10; i++)
        {
            after.Advance(10_000);
            QueueStats stats = after.Stats();
            Assert.InRange(stats.Ready - ready, (Messages / 10) - 1_000, (Messages / 10) + 1_000);
            Assert.All(after.Peek(QueuePart.Delayed, limit: 10), message => Assert.True(message.VisibleAtMs > time.NowMs));
            ready = stats.Ready;
        }

        Assert.Equal(Messages, ready);
    }

    private static (string Body, string Reason, string Source) Only(List<Kept> dead)
    {
        Kept kept = Assert.Single(dead);
        return (kept.Body, kept.Reason, kept.Source);
    }

    private static void Take(QueueHarness harness, RecordList kept, Lsn position)
    {
        QueueSnapshot snapshot = harness.Queues.BeginSnapshot(position);
        while (snapshot.MoveNext(kept))
        {
        }
    }

    /// <summary>Queues as a start finds them; what they write goes to the same log.</summary>
    [Fact]
    public void What_was_recovered_is_not_asked_of_the_process_once_more()
    {
        var log = new MemoryLog();
        using (var before = new QueueHarness(log: log))
        {
            before.Declare("q");
            for (int i = 0; i < 500; i++)
            {
                before.Push(new Pushing(new string('m', 1_000)) { DelayMs = 1_000_000 });
            }
        }

        var cap = new MemoryCap(10_000_000);
        using var after = new QueueHarness(new QueueLimits { Shards = 1, Tuning = QueueHarness.Tiny, Cap = cap });
        QueueRecovery recovery = after.Queues.BeginRecovery();
        log.Replay(default, recovery);
        recovery.Complete(log);
        cap.Set(room: 50_000, cacheRoom: 0, isNear: true, isReached: false);
        Assert.Equal(QueueStatus.Ok, after.TryPush(new Pushing("one more"), out _));
        Assert.InRange(cap.Room, 0, 50_000);
    }

    private static QueueHarness Recovered(
        MemoryLog log,
        ManualTime? time = null,
        RecordList? kept = null,
        Lsn position = default,
        Lsn? end = null,
        bool attach = true)
    {
        var harness = new QueueHarness(time: time);
        QueueRecovery recovery = harness.Queues.BeginRecovery();
        kept?.Replay(recovery);
        log.Replay(position, end is null ? recovery : new Prefix(recovery, end.Value));
        recovery.Complete(attach ? log : null);
        return harness;
    }

    private sealed class Prefix(IRecordSink target, Lsn end) : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            if (lsn <= end)
            {
                target.OnRecord(lsn, kind, payload);
            }
        }
    }
}
