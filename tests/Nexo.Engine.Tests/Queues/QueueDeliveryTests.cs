using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueDeliveryTests
{
    [Fact]
    public void Messages_come_in_the_order_of_their_push_and_are_gone_once_settled()
    {
        using var harness = new QueueHarness();
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(credits: 10);
        harness.PushAll("a", "b", "c");
        Assert.Equal(["a", "b", "c"], sink.Bodies);
        Assert.Equal([1UL, 2, 3], sink.All.Select(message => message.Id));
        Assert.Equal([QueueStatus.Ok, QueueStatus.Ok, QueueStatus.Ok], harness.AckAll("q", [.. sink.All]));
        Assert.Equal(0, harness.Stats().Leased);
        Assert.Equal(3, harness.Stats().Acked);
        harness.Advance(100_000);
        Assert.Equal(3, sink.All.Count);
    }

    [Fact]
    public void A_delivery_carries_all_that_was_pushed()
    {
        using var harness = new QueueHarness();
        long now = harness.Time.NowMs;
        harness.Push(new Pushing("body") { Priority = 3, Group = "group", Headers = "headers" });
        harness.Advance(50);
        Delivered message = Assert.Single(harness.Pull());
        Assert.Equal(new Delivered(1, message.Lease, "body", 1, 3, "group", "headers", now, now + 50 + 30_000), message);
        Assert.NotEqual(0UL, message.Lease);
    }

    [Fact]
    public void The_highest_priority_comes_first_and_within_it_the_oldest()
    {
        using var harness = new QueueHarness();
        harness.PushAll(
            "low", new Pushing("high 1") { Priority = 9 }, new Pushing("mid") { Priority = 4 }, new Pushing("high 2") { Priority = 9 });
        Assert.Equal(["high 1", "high 2", "mid", "low"], harness.Pull().Select(message => message.Body));
    }

    [Fact]
    public void What_is_given_back_comes_again_before_younger_ones_with_a_higher_attempt()
    {
        using var harness = new QueueHarness();
        harness.PushAll("a", "b", "c", "d");
        List<Delivered> first = harness.Pull(3);
        Assert.Equal(QueueStatus.Ok, harness.Nack(first[1]));
        Assert.Equal(QueueStatus.Ok, harness.Nack(first[2], QueueNack.Release));
        Assert.Equal(QueueStatus.Ok, harness.Nack(first[0]));
        List<Delivered> second = harness.Pull();
        Assert.Equal(["a", "b", "c", "d"], second.Select(message => message.Body));
        Assert.Equal([2U, 2, 2, 1], second.Select(message => message.Attempt));
        Assert.All(first, old => Assert.DoesNotContain(second, message => message.Lease == old.Lease));
    }

    [Fact]
    public void A_message_whose_lease_expired_is_delivered_again_before_younger_ones()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { Backoff = QueueBackoff.None });
        harness.PushAll("a", "b");
        harness.Pull(1);
        harness.Advance(29_999);
        Assert.Equal(1, harness.Stats().Leased);
        harness.Advance(1);
        Assert.Equal(["a", "b"], harness.Pull().Select(message => message.Body));
        Assert.Equal(1, harness.Stats().LeasesExpired);
    }

    [Fact]
    public void Delayed_messages_come_when_they_are_due_in_the_order_of_their_ids()
    {
        using var harness = new QueueHarness();
        long wall = harness.Time.NowMs;
        harness.PushAll(
            new Pushing("late") { DelayMs = 500 },
            new Pushing("at") { DueAtMs = wall + 100 },
            new Pushing("past") { DueAtMs = wall - 5 },
            "now");
        Assert.Equal(2, harness.Stats().Delayed);
        Assert.Equal(["past", "now"], harness.Pull().Select(message => message.Body));
        harness.Advance(99);
        Assert.Empty(harness.Pull());
        harness.Advance(1);
        Assert.Equal(["at"], harness.Pull().Select(message => message.Body));
        harness.PushAll("young");
        harness.Advance(400);
        Assert.Equal(["late", "young"], harness.Pull().Select(message => message.Body));
    }

    [Fact]
    public void Delays_that_are_over_in_any_order_keep_the_order_of_the_ids()
    {
        using var harness = new QueueHarness();
        var random = new Random(5);
        for (int i = 0; i < 300; i++)
        {
            harness.Push(new Pushing($"{i:D3}") { DelayMs = random.Next(0, 1_000), Group = i % 3 == 0 ? "g" : "" });
        }

        harness.Declare("free", new QueueOptionSet { InFlightPerGroup = 0 });
        harness.Queues.Update("q"u8, 0, new QueueOptionSet { InFlightPerGroup = 0 }, out _);
        for (int i = 0; i < 10; i++)
        {
            harness.Advance(100);
            harness.Queues.Check();
        }

        List<Delivered> all = harness.Pull();
        Assert.Equal(300, all.Count);
        foreach (IGrouping<string, Delivered> line in all.GroupBy(message => message.Group))
        {
            Assert.Equal(line.Select(message => message.Id).Order(), line.Select(message => message.Id));
        }
    }

    [Fact]
    public void Delays_of_a_century_and_jumps_of_the_wall_clock_do_no_harm()
    {
        using var harness = new QueueHarness();
        harness.Push(new Pushing("century") { DelayMs = 100L * 365 * 24 * 3_600 * 1_000 });
        harness.Push(new Pushing("hour") { DueAtMs = harness.Time.NowMs + 3_600_000 });
        harness.Time.WallJumpMs = 7_200_000;
        harness.Advance(1_800_000);
        Assert.Empty(harness.Pull());
        harness.Advance(1_800_000);
        Delivered message = Assert.Single(harness.Pull());
        Assert.Equal(harness.Time.NowMs + 7_200_000 + 30_000, message.LeaseEndsAtMs);
    }

    [Fact]
    public void A_message_that_outlives_its_time_to_live_is_never_delivered()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { MessageTtlMs = 1_000 });
        harness.PushAll("default", new Pushing("short") { TtlMs = 10 }, new Pushing("long") { TtlMs = 5_000 });
        harness.Push(new Pushing("delayed") { TtlMs = 100, DelayMs = 200 });

        // Before any tick: a pull finds out by itself.
        harness.Time.Advance(10);
        Assert.Equal(["default"], harness.Pull(1).Select(message => message.Body));
        harness.Advance(990);
        Assert.Equal(["long"], harness.Pull().Select(message => message.Body));
        Assert.Equal(
            [("short", QueueDeadCause.Expired), ("delayed", QueueDeadCause.Expired)],
            harness.Dead().Select(dead => (dead.Body, dead.Cause)));
        Assert.Equal(2, harness.Stats().Expired);

        // A leased one may finish its lease, and dies if it comes back.
        harness.Advance(30_000);
        Assert.Equal(4, harness.Stats().Dead);
        Assert.Empty(harness.Pull());
    }

    [Fact]
    public void A_paused_queue_delivers_nothing_and_goes_on_when_it_resumes()
    {
        using var harness = new QueueHarness();
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(credits: 10);
        Assert.Equal(QueueStatus.Ok, harness.Pause(QueuePausedParts.Deliveries));
        harness.PushAll("a");
        Assert.Empty(sink.All);
        Assert.Empty(harness.Pull());
        Assert.Equal(QueueStatus.Ok, harness.ResumeQueue(QueuePausedParts.Deliveries));
        Assert.Equal(["a"], sink.Bodies);
    }

    [Fact]
    public void A_pull_takes_what_fits_and_leaves_the_rest()
    {
        using var harness = new QueueHarness();
        harness.PushAll("a", "b", "c");
        (QueueConsumer consumer, _) = harness.Consume(0);
        var list = new PulledList(room: 2);
        Assert.Equal(QueueStatus.Ok, consumer.Pull(10, 5_000, settled: false, ref list, out int count, out bool waits));
        Assert.Equal((2, false), (count, waits));
        Assert.Equal(harness.Time.NowMs + 5_000, list.All[0].LeaseEndsAtMs);
        Assert.Equal(["c"], harness.Pull(consumer).Select(message => message.Body));
        Assert.Equal(3, consumer.Unsettled);
        Assert.Equal(QueueStatus.InvalidArgument, consumer.Pull(0, 0, false, ref list, out _, out _));
        Assert.Equal(QueueStatus.LeaseOutOfRange, consumer.Pull(1, 999, false, ref list, out _, out _));
        Assert.Equal(QueueStatus.LeaseOutOfRange, consumer.Pull(1, 43_200_001, false, ref list, out _, out _));
    }

    [Fact]
    public void What_is_settled_by_its_delivery_has_no_lease_and_never_comes_back()
    {
        using var harness = new QueueHarness();
        harness.PushAll("a", "b");
        Delivered pulled = Assert.Single(harness.Pull(1, settled: true));
        Assert.Equal((0UL, 0L), (pulled.Lease, pulled.LeaseEndsAtMs));
        (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(
            5, options: new QueueConsumerOptions { SettledByDelivery = true });
        Assert.Equal(["b"], sink.Bodies);
        Assert.Equal(0, consumer.Unsettled);
        consumer.Dispose();
        harness.Advance(60_000);
        QueueStats stats = harness.Stats();
        Assert.Equal((0L, 0L, 2L, 0L), (stats.Ready, stats.Leased, stats.Acked, stats.MemoryBytes));
    }
}
