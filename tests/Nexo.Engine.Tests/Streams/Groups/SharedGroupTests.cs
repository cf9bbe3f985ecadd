using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

public sealed class SharedGroupTests
{
    private const string Dead = "dead";

    [Fact]
    public void Of_one_key_one_is_out_at_a_time_and_other_keys_go_on()
    {
        using GroupHarness harness = Shared();
        foreach ((string key, string value) in new[] { ("a", "0"), ("a", "1"), ("b", "2"), ("a", "3"), ("b", "4") })
        {
            harness.Append(value, key);
        }

        harness.Append("5");
        harness.Append("6");
        MemberDouble member = harness.Join(100);
        Assert.Equal(["0", "2", "5", "6"], Values(member));
        member.Ack(member.Records[0]);
        Assert.Equal(["0", "2", "5", "6", "1"], Values(member));
        Assert.Equal((1, 6), (harness.Info().Position, harness.Info().Lag));
        member.Ack(member.Records[1], member.Records[3]);
        Assert.Equal("4", member.Records[^1].Value);
        StreamGroupInfo info = harness.Info();
        Assert.Equal((1, 4, 3, 1), (info.Position, info.Lag, info.InFlight, info.Waiting));
        member.Ack(member.Records[4]);
        member.Ack([.. member.Records.Where(record => record.Value is "3" or "4" or "5")]);
        Assert.Equal((7, 0, 0), (harness.Info().Position, harness.Info().Lag, harness.Info().Waiting));
    }

    [Fact]
    public void Members_share_by_load_and_never_get_more_than_their_credits()
    {
        using GroupHarness harness = Shared(new StreamGroupLimits());
        for (int i = 0; i < 30; i++)
        {
            harness.Append($"{i}");
        }

        MemberDouble one = harness.Join();
        MemberDouble two = harness.Join();
        one.Handle.AddCredits(10);
        two.Handle.AddCredits(8);
        harness.Run();
        Assert.Equal((10, 8), (one.Records.Count, two.Records.Count));
        Assert.Empty(one.Records.Select(record => record.Offset).Intersect(two.Records.Select(record => record.Offset)));
        Assert.Equal(18, one.Records.Concat(two.Records).Select(record => record.Lease).Distinct().Count());
        Assert.InRange(one.Records.Take(8).Max(record => record.Offset), 10, 20);
    }

    [Fact]
    public void A_lease_that_ends_is_a_failure_and_its_holder_can_settle_no_more()
    {
        using GroupHarness harness = Shared(options: new StreamGroupOptionSet { LeaseMs = 5_000, BackoffMs = 1_000 });
        harness.Append("0", "a");
        harness.Append("1", "a");
        MemberDouble slow = harness.Join(1);
        MemberDouble other = harness.Join(10);
        harness.Pass(5_000);
        Assert.Empty(other.Records);
        harness.Pass(1_000);
        Assert.Equal(("0", 2u), (other.Records[0].Value, other.Records[0].Attempt));
        Assert.Equal(StreamStatus.Ok, slow.Ack(out List<StreamStatus> outcomes, out _, slow.Records[0]));
        Assert.Equal([StreamStatus.LeaseLost], outcomes);
        Assert.Equal(0, harness.Info().Position);
        other.Ack(other.Records[0]);
        Assert.Equal(["0", "1"], Values(other));
        Assert.Equal(1, harness.Info().Failed);
    }

    [Fact]
    public void Nacks_come_again_as_they_say_before_the_next_of_their_key()
    {
        using GroupHarness harness = Shared(options: new StreamGroupOptionSet { BackoffMs = 1_000, DeliveriesMax = 0 });
        harness.Append("0", "a");
        harness.Append("1", "a");
        MemberDouble member = harness.Join(100);
        member.Nack(StreamNack.Now, member.Records[^1]);
        Assert.Equal(("0", 2u), (member.Records[^1].Value, member.Records[^1].Attempt));
        member.Nack(StreamNack.Backoff, member.Records[^1]);
        harness.Pass(1_999);
        Assert.Equal(2, member.Records.Count);
        harness.Pass(1);
        Assert.Equal(3u, member.Records[^1].Attempt);
        member.Nack(StreamNack.Delay, member.Records[^1], delayMs: 500);
        harness.Pass(500);
        Assert.Equal(4u, member.Records[^1].Attempt);
        member.Nack(StreamNack.Release, member.Records[^1]);
        Assert.Equal(5u, member.Records[^1].Attempt);
        Assert.Equal((3, 4), (harness.Info().Failed, harness.Info().Redelivered));
        Assert.All(member.Records, record => Assert.Equal("0", record.Value));
    }

    [Fact]
    public void After_so_many_failures_it_is_a_dead_letter_with_its_story()
    {
        using GroupHarness harness = WithDead(new StreamGroupOptionSet { DeliveriesMax = 2, DeadLetterStream = Dead });
        harness.Append("0", "a");
        harness.Append("1", "a");
        harness.Append("2");
        MemberDouble member = harness.Join(100);
        member.Nack(StreamNack.Now, member.Records[0], reason: "no");
        member.Nack(StreamNack.Now, member.Records[^1], reason: "no route");
        Got letter = Assert.Single(harness.ReadAll(Dead));
        Assert.Equal(("a", "0"), (letter.Key, letter.Value));
        Assert.Equal("\u000bnexo-stream\u0001\0s\u000bnexo-offset\u0001\00\u000bnexo-reason\u0008\0no route", letter.Headers);
        Assert.Equal("1", member.Records[^1].Value);
        Assert.Equal((1, 1), (harness.Info().Position, harness.Info().DeadLetters));
        member.Nack(StreamNack.DeadLetter, member.Records.Single(record => record.Value == "2"));
        Assert.Equal(["0", "2"], harness.ReadAll(Dead).Select(one => one.Value));
        harness.Restart();
        Assert.Equal((1, 1), (harness.Info().Position, harness.Info().Lag));
        Assert.Equal(["0", "2"], harness.ReadAll(Dead).Select(one => one.Value));
        Assert.Equal("1", Assert.Single(harness.Join(10).Records).Value);
    }

    [Fact]
    public void A_dead_letter_waits_for_its_stream_and_holds_up_its_key_alone()
    {
        using GroupHarness harness = WithDead(new StreamGroupOptionSet { DeliveriesMax = 1, DeadLetterStream = Dead });
        harness.Append("0", "a");
        harness.Append("1", "a");
        MemberDouble member = harness.Join(100);
        harness.Streams.Delete("dead"u8, false, out _, out _);
        member.Nack(StreamNack.Now, member.Records[0], reason: "why");
        harness.Append("2", "b");
        harness.Run();
        harness.Pass(5_000);
        Assert.Equal(["0", "2"], Values(member));
        harness.Restart();
        member = harness.Join(100);
        Assert.Equal(["2"], Values(member));
        harness.Create(Dead);
        harness.Pass(1_000);
        Assert.Equal(["2", "1"], Values(member));
        Assert.Equal("0", Assert.Single(harness.ReadAll(Dead)).Value);
    }

    [Fact]
    public void A_dead_letter_is_appended_and_done_or_neither_wherever_the_log_ends()
    {
        bool[] buried = new bool[2];
        for (ulong cut = 0; cut < 20; cut++)
        {
            using GroupHarness harness = WithDead(new StreamGroupOptionSet { DeliveriesMax = 1, DeadLetterStream = Dead });
            harness.Append("0", "a");
            MemberDouble member = harness.Join(100);
            ulong before = harness.Log.AppendedLsn.Value;
            member.Nack(StreamNack.Now, member.Records[0]);
            harness.Log.Crash(new(Math.Min(before + cut, harness.Log.AppendedLsn.Value)));
            harness.Restart();
            bool isLetter = harness.ReadAll(Dead).Count == 1;
            Assert.Equal(isLetter ? (1, 0) : (0, 1), (harness.Info().Position, harness.Info().Lag));
            buried[isLetter ? 1 : 0] = true;
        }

        Assert.All(buried, was => Assert.True(was, "both were seen"));
    }

    [Fact]
    public void Without_a_dead_letter_stream_it_is_passed_over_and_counted()
    {
        using GroupHarness harness = Shared(options: new StreamGroupOptionSet { DeliveriesMax = 1 });
        harness.Append("0");
        MemberDouble member = harness.Join(100);
        member.Nack(StreamNack.Now, member.Records[0]);
        Assert.Equal((1, 1), (harness.Info().Position, harness.Info().DeadLetters));
        harness.Restart();
        Assert.Equal(1, harness.Info().Position);
    }

    [Fact]
    public void Who_leaves_gives_back_what_it_has_and_that_is_no_failure()
    {
        using GroupHarness harness = Shared(options: new StreamGroupOptionSet { DeliveriesMax = 1 });
        harness.Append("0", "a");
        harness.Append("1", "b");
        MemberDouble first = harness.Join(100);
        MemberDouble second = harness.Join(100);
        Assert.Equal(StreamStatus.Ok, first.Leave());
        harness.Run();
        Assert.Equal(StreamStatus.Ok, first.End);
        Assert.Equal(["0", "1"], Values(second));
        Assert.Equal(StreamStatus.MemberFenced, first.Ack(out _, out StreamGroupSettled settled, first.Records[0]));
        Assert.Equal((1ul, 0), (settled.Epoch, harness.Info().Failed));
        second.Handle.Dispose();
        MemberDouble third = harness.Join(100);
        Assert.Equal(["0", "1"], Values(third));
    }

    [Fact]
    public void A_record_that_kills_its_members_is_a_dead_letter_at_last_and_what_they_had_beside_it_is_not()
    {
        // Two losses for each failure that is allowed.
        using GroupHarness harness = WithDead(new StreamGroupOptionSet { DeliveriesMax = 2, DeadLetterStream = Dead });
        uint[] attempts = [1, 3, 4];
        harness.Append("poison", "a");
        harness.Append("1", "a");
        harness.Append("2", "b");
        for (int i = 0; i < 3; i++)
        {
            MemberDouble lost = harness.Join(100, sessionMs: i == 0 ? 1_000 : 0);
            Assert.Equal(["poison", "2"], Values(lost));
            Assert.Equal(attempts[i], lost.Records[0].Attempt);
            if (i == 0)
            {
                harness.Pass(1_000);
                Assert.Equal(StreamStatus.MemberFenced, lost.End);
            }
            else
            {
                lost.Handle.Dispose();
            }

            // One that leaves is not lost; and a server that ends loses its members, which it does not count.
            MemberDouble leaves = harness.Join(1);
            Assert.Equal(["poison"], Values(leaves));
            if (i == 1)
            {
                harness.Restart();
            }
            else
            {
                Assert.Equal(StreamStatus.Ok, leaves.Leave());
            }
        }

        Assert.Equal(0, harness.Info().Failed);
        MemberDouble last = harness.Join(100);
        last.Handle.Dispose();
        harness.Restart();
        MemberDouble next = harness.Join(100);
        Assert.Equal(["1", "2"], Values(next).Order());
        Got letter = Assert.Single(harness.ReadAll(Dead));
        Assert.Equal("poison", letter.Value);
        Assert.EndsWith("4 members were lost while they had it", letter.Headers, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_becomes_a_dead_letter_losses_are_only_counted()
    {
        using GroupHarness harness = Shared(options: new StreamGroupOptionSet { DeliveriesMax = 0 });
        harness.Append("0");
        for (uint i = 1; i <= 20; i++)
        {
            MemberDouble member = harness.Join(1);
            Assert.Equal(i, Assert.Single(member.Records).Attempt);
            member.Handle.Dispose();
        }
    }

    [Fact]
    public void A_key_that_is_stuck_holds_up_others_only_when_the_window_is_full()
    {
        using GroupHarness harness = Shared(options: new StreamGroupOptionSet { LeaseMs = 40_000_000 });
        int window = GroupHarness.Tiny.WindowRecordsMax;
        MemberDouble member = harness.Join(1_000, onGot: null);
        harness.Append("stuck", "a");
        harness.Run();
        for (int i = 1; i < 100; i++)
        {
            harness.Append(new string('x', 100), i % 2 == 0 && i < 2 * window ? "a" : $"{i}");
            harness.Run();
            member.Ack([.. member.Records.Skip(1).Where(record => record.Offset == i)]);
        }

        // The window holds the one that is stuck and those of its key behind it.
        StreamGroupInfo info = harness.Info();
        Assert.Equal((0, 1, window - 1), (info.Position, info.InFlight, info.Waiting));
        Assert.Equal(2 * (window - 1), member.Records[^1].Offset + 1);
        var done = new HashSet<long>(member.Records.Skip(1).Select(record => record.Offset));
        while (member.Records.FirstOrDefault(record => !done.Contains(record.Offset)) is { } open)
        {
            member.Ack(open);
            done.Add(open.Offset);
        }

        Assert.Equal((100, 0), (harness.Info().Position, harness.Info().Lag));
        Assert.Equal(100, member.Records.Select(record => record.Offset).Distinct().Count());
    }

    private static List<string> Values(MemberDouble member) => [.. member.Records.Select(record => record.Value)];

    private static GroupHarness WithDead(StreamGroupOptionSet options)
    {
        var harness = new GroupHarness();
        harness.Create(Dead);
        harness.CreateGroup(StreamGroupMode.SharedByKey, options);
        return harness;
    }

    private static GroupHarness Shared(StreamGroupLimits? limits = null, StreamGroupOptionSet? options = null)
    {
        var harness = new GroupHarness(limits);
        harness.CreateGroup(StreamGroupMode.SharedByKey, options);
        return harness;
    }
}
