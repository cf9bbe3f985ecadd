using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueConsumerTests
{
    [Fact]
    public void The_one_with_the_fewest_unsettled_messages_gets_the_next()
    {
        using var harness = new QueueHarness();
        (QueueConsumer busy, ConsumerDouble busySink) = harness.Consume(100);
        harness.PushAll("1", "2", "3");
        (QueueConsumer idle, ConsumerDouble idleSink) = harness.Consume(100);
        harness.PushAll("4", "5", "6", "7", "8");
        Assert.Equal(["1", "2", "3", "7"], busySink.Bodies.Take(4));
        Assert.Equal(4, idle.Unsettled);
        Assert.Equal(4, busy.Unsettled);
        harness.AckAll("q", [.. busySink.All]);
        harness.PushAll("9", "10");
        Assert.Equal(["9", "10"], busySink.Bodies.Skip(4));
        Assert.Equal(4, idleSink.All.Count);
    }

    [Fact]
    public void Nothing_comes_before_the_first_credits_and_no_more_than_they_are()
    {
        using var harness = new QueueHarness();
        (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(0);
        harness.PushAll("1", "2", "3", "4");
        Assert.Empty(sink.All);
        harness.Credit(consumer, 2);
        harness.Ack(sink.All[0]);
        Assert.Equal(["1", "2"], sink.Bodies);
        harness.Credit(consumer, 1);
        Assert.Equal(["1", "2", "3"], sink.Bodies);
    }

    [Fact]
    public void With_credits_for_what_is_unsettled_a_settlement_brings_the_next()
    {
        using var harness = new QueueHarness();
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(
            2, options: new QueueConsumerOptions { CreditsAreUnsettled = true });
        harness.PushAll("1", "2", "3", "4", "5");
        Assert.Equal(["1", "2"], sink.Bodies);
        harness.Ack(sink.All[1]);
        Assert.Equal(["1", "2", "3"], sink.Bodies);
        harness.DeadLetter(sink.All[0]);
        Assert.Equal(["1", "2", "3", "4"], sink.Bodies);
        harness.Advance(31_000);
        Assert.Equal(5, sink.Bodies.Distinct().Count());
    }

    [Fact]
    public void A_congested_consumer_gets_nothing_until_it_resumes()
    {
        using var harness = new QueueHarness();
        (QueueConsumer slow, ConsumerDouble slowSink) = harness.Consume(100);
        slowSink.IsCongested = true;
        harness.PushAll("1");
        (QueueConsumer _, ConsumerDouble otherSink) = harness.Consume(1);
        harness.PushAll("2");
        Assert.Empty(slowSink.All);
        Assert.Equal(["1"], otherSink.Bodies);
        slowSink.IsCongested = false;
        harness.Resume(slow);
        Assert.Equal(["2"], slowSink.Bodies);
    }

    [Fact]
    public void A_consumer_that_goes_gives_back_what_it_has_in_its_order_ahead_of_younger_ones()
    {
        using var harness = new QueueHarness();
        (QueueConsumer lost, ConsumerDouble lostSink) = harness.Consume(30);
        for (int i = 0; i < 40; i++)
        {
            harness.Push($"{i:D2}");
        }

        harness.Ack(lostSink.All[3]);
        (QueueConsumer _, ConsumerDouble nextSink) = harness.Consume(3);
        Assert.Equal(["30", "31", "32"], nextSink.Bodies);
        lost.Dispose();
        lost.Dispose();
        (QueueConsumer _, ConsumerDouble lastSink) = harness.Consume(100);
        Assert.Equal(
            Enumerable.Range(0, 40).Where(i => i != 3 && i is < 30 or > 32).Select(i => $"{i:D2}"), lastSink.Bodies);
        Assert.Equal(2U, lastSink.All[0].Attempt);
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(lostSink.All[0]));
        Assert.Equal(2, harness.Stats().Consumers);
    }

    [Fact]
    public void A_lost_consumer_is_no_failure_but_too_many_are_the_end_of_a_message()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { DeliveriesMax = 2 });
        harness.Push("poison");
        for (int i = 0; i < 8; i++)
        {
            (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(1);
            Assert.Equal((uint)i + 1, Assert.Single(sink.All).Attempt);
            consumer.Dispose();
        }

        Kept dead = Assert.Single(harness.Dead());
        Assert.Equal((QueueDeadCause.ConsumerLost, 8U, 0U), (dead.Cause, dead.Attempts, dead.Failures));
    }

    [Fact]
    public void What_waited_behind_a_message_that_kills_its_consumers_does_not_die_with_it()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { DeliveriesMax = 2 });
        harness.PushAll("poison", "a", "b", "c", "d", "e", "f");
        for (int i = 0; i < 8; i++)
        {
            (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(10);
            Assert.Equal(7, sink.All.Count);
            consumer.Dispose();
        }

        Assert.Equal("poison", Assert.Single(harness.Dead()).Body);
        Assert.Equal(6, harness.Stats().Ready);
    }

    [Fact]
    public void A_stopped_consumer_gets_nothing_more_and_settles_what_it_has()
    {
        using var harness = new QueueHarness();
        (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(10);
        harness.PushAll("1", "2");
        consumer.Stop();
        harness.PushAll("3");
        harness.Credit(consumer, 5);
        Assert.Equal(2, sink.All.Count);
        Assert.Equal(0, harness.Stats().Consumers);
        Assert.Equal(QueueStatus.Ok, harness.Ack(sink.All[0]));
        Assert.Equal(1, consumer.Unsettled);
        consumer.Dispose();
        Assert.Equal(["2", "3"], harness.Pull().Select(message => message.Body));
    }

    [Fact]
    public void Ten_thousand_waiters_are_not_woken_for_one_message()
    {
        using var harness = new QueueHarness(new QueueLimits());
        const int Waiters = 10_000;
        int woken = 0;
        var waits = new List<IDisposable>();
        QueueConsumer[] consumers = new QueueConsumer[Waiters];
        for (int i = 0; i < Waiters; i++)
        {
            consumers[i] = harness.Consume(0).Consumer;
            waits.Add(consumers[i].WhenReady(() => woken++));
        }

        harness.Push("1");
        Assert.Equal(1, woken);
        harness.PushAll("2", "3");
        Assert.Equal(3, woken);
        Assert.Single(harness.Pull(consumers[0], 1));
        Assert.Equal(3, woken);

        // One that was woken and gives up passes it on.
        waits[1].Dispose();
        Assert.Equal(4, woken);
        for (int i = Waiters - 1; i >= 0; i--)
        {
            waits[i].Dispose();
        }

        Assert.Equal(4, woken);
    }

    [Fact]
    public void Ten_thousand_consumers_get_one_message_once()
    {
        using var harness = new QueueHarness(new QueueLimits());
        List<ConsumerDouble> sinks = [.. Enumerable.Range(0, 10_000).Select(_ => harness.Consume(1).Sink)];
        harness.PushAll("1", "2");
        Assert.Equal(2, sinks.Sum(sink => sink.All.Count));
        Assert.Equal(2, sinks.Sum(sink => sink.Flushes));
    }

    [Fact]
    public void A_waiter_is_woken_at_once_if_there_is_something_and_for_the_next_in_turn()
    {
        using var harness = new QueueHarness();
        harness.Push("1");
        (QueueConsumer first, _) = harness.Consume(0);
        (QueueConsumer second, _) = harness.Consume(0);
        List<string> woken = [];
        using IDisposable one = first.WhenReady(() => woken.Add("first"));
        Assert.Equal(["first"], woken);
        using IDisposable two = second.WhenReady(() => woken.Add("second"));
        Delivered message = Assert.Single(harness.Pull(first));
        Assert.Equal(["first"], woken);
        harness.Nack(message);
        Assert.Equal(["first", "second"], woken);
    }

    [Fact]
    public void A_consumer_that_only_pulls_counts_while_it_waits_or_has_messages()
    {
        using var harness = new QueueHarness();
        harness.Declare("q");
        (QueueConsumer puller, _) = harness.Consume(0, options: new QueueConsumerOptions { PullsOnly = true });
        Assert.Equal(0, harness.Stats().Consumers);
        IDisposable wait = puller.WhenReady(() => { });
        Assert.Equal(1, harness.Stats().Consumers);
        wait.Dispose();
        Assert.Equal(0, harness.Stats().Consumers);
        harness.Push("1");
        Delivered message = Assert.Single(harness.Pull(puller));
        Assert.Equal(1, harness.Stats().Consumers);
        harness.Ack(message);
        Assert.Equal(0, harness.Stats().Consumers);
    }

    [Fact]
    public void A_consumer_may_go_while_it_is_flushed()
    {
        using var harness = new QueueHarness();
        (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(2);
        sink.OnFlush = consumer.Dispose;
        (QueueConsumer _, ConsumerDouble other) = harness.Consume(0);
        harness.Push("1");
        Assert.Equal(1, harness.Stats().Ready);
        Assert.Equal(["1"], harness.Pull().Select(message => message.Body));
        Assert.Empty(other.All);
    }

    [Fact]
    public void The_end_of_a_queue_is_told_to_its_consumers_and_wakes_who_waits()
    {
        using var harness = new QueueHarness();
        (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(1);
        (QueueConsumer puller, _) = harness.Consume(0);
        bool woken = false;
        using IDisposable wait = puller.WhenReady(() => woken = true);
        harness.PushAll("1", "2");
        woken = false;
        using IDisposable again = puller.WhenReady(() => woken = true);
        Assert.Equal(QueueStatus.InUse, harness.Queues.Delete("q"u8, ifEmpty: true, ifUnused: false, out _, out _));
        Assert.Equal(QueueStatus.InUse, harness.Queues.Delete("q"u8, ifEmpty: false, ifUnused: true, out _, out _));
        Assert.Equal(QueueStatus.Ok, harness.Queues.Delete("q"u8, false, false, out long removed, out _));
        Assert.Equal(2, removed);
        Assert.Equal(QueueStatus.NotFound, sink.Ended);
        Assert.Equal(0, consumer.Unsettled);
        Assert.True(woken);
        var list = new PulledList();
        Assert.Equal(QueueStatus.NotFound, puller.Pull(1, 0, false, ref list, out _, out _));
        harness.Credit(consumer, 5);
        harness.Resume(consumer);
        consumer.Stop();
        consumer.Dispose();
        puller.Dispose();
        harness.TickUntilIdle();
        Assert.Equal(0, harness.Queues.Count);
        Assert.Equal(0, harness.Queues.Totals.MemoryBytes);
    }
}
