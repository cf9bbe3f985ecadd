using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueGroupTests
{
    [Fact]
    public void Of_a_group_one_message_at_a_time_is_out_and_the_next_follows_its_settlement()
    {
        using var harness = new QueueHarness();
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(credits: 100);
        harness.PushAll(In("g", "1"), In("g", "2"), In("h", "3"), In("g", "4"));
        Assert.Equal(["1", "3"], sink.Bodies);
        harness.Ack(sink.All[0]);
        Assert.Equal(["1", "3", "2"], sink.Bodies);
        Assert.Equal(2, harness.Stats().Groups);
    }

    [Fact]
    public void Groups_take_turns_and_the_messages_without_one_are_one_more_member()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { InFlightPerGroup = 0 });
        for (int i = 0; i < 4; i++)
        {
            harness.Push(In("big", $"big {i}"));
        }

        harness.PushAll(In("small", "small 0"), "plain 0", "plain 1", In("small", "small 1"));
        Assert.Equal(
            ["big 0", "small 0", "plain 0", "big 1", "small 1", "plain 1", "big 2", "big 3"],
            harness.Pull().Select(message => message.Body));
    }

    [Fact]
    public void A_failed_message_that_waits_holds_up_its_group_and_no_other()
    {
        using var harness = new QueueHarness();
        harness.PushAll(In("g", "1"), In("g", "2"), In("h", "3"));
        Delivered first = harness.Pull(1)[0];
        harness.Nack(first, QueueNack.Delay, delayMs: 1_000);
        Assert.Equal(["3"], harness.Pull().Select(message => message.Body));
        harness.Advance(1_000);
        Assert.Equal(["1"], harness.Pull().Select(message => message.Body));
    }

    [Fact]
    public void The_place_that_a_waiting_failure_takes_is_free_again_when_it_dies_or_is_purged()
    {
        using var harness = new QueueHarness();
        harness.PushAll(new Pushing("1") { Group = "g", TtlMs = 500 }, In("g", "2"), In("g", "3"));
        harness.Nack(harness.Pull(1)[0], QueueNack.Delay, delayMs: 10_000);
        Assert.Empty(harness.Pull());
        harness.Advance(500);
        Delivered second = Assert.Single(harness.Pull());
        Assert.Equal("2", second.Body);
        harness.Nack(second, QueueNack.Delay, delayMs: 10_000);
        Assert.Equal(QueueStatus.Ok, harness.Queues.Purge("q"u8, QueuePart.Delayed, out long removed, out _));
        Assert.Equal(1, removed);
        Assert.Equal(["3"], harness.Pull().Select(message => message.Body));
    }

    [Fact]
    public void A_failed_message_comes_first_in_its_group_again()
    {
        using var harness = new QueueHarness();
        harness.PushAll(In("g", "1"), In("g", "2"));
        harness.Nack(harness.Pull(1)[0]);
        Delivered again = harness.Pull()[0];
        Assert.Equal(("1", 2U), (again.Body, again.Attempt));
    }

    [Fact]
    public void A_group_stands_where_its_oldest_message_belongs()
    {
        using var harness = new QueueHarness();
        harness.PushAll(
            new Pushing("g low") { Group = "g", Priority = 1 },
            new Pushing("g high") { Group = "g", Priority = 9 },
            new Pushing("plain mid") { Priority = 5 });
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(credits: 100);
        Assert.Equal(["plain mid", "g low"], sink.Bodies);
        harness.Ack(sink.All[1]);
        Assert.Equal("g high", sink.All[2].Body);
    }

    [Fact]
    public void A_delayed_message_joins_its_group_when_it_is_due_and_stands_there_by_age()
    {
        using var harness = new QueueHarness();
        harness.PushAll(new Pushing("1") { Group = "g", DelayMs = 100 }, In("g", "2"), In("g", "3"));
        Delivered second = harness.Pull(1)[0];
        Assert.Equal("2", second.Body);
        harness.Advance(100);
        harness.Ack(second);
        Assert.Equal(["1"], harness.Pull().Select(message => message.Body));
    }

    [Fact]
    public void A_group_with_a_rate_gets_so_many_in_a_second()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { InFlightPerGroup = 0, PerSecondPerGroup = 3 });
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(credits: 100);
        for (int i = 0; i < 10; i++)
        {
            harness.Push(In("g", $"{i}"));
        }

        harness.PushAll("plain");
        Assert.Equal(["0", "1", "2", "plain"], sink.Bodies);
        harness.Advance(999);
        Assert.Equal(4, sink.All.Count);
        harness.Advance(1);
        Assert.Equal(["3", "4", "5"], sink.Bodies.Skip(4));
        harness.Advance(1_000);
        harness.Advance(1_000);
        Assert.Equal(["6", "7", "8", "9"], sink.Bodies.Skip(7));
    }

    [Fact]
    public void Other_limits_of_groups_hold_at_once()
    {
        using var harness = new QueueHarness();
        for (int i = 0; i < 60; i++)
        {
            harness.Push(In($"g{i % 20}", $"{i}"));
        }

        Assert.Equal(20, harness.Pull().Count);
        harness.Queues.Update("q"u8, 0, new QueueOptionSet { InFlightPerGroup = 2 }, out _);
        harness.Queues.Check();
        Assert.Equal(20, harness.Pull().Count);
        harness.Queues.Update("q"u8, 0, new QueueOptionSet { InFlightPerGroup = 0 }, out _);
        harness.Queues.Update("q"u8, 0, new QueueOptionSet { InFlightPerGroup = 1 }, out _);
        Assert.Empty(harness.Pull());
        harness.Queues.Update("q"u8, 0, new QueueOptionSet { InFlightPerGroup = 0, PerSecondPerGroup = 1 }, out _);
        Assert.Equal(20, harness.Pull().Count);
    }

    [Fact]
    public void A_group_that_comes_and_goes_keeps_its_rate()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { PerSecondPerGroup = 1 });
        (QueueConsumer _, ConsumerDouble sink) = harness.Consume(credits: 100);
        harness.Push(In("g", "1"));
        harness.Ack(sink.All[0]);
        Assert.Equal(0, harness.Stats().Groups);
        harness.Push(In("g", "2"));
        Assert.Single(sink.All);
        harness.Advance(1_000);
        Assert.Equal(2, sink.All.Count);
        harness.Ack(sink.All[1]);
        harness.Advance(1_000);
        Assert.Equal(0, harness.Stats().Groups);
    }

    [Fact]
    public void Many_groups_that_come_and_go_leave_nothing_behind()
    {
        using var harness = new QueueHarness();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 2_000; i++)
            {
                harness.Push(In($"group {i}", $"{i}"));
            }

            Assert.Equal(2_000, harness.Stats().Groups);
            harness.Queues.Check();
            (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(
                credits: 50, options: new QueueConsumerOptions { CreditsAreUnsettled = true });
            for (int i = 0; i < sink.All.Count; i++)
            {
                harness.Ack(sink.All[i]);
            }

            Assert.Equal(2_000, sink.All.Count);
            Assert.Equal(0, harness.Stats().Groups);
            consumer.Dispose();
        }
    }

    private static Pushing In(string group, string body) => new(body) { Group = group };
}
