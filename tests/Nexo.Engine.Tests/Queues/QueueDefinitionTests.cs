using System.Text;
using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueDefinitionTests
{
    [Fact]
    public void To_declare_again_with_the_same_options_finds_the_queue()
    {
        using var harness = new QueueHarness();
        QueueDeclared first = harness.Declare("q", new QueueOptionSet { LeaseMs = 5_000, Priorities = 3 });
        Assert.True(first.Created);
        Assert.Equal((1UL, 5_000L, 5), (first.Definition!.Revision, first.Definition.Options.LeaseMs, first.Definition.Options.DeliveriesMax));
        QueueDeclared second = harness.Declare("q", new QueueOptionSet { LeaseMs = 5_000 });
        Assert.False(second.Created);
        Assert.Equal(first.Definition, second.Definition);
        harness.Declare("q");
    }

    [Fact]
    public void To_declare_again_with_another_option_shows_the_difference_and_changes_nothing()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { MessagesMax = 10, DeadLetterQueue = "dead" });
        Assert.Equal(
            QueueStatus.Conflict,
            harness.TryDeclare("q", new QueueOptionSet { LeaseMs = 30_000, MessagesMax = 11 }, out QueueDeclared declared));
        Assert.Equal(QueueOption.MessagesMax, declared.Difference);
        Assert.Equal("messagesMax is 10; asked for was 11", declared.Message);
        Assert.Equal(10, declared.Definition!.Options.MessagesMax);
        Assert.Equal(QueueStatus.Conflict, harness.TryDeclare("q", new QueueOptionSet { DeadLetterQueue = "" }, out declared));
        Assert.Equal((QueueOption.DeadLetterQueue, "deadLetterQueue is 'dead'; asked for was ''"), (declared.Difference, declared.Message));
    }

    public static TheoryData<QueueOption, long, long> Ranges() => new()
    {
        { QueueOption.LeaseMs, 1_000, 43_200_000 },
        { QueueOption.DeliveriesMax, 0, 10_000 },
        { QueueOption.Backoff, 0, 2 },
        { QueueOption.BackoffMs, 0, 2_592_000_000 },
        { QueueOption.BackoffMsMax, 0, 2_592_000_000 },
        { QueueOption.MessageTtlMs, 0, 3_153_600_000_000 },
        { QueueOption.MessagesMax, 0, long.MaxValue },
        { QueueOption.BytesMax, 0, long.MaxValue },
        { QueueOption.WhenFull, 0, 1 },
        { QueueOption.DedupWindowMs, 0, 604_800_000 },
        { QueueOption.Durability, 1, 3 },
        { QueueOption.Priorities, 1, 256 },
        { QueueOption.InFlightPerGroup, 0, 65_535 },
        { QueueOption.PerSecondPerGroup, 0, 1_000_000 },
        { QueueOption.UnusedMs, 1_000, 3_153_600_000_000 },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Every_option_has_a_range(QueueOption option, long min, long max)
    {
        using var harness = new QueueHarness();
        QueueOptionRow row = QueueOptionTable.Numbers.Single(row => row.Option == option);
        harness.Declare("min", row.With(new QueueOptionSet(), min));
        QueueDeclared most = harness.Declare("max", row.With(new QueueOptionSet(), max));
        Assert.Equal(max, row.Of(most.Definition!.Options));
        foreach (long value in max == long.MaxValue ? [min - 1] : (long[])[min - 1, max + 1])
        {
            QueueOptionSet set = row.With(new QueueOptionSet(), value);
            Assert.Equal(QueueStatus.OptionOutOfRange, harness.TryDeclare("new", set, out QueueDeclared declared));
            Assert.Equal(option, declared.Difference);
            Assert.StartsWith($"{row.Name} is {row.Given(set)};", declared.Message, StringComparison.Ordinal);
            Assert.Equal(QueueStatus.OptionOutOfRange, harness.Queues.Update("min"u8, 0, set, out _));
        }

        Assert.Equal(2, harness.Queues.Count);
    }

    [Fact]
    public void Every_option_is_in_the_table_once()
    {
        IEnumerable<QueueOption> rows = QueueOptionTable.Numbers.Select(row => row.Option).Append(QueueOption.DeadLetterQueue);
        Assert.Equal(Enum.GetValues<QueueOption>().Skip(1).Order(), rows.Order());
    }

    [Fact]
    public void A_dead_letter_target_may_not_lead_back()
    {
        using var harness = new QueueHarness();
        Assert.Equal(QueueStatus.DeadLetterCycle, harness.TryDeclare("a", To("a"), out QueueDeclared declared));
        Assert.Equal(QueueOption.DeadLetterQueue, declared.Difference);
        harness.Declare("a", To("b"));
        harness.Declare("b", To("c"));
        Assert.Equal(QueueStatus.DeadLetterCycle, harness.TryDeclare("c", To("a"), out _));
        harness.Declare("c");
        Assert.Equal(QueueStatus.DeadLetterCycle, harness.Queues.Update("c"u8, 0, To("b"), out _));
        Assert.Equal(QueueStatus.OptionOutOfRange, harness.TryDeclare("d", To("\n"), out _));
    }

    [Fact]
    public void An_update_changes_what_is_given_if_the_revision_is_the_expected_one()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { LeaseMs = 5_000 });
        Assert.Equal(QueueStatus.Conflict, harness.Queues.Update("q"u8, 2, new QueueOptionSet { DeliveriesMax = 9 }, out QueueDeclared updated));
        Assert.Equal(5, updated.Definition!.Options.DeliveriesMax);
        Assert.Equal(QueueStatus.Ok, harness.Queues.Update("q"u8, 1, new QueueOptionSet { DeliveriesMax = 9 }, out updated));
        Assert.Equal((2UL, 9, 5_000L), (updated.Definition!.Revision, updated.Definition.Options.DeliveriesMax, updated.Definition.Options.LeaseMs));
        Assert.Equal(QueueStatus.Ok, harness.Queues.Update("q"u8, 0, new QueueOptionSet { DeliveriesMax = 9 }, out updated));
        Assert.Equal(2UL, updated.Definition!.Revision);
        Assert.Equal(QueueStatus.NotFound, harness.Queues.Update("none"u8, 0, new QueueOptionSet(), out _));
    }

    [Fact]
    public void Fewer_priorities_leave_messages_of_higher_ones_where_they_are()
    {
        using var harness = new QueueHarness();
        harness.Push(new Pushing("high") { Priority = 9 });
        harness.Push("low");
        harness.Queues.Update("q"u8, 0, new QueueOptionSet { Priorities = 1 }, out _);
        Assert.Equal(QueueStatus.PriorityOutOfRange, harness.TryPush(new Pushing("") { Priority = 1 }, out _));
        Assert.Equal(["high", "low"], harness.Pull().Select(message => message.Body));
        harness.Queues.Update("q"u8, 0, new QueueOptionSet { Priorities = 256 }, out _);
        harness.Push(new Pushing("highest") { Priority = 255 });
    }

    [Theory]
    [InlineData("ok", true)]
    [InlineData("grüße 世界", true)]
    [InlineData("", false)]
    [InlineData("tab\t", false)]
    [InlineData("\u007F", false)]
    [InlineData("a\u0085", false)]
    [InlineData("a\u00A0", true)]
    public void Names_are_utf8_without_control_characters(string name, bool valid)
    {
        using var harness = new QueueHarness();
        QueueStatus status = harness.Queues.Declare(Encoding.UTF8.GetBytes(name), new QueueOptionSet(), out _);
        Assert.Equal(valid ? QueueStatus.Ok : QueueStatus.NameInvalid, status);
        Assert.Equal(QueueStatus.NameInvalid, harness.Queues.Declare([0xFF, 0xFE], new QueueOptionSet(), out _));
        Assert.Equal(QueueStatus.NameInvalid, harness.Queues.Describe([0xC2], out _));
    }

    [Fact]
    public void Queues_are_listed_by_name_in_pages()
    {
        using var harness = new QueueHarness();
        foreach (string name in (string[])["b", "a.2", "a.1", "a.10", "c"])
        {
            harness.Push("m", name);
        }

        Assert.Equal(["a.1", "a.10"], harness.Queues.List("a."u8, [], 2).Select(queue => queue.Name));
        Assert.Equal(["a.2"], harness.Queues.List("a."u8, "a.10"u8, 2).Select(queue => queue.Name));
        Assert.Equal(new QueueSummary("c", QueuePausedParts.None, 1, 0, 0, 0), harness.Queues.List([], "b"u8, 9)[0]);
    }

    [Fact]
    public void There_may_be_only_so_many_queues()
    {
        using var harness = new QueueHarness(new QueueLimits { QueuesMax = 2 });
        harness.Push("1", "a");
        harness.Push("1", "b");
        Assert.Equal(QueueStatus.TooManyQueues, harness.TryPush("1", out _, "c"));
        Assert.Equal(QueueStatus.TooManyQueues, harness.TryDeclare("c", new QueueOptionSet(), out _));
        harness.Queues.Delete("a"u8, false, false, out _, out _);
        harness.Push("1", "c");
    }

    [Fact]
    public void A_deleted_queue_is_gone_with_all_that_was_in_it_and_may_be_made_again()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { PerSecondPerGroup = 5 });
        for (int i = 0; i < 60; i++)
        {
            harness.Push(new Pushing($"{i}") { Group = i % 4 == 0 ? "" : $"{i % 4}", DelayMs = i % 5, Dedup = $"{i}", TtlMs = 9_000 });
        }

        List<Delivered> leased = harness.Pull(5);
        harness.Nack(leased[0], QueueNack.Delay, 500, "reason");
        harness.DeadLetter(leased[1]);
        Assert.Equal(QueueStatus.Ok, harness.Queues.Delete("q"u8, false, false, out long removed, out _));
        Assert.Equal(60, removed);
        harness.Push("new");
        harness.Queues.Check();
        Assert.Equal(QueueStatus.LeaseLost, harness.Ack(leased[2]));
        harness.Advance(10_000);
        Assert.Equal(1UL, Assert.Single(harness.Pull()).Id);
        Assert.True(harness.Queues.Totals.Pushed == 61, "what was counted stays in the sums");
    }

    [Fact]
    public void A_queue_that_nobody_uses_deletes_itself_if_it_was_told_to()
    {
        using var harness = new QueueHarness();
        harness.Declare("q", new QueueOptionSet { UnusedMs = 1_000 });
        harness.Declare("other");
        (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(1);
        Idle(harness, 5_000);
        harness.Push("1");
        harness.DeadLetter(Assert.Single(sink.All));
        consumer.Dispose();
        Idle(harness, 900);
        harness.Push("2");
        Idle(harness, 5_000);
        harness.Ack(Assert.Single(harness.Pull(Puller(harness))));
        Idle(harness, 900);
        Assert.Equal(2, harness.Queues.Count);
        Idle(harness, 200);
        Assert.Equal(1, harness.Queues.Count);
    }

    [Fact]
    public void Pausing_and_describing_what_is_not_there_says_so()
    {
        using var harness = new QueueHarness();
        Assert.Equal(QueueStatus.NotFound, harness.Pause(QueuePausedParts.Pushes));
        Assert.Equal(QueueStatus.NotFound, harness.Queues.Describe("q"u8, out _));
        Assert.Equal(QueueStatus.NotFound, harness.Queues.Stats("q"u8, out _));
        Assert.Equal(QueueStatus.NotFound, harness.Queues.Delete("q"u8, false, false, out _, out _));
        Assert.Equal(QueueStatus.NotFound, harness.Queues.Purge("q"u8, QueuePart.Ready, out _, out _));
        harness.Declare("q");
        Assert.Equal(QueueStatus.InvalidArgument, harness.Pause(QueuePausedParts.None));
        Assert.Equal(QueueStatus.InvalidArgument, harness.Pause((QueuePausedParts)4));
        Assert.Equal(QueueStatus.InvalidArgument, harness.Queues.Purge("q"u8, QueuePart.Leased, out _, out _));
        Assert.Equal(QueueStatus.InvalidArgument, harness.Queues.Purge("q"u8, QueuePart.None, out _, out _));
    }

    [Fact]
    public void Rates_are_averages_of_the_last_seconds_and_ages_are_those_of_the_oldest()
    {
        using var harness = new QueueHarness();
        for (int i = 0; i < 200; i++)
        {
            harness.Push("m");
            harness.Time.Advance(100);
        }

        QueueStats stats = harness.Stats();
        Assert.InRange(stats.PushedPerSecond, 9, 11);
        Assert.Equal(20_000, stats.OldestAgeMs);
        harness.Time.Advance(20_000);
        Assert.Equal(0, harness.Stats().PushedPerSecond);
        Assert.Equal(200, harness.Queues.Totals.Ready);
    }

    [Fact]
    public void Limits_that_the_engine_cannot_keep_are_refused()
    {
        var clock = new EngineClock(TimeProvider.System);
        foreach (QueueLimits limits in (QueueLimits[])
            [
                new() { Shards = 3 }, new() { Shards = 512 }, new() { NameBytesMax = 256 }, new() { GroupBytesMax = 256 },
                new() { HeaderBytesMax = 65_536 }, new() { ReasonBytesMax = 65_536 }, new() { BodyBytesMax = -1 },
            ])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new QueueService(limits, clock));
        }
    }

    private static QueueConsumer Puller(QueueHarness harness) =>
        harness.Consume(0, options: new QueueConsumerOptions { PullsOnly = true }).Consumer;

    private static void Idle(QueueHarness harness, int milliseconds)
    {
        for (int i = 0; i < milliseconds; i += 10)
        {
            harness.Advance(10);
        }
    }

    private static QueueOptionSet To(string target) => new() { DeadLetterQueue = target };
}
