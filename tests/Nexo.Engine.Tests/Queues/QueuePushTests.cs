using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueuePushTests
{
    [Fact]
    public void A_duplicate_is_a_success_with_the_first_messages_id_within_the_window_from_the_first()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { DedupWindowMs = 1_000 });
        Pushing message = new("1") { Dedup = "order 1" };
        Assert.Equal(QueuePushOutcome.Accepted, Outcome(harness, message, id: 1));
        harness.Ack(Assert.Single(harness.Pull()));
        harness.Advance(600);
        Assert.Equal(QueuePushOutcome.Duplicate, Outcome(harness, message with { Priority = 3 }, id: 1));
        Assert.Equal(QueuePushOutcome.Accepted, Outcome(harness, message with { Dedup = "order 2" }, id: 2));
        harness.Advance(399);
        Assert.Equal(QueuePushOutcome.Duplicate, Outcome(harness, message, id: 1));
        harness.Advance(1);
        Assert.Equal(QueuePushOutcome.Accepted, Outcome(harness, message, id: 3));
        Assert.Equal(2, harness.Stats().Duplicates);
        Assert.Equal(3, harness.Stats().Pushed);
    }

    [Fact]
    public void Without_a_window_dedup_ids_mean_nothing()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { DedupWindowMs = 0 });
        Assert.Equal(QueuePushOutcome.Accepted, Outcome(harness, new Pushing("1") { Dedup = "d" }, id: 1));
        Assert.Equal(QueuePushOutcome.Accepted, Outcome(harness, new Pushing("2") { Dedup = "d" }, id: 2));
    }

    [Fact]
    public void Dedup_ids_are_forgotten_and_leave_nothing_behind()
    {
        using var harness = new QueueHarness(new QueueLimits { Shards = 1 });
        harness.Declare("q", new QueueOptionSet { DedupWindowMs = 1_000 });
        for (int i = 0; i < 3_000; i++)
        {
            harness.Push(new Pushing("m") { Dedup = $"{i}" });
            harness.Time.Advance(1);
        }

        for (int i = 2_500; i < 3_000; i++)
        {
            Assert.Equal(QueuePushOutcome.Duplicate, Outcome(harness, new Pushing("m") { Dedup = $"{i}" }, (ulong)i + 1));
        }

        harness.Queues.Check();
        harness.Time.Advance(1_000);
        for (int i = 0; i < 100; i++)
        {
            harness.TickUntilIdle();
        }

        Assert.Equal(QueuePushOutcome.Accepted, Outcome(harness, new Pushing("m") { Dedup = "2999" }, 3_001));
    }

    [Fact]
    public void A_full_queue_refuses_and_takes_again_what_has_room()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { MessagesMax = 3, BytesMax = 10 });
        harness.PushAll("123", new Pushing("456") { DelayMs = 1_000 });
        Assert.Equal(QueueStatus.Full, harness.TryPush("78901", out _));
        harness.Push(new Pushing("7") { Group = "g", Headers = "hd" });
        Assert.Equal(QueueStatus.Full, harness.TryPush("", out _));
        Assert.Equal(2, harness.Stats().Rejected);
        harness.Ack(harness.Pull(1)[0]);
        harness.Push("");
        Assert.Equal(QueueStatus.Full, harness.TryPush("", out _));
        Assert.Equal(7, harness.Stats().MessageBytes);
    }

    [Fact]
    public void A_full_queue_may_take_what_comes_as_a_dead_letter()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { MessagesMax = 1, WhenFull = QueueWhenFull.DeadLetter });
        harness.Push("1");
        Assert.Equal(QueuePushOutcome.DeadLettered, Outcome(harness, new Pushing("2") { Dedup = "d" }, id: 2));
        Assert.Equal(QueuePushOutcome.Duplicate, Outcome(harness, new Pushing("2") { Dedup = "d" }, id: 2));
        Kept dead = Assert.Single(harness.Dead());
        Assert.Equal(("2", QueueDeadCause.QueueFull, 0U), (dead.Body, dead.Cause, dead.Attempts));
    }

    [Fact]
    public void A_paused_queue_takes_nothing()
    {
        using var harness = new QueueHarness();
        harness.Push("1");
        harness.Pause(QueuePausedParts.Pushes);
        Assert.Equal(QueueStatus.Paused, harness.TryPush("2", out _));
        Assert.Single(harness.Pull());
        harness.ResumeQueue(QueuePausedParts.Pushes);
        harness.Push("3");
    }

    [Theory]
    [InlineData(QueueStatus.MessageTooLarge, 101, 0, 0, 0)]
    [InlineData(QueueStatus.MessageTooLarge, 0, 11, 0, 0)]
    [InlineData(QueueStatus.GroupInvalid, 0, 0, 6, 0)]
    [InlineData(QueueStatus.DedupIdInvalid, 0, 0, 0, 4)]
    [InlineData(QueueStatus.Ok, 100, 10, 5, 3)]
    public void Lengths_have_limits(QueueStatus expected, int body, int headers, int group, int dedup)
    {
        var limits = new QueueLimits { BodyBytesMax = 100, HeaderBytesMax = 10, GroupBytesMax = 5, DedupIdBytesMax = 3 };
        using var harness = new QueueHarness(limits);
        var message = new Pushing(new string('b', body))
        {
            Headers = new string('h', headers),
            Group = new string('g', group),
            Dedup = new string('d', dedup),
        };
        Assert.Equal(expected, harness.TryPush(message, out _));
        Assert.Equal(expected == QueueStatus.Ok ? 1 : 0, harness.Queues.Count);
    }

    [Fact]
    public void Arguments_out_of_range_are_refused_and_make_no_queue()
    {
        using var harness = new QueueHarness();
        const long Century = 100L * 365 * 24 * 3_600 * 1_000;
        long wall = harness.Time.NowMs;
        Assert.Equal(QueueStatus.PriorityOutOfRange, harness.TryPush(new Pushing("") { Priority = 10 }, out _));
        Assert.Equal(QueueStatus.PriorityOutOfRange, harness.TryPush(new Pushing("") { Priority = -1 }, out _));
        Assert.Equal(QueueStatus.DelayOutOfRange, harness.TryPush(new Pushing("") { DelayMs = -1 }, out _));
        Assert.Equal(QueueStatus.DelayOutOfRange, harness.TryPush(new Pushing("") { DelayMs = Century + 1 }, out _));
        Assert.Equal(QueueStatus.DelayOutOfRange, harness.TryPush(new Pushing("") { DueAtMs = wall + Century + 1 }, out _));
        Assert.Equal(QueueStatus.DelayOutOfRange, harness.TryPush(new Pushing("") { DueAtMs = wall, DelayMs = 1 }, out _));
        Assert.Equal(QueueStatus.DelayOutOfRange, harness.TryPush(new Pushing("") { DueAtMs = long.MaxValue }, out _));
        Assert.Equal(QueueStatus.TtlOutOfRange, harness.TryPush(new Pushing("") { TtlMs = 0 }, out _));
        Assert.Equal(QueueStatus.TtlOutOfRange, harness.TryPush(new Pushing("") { TtlMs = Century + 1 }, out _));
        Assert.Equal(QueueStatus.NameInvalid, harness.TryPush("", out _, queue: ""));
        Assert.Equal(QueueStatus.NameInvalid, harness.TryPush("", out _, queue: new string('q', 256)));
        Assert.Equal(QueueStatus.NameInvalid, harness.TryPush("", out _, queue: "a\u0001"));
        Assert.Equal(QueueStatus.NotFound, harness.TryPush("", out _, queue: "nexo.reply.1"));
        Assert.Equal(0, harness.Queues.Count);
        harness.Push(new Pushing("") { DueAtMs = long.MinValue });
        Assert.Single(harness.Pull());
    }

    [Fact]
    public void A_queue_is_not_made_by_itself_if_the_limits_say_so()
    {
        using var harness = new QueueHarness(new QueueLimits { AutoCreate = false });
        Assert.Equal(QueueStatus.NotFound, harness.TryPush("", out _));
        Assert.Equal(
            QueueStatus.NotFound,
            harness.Queues.Consume("q"u8, new ConsumerDouble(), new QueueConsumerOptions(), out _));
        harness.Declare("q");
        harness.Push("1");
    }

    [Fact]
    public void A_batch_answers_each_for_itself()
    {
        using var harness = new QueueHarness();
        Pushing[] messages =
        [
            .. Enumerable.Range(0, 20).Select(i => new Pushing($"{i}") { Priority = i == 7 ? 99 : 0, Dedup = $"{i % 15}" }),
        ];
        Assert.Equal(QueueStatus.Ok, harness.PushBatch(false, out var answers, messages));
        Assert.Equal(20, answers.Count);
        Assert.Equal(QueueStatus.PriorityOutOfRange, answers[7].Status);
        Assert.Equal((QueueStatus.Ok, QueuePushOutcome.Duplicate, 1UL), answers[15]);
        Assert.Equal(14, harness.Pull().Count);
        Assert.Equal(answers.Where(answer => answer.Outcome == QueuePushOutcome.Accepted).Select(answer => answer.Id), Ids(14));
    }

    [Fact]
    public void A_batch_of_which_all_or_none_is_wanted_leaves_no_trace_when_it_is_refused()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { MessagesMax = 12 });
        Pushing[] messages = [.. Enumerable.Range(0, 13).Select(i => new Pushing($"{i}") { Dedup = $"{i}", Group = "g" })];
        Assert.Equal(QueueStatus.Full, harness.PushBatch(true, out var answers, messages));
        Assert.Empty(answers);
        QueueStats stats = harness.Stats();
        Assert.Equal((0L, 0L, 0L, 0L, 0L), (stats.Ready, stats.Pushed, stats.MemoryBytes, stats.Groups, stats.Duplicates));
        Assert.Equal(QueueStatus.Ok, harness.PushBatch(true, out answers, messages[..12]));
        Assert.Equal(Ids(12), answers.Select(answer => answer.Id));
        Assert.Equal(QueueStatus.MessageTooLarge, harness.PushBatch(true, out answers, new Pushing("") { Headers = new string('h', 70_000) }));
        Assert.Empty(answers);
    }

    [Fact]
    public void A_batch_that_is_refused_makes_no_queue()
    {
        using var harness = new QueueHarness();
        Pushing bad = new("") { Priority = 10 };
        Assert.Equal(QueueStatus.PriorityOutOfRange, harness.PushBatch(true, out _, "good", bad));
        Assert.Equal(QueueStatus.Ok, harness.PushBatch(false, out var answers, bad, new Pushing("") { TtlMs = 0 }));
        Assert.Equal([QueueStatus.PriorityOutOfRange, QueueStatus.TtlOutOfRange], answers.Select(answer => answer.Status));
        Assert.Equal(0, harness.Queues.Count);
        Assert.Equal(QueueStatus.Ok, harness.PushBatch(false, out answers, bad, "good"));
        Assert.Equal([QueueStatus.PriorityOutOfRange, QueueStatus.Ok], answers.Select(answer => answer.Status));
    }

    [Fact]
    public void A_batch_of_which_all_or_none_is_wanted_is_one_record()
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(log: log);
        harness.Declare("q");
        Lsn before = log.End;
        Assert.Equal(QueueStatus.Ok, harness.PushBatch(true, out _, [.. Enumerable.Range(0, 100).Select(i => new Pushing($"{i}"))]));
        Assert.Equal(before.Value + 1, log.End.Value);
    }

    [Fact]
    public void A_full_disk_refuses_pushes_and_lets_settlements_pass()
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(log: log);
        harness.PushAll("1", "2", "3");
        List<Delivered> all = harness.Pull();
        log.Room = LogRoom.Full;
        Assert.Equal(QueueStatus.DiskFull, harness.TryPush("4", out _));
        Assert.Equal(QueueStatus.DiskFull, harness.PushBatch(true, out _, "4"));
        Assert.Equal(QueueStatus.Ok, harness.PushBatch(false, out var answers, "4"));
        Assert.Equal(QueueStatus.DiskFull, Assert.Single(answers).Status);
        Assert.Equal(QueueStatus.DiskFull, harness.TryDeclare("other", new QueueOptionSet(), out _));
        Assert.Equal(QueueStatus.Ok, harness.Ack(all[0]));
        log.RoomOfReserve = LogRoom.Full;
        var sink = new SettleList();
        Assert.Equal(
            QueueStatus.DiskFull,
            harness.Queues.Ack("q"u8, new LeaseArray((all[1].Id, all[1].Lease)), ref sink, new QueueWork(), out _));
        Assert.Empty(sink.All);
        log.Room = LogRoom.Failed;
        Assert.Equal(QueueStatus.LogFailed, harness.TryPush("4", out _));
        log.Room = LogRoom.Ok;
        Assert.Equal(QueueStatus.Ok, harness.Ack(all[1]));
        Assert.Equal(1, harness.Stats().Leased);
    }

    [Theory]
    [InlineData(QueueDurability.Fsync, true)]
    [InlineData(QueueDurability.Interval, false)]
    [InlineData(QueueDurability.Memory, false)]
    public void Answers_wait_for_the_disk_as_the_queue_says(QueueDurability durability, bool waits)
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(log: log);
        Assert.True(harness.Declare("q", new QueueOptionSet { Durability = durability }).Waits);
        Lsn before = log.End;
        harness.TryPush(new Pushing("1") { Dedup = "d" }, out QueuePushResult first);
        harness.TryPush(new Pushing("1") { Dedup = "d" }, out QueuePushResult second);
        Assert.Equal((waits, waits), (first.Waits, second.Waits));
        Delivered message = Assert.Single(harness.Pull());
        var sink = new SettleList();
        harness.Queues.Ack("q"u8, new LeaseArray((message.Id, message.Lease)), ref sink, new QueueWork(), out bool ackWaits);
        Assert.Equal(waits, ackWaits);
        Assert.Equal(durability == QueueDurability.Memory, before == log.End);
    }

    private static IEnumerable<ulong> Ids(int count) => Enumerable.Range(1, count).Select(id => (ulong)id);

    private static QueuePushOutcome Outcome(QueueHarness harness, Pushing message, ulong id)
    {
        Assert.Equal(QueueStatus.Ok, harness.TryPush(message, out QueuePushResult result));
        Assert.Equal(id, result.MessageId);
        return result.Outcome;
    }
}
