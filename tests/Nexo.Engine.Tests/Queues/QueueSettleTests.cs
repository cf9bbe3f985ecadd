using Nexo.Engine.Memory;
using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueSettleTests
{
    [Fact]
    public void A_settlement_without_the_lease_changes_nothing()
    {
        using var harness = new QueueHarness();
        harness.PushAll("1", "2");
        List<Delivered> all = harness.Pull();
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(all[0] with { Lease = all[1].Lease }));
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(all[0] with { Lease = 0 }));
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(all[0] with { Id = 77 }));
        Assert.Equal(QueueStatus.LeaseLost, harness.Nack(all[0] with { Lease = all[0].Lease + 1 }));
        Assert.Equal(QueueStatus.LeaseLost, harness.DeadLetter(all[0] with { Lease = ulong.MaxValue }));
        Assert.Equal(QueueStatus.LeaseLost, harness.Extend(all[0] with { Lease = 1 }, 5_000, out _));
        Assert.Equal(2, harness.Stats().Leased);
        Assert.Equal([QueueStatus.Ok, QueueStatus.LeaseLost], harness.AckAll("q", all[0], all[0]));
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(all[0]));
    }

    [Fact]
    public void A_late_settlement_is_refused_whether_or_not_the_message_was_delivered_again()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { Backoff = QueueBackoff.None });
        harness.Push("1");
        Delivered first = Assert.Single(harness.Pull());
        harness.Time.Advance(30_000);
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(first));
        Assert.Equal(QueueStatus.LeaseLost, harness.Extend(first, 5_000, out _));
        harness.Advance(0);
        Delivered second = Assert.Single(harness.Pull());
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(first));
        Assert.Equal(QueueStatus.Ok, harness.Ack(second));
    }

    [Fact]
    public void An_extended_lease_ends_when_it_was_told_to()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { LeaseMs = 10_000, Backoff = QueueBackoff.None });
        harness.Push("1");
        Delivered message = Assert.Single(harness.Pull());
        harness.Advance(9_000);
        Assert.Equal(QueueStatus.Ok, harness.Extend(message, 20_000, out long ends));
        Assert.Equal(harness.Time.NowMs + 20_000, ends);
        harness.Advance(19_999);
        Assert.Equal(QueueStatus.Ok, harness.Extend(message, 0, out ends));
        Assert.Equal(harness.Time.NowMs + 10_000, ends);
        Assert.Equal(QueueStatus.Ok, harness.Extend(message, 1_000, out _));
        harness.Advance(1_000);
        Assert.Equal(1, harness.Stats().Ready);
        Assert.Equal(QueueStatus.LeaseOutOfRange, harness.Extend(message, 999, out _));
        Assert.Equal(QueueStatus.LeaseOutOfRange, harness.Extend(message, -1, out _));
    }

    [Fact]
    public void A_message_that_failed_as_often_as_it_may_is_dead_with_its_last_reason()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { DeliveriesMax = 3 });
        harness.Push("1");
        harness.Nack(Assert.Single(harness.Pull()), reason: "first");
        harness.Nack(Assert.Single(harness.Pull()), QueueNack.Release, reason: "not a failure");
        harness.Nack(Assert.Single(harness.Pull()), QueueNack.Delay, delayMs: 5, reason: "second");
        harness.Advance(5);
        harness.Nack(Assert.Single(harness.Pull()), QueueNack.Now, reason: "");
        Kept dead = Assert.Single(harness.Dead());
        Assert.Equal(
            (QueueDeadCause.MaxDeliveries, "second", 4U, 3U, "q"),
            (dead.Cause, dead.Reason, dead.Attempts, dead.Failures, dead.Source));
        Assert.Equal(harness.Time.NowMs, dead.DiedAtMs);
        Assert.Equal(3, harness.Stats().Nacked);
    }

    [Fact]
    public void Leases_that_end_are_failures()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { DeliveriesMax = 2, Backoff = QueueBackoff.None });
        harness.Push("1");
        harness.Pull();
        harness.Advance(30_000);
        harness.Pull();
        harness.Advance(30_000);
        Assert.Equal(QueueDeadCause.MaxDeliveries, Assert.Single(harness.Dead()).Cause);
        Assert.Equal(2, harness.Stats().LeasesExpired);
    }

    [Fact]
    public void Without_a_limit_of_deliveries_a_message_may_fail_for_ever()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { DeliveriesMax = 0 });
        harness.Push("1");
        for (int i = 0; i < 200; i++)
        {
            harness.Nack(Assert.Single(harness.Pull()));
        }

        Assert.Equal((1L, 0L), (harness.Stats().Ready, harness.Stats().Dead));
    }

    [Fact]
    public void The_pause_doubles_with_each_failure_between_half_and_all_of_it_up_to_its_cap()
    {
        var options = new QueueOptions { BackoffMs = 1_000, BackoffMsMax = 60_000 };
        for (int failures = 1; failures <= 100; failures++)
        {
            long whole = failures > 6 ? 60_000 : 1_000L << (failures - 1);
            long[] pauses = [.. Enumerable.Range(0, 50).Select(_ => QueueBackoffs.PauseMs(options, failures))];
            Assert.All(pauses, pause => Assert.InRange(pause, whole / 2, whole));
            Assert.True(pauses.Distinct().Count() > 10);
        }

        Assert.Equal(70, QueueBackoffs.PauseMs(options with { Backoff = QueueBackoff.Fixed, BackoffMs = 70 }, 9));
        Assert.Equal(0, QueueBackoffs.PauseMs(options with { Backoff = QueueBackoff.None }, 9));
        Assert.Equal(0, QueueBackoffs.PauseMs(options with { BackoffMs = 0 }, 9));
    }

    [Fact]
    public void A_nack_by_the_queues_backoff_waits_as_the_queue_says()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { Backoff = QueueBackoff.Fixed, BackoffMs = 700 });
        harness.Push("1");
        harness.Nack(Assert.Single(harness.Pull()), QueueNack.Backoff);
        Kept waiting = Assert.Single(harness.Peek(QueuePart.Delayed));
        Assert.Equal(harness.Time.NowMs + 700, waiting.VisibleAtMs);
        harness.Advance(699);
        Assert.Empty(harness.Pull());
        harness.Advance(1);
        Assert.Single(harness.Pull());
    }

    [Fact]
    public void Settlements_with_bad_arguments_are_refused_as_a_whole()
    {
        using var harness = new QueueHarness();
        harness.Push("1");
        Delivered message = Assert.Single(harness.Pull());
        Assert.Equal(QueueStatus.DelayOutOfRange, harness.Nack(message, QueueNack.Delay, delayMs: -1));
        Assert.Equal(QueueStatus.DelayOutOfRange, harness.Nack(message, QueueNack.Delay, delayMs: long.MaxValue));
        Assert.Equal(QueueStatus.InvalidArgument, harness.Nack(message, (QueueNack)4));
        Assert.Equal(QueueStatus.ReasonTooLong, harness.Nack(message, reason: new string('r', 4_097)));
        Assert.Equal(QueueStatus.ReasonTooLong, harness.DeadLetter(message, new string('r', 4_097)));
        Assert.Equal(QueueStatus.NotFound, harness.Nack(message, queue: "none"));
        Assert.Equal(QueueStatus.NameInvalid, harness.Nack(message, queue: ""));
        Assert.Equal(QueueStatus.Ok, harness.Ack(message));
    }

    [Fact]
    public void A_batch_of_settlements_longer_than_one_hold_answers_each_in_order()
    {
        using var harness = new QueueHarness();
        for (int i = 0; i < 50; i++)
        {
            harness.Push($"{i}");
        }

        Delivered[] all = [.. harness.Pull().Select(message => message.Id % 5 == 0 ? message with { Lease = 9 } : message)];
        List<QueueStatus> answers = harness.AckAll("q", all);
        Assert.Equal(
            all.Select(message => message.Id % 5 == 0 ? QueueStatus.LeaseLost : QueueStatus.Ok), answers);
        Assert.Equal(10, harness.Stats().Leased);
    }

    [Fact]
    public void Lease_tokens_do_not_repeat_and_look_random()
    {
        var tokens = new LeaseTokens();
        var others = new LeaseTokens();
        HashSet<ulong> seen = [];
        int bits = 0;
        for (int i = 0; i < 10_000; i++)
        {
            ulong token = tokens.Next();
            Assert.True(seen.Add(token));
            Assert.NotEqual(token, others.Next());
            bits += System.Numerics.BitOperations.PopCount(token);
        }

        Assert.InRange(bits, 318_000, 322_000);
    }
}
