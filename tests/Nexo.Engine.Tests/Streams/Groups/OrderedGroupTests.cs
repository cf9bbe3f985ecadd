using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

public sealed class OrderedGroupTests
{
    [Fact]
    public void The_eldest_member_gets_all_in_order_and_the_next_goes_on_at_the_commit()
    {
        using GroupHarness harness = Ordered();
        harness.Append("0");
        MemberDouble first = harness.Join(100);
        MemberDouble second = harness.Join(100);
        harness.Append("1", "k");
        harness.Append("2");
        harness.Run();
        Assert.Equal(["0", "1", "2"], first.Records.Select(record => record.Value));
        Assert.Equal((StreamMemberState.Active, StreamMemberState.Standby), (first.State, second.State));
        Assert.Equal(StreamStatus.Ok, first.Commit(1, out StreamGroupSettled settled));
        Assert.Equal((1, 2ul, true), (settled.Position, settled.Epoch, settled.Waits));

        first.Handle.Dispose();
        harness.Run();
        Assert.Equal(["1", "2"], second.Records.Select(record => record.Value));
        Assert.Equal([new StreamGroupState(3, 1, StreamMemberState.Active)], second.States);
        Assert.Equal(StreamStatus.MemberFenced, first.Commit(3, out settled));
        Assert.Equal((1, 3ul), (settled.Position, settled.Epoch));
        Assert.Equal(StreamStatus.MemberFenced, second.Commit(3, out _, epoch: 2));
        Assert.Equal(StreamStatus.Ok, second.Commit(3, out _));
        Assert.Equal((3, 0), (harness.Info().Position, harness.Info().Lag));
    }

    [Fact]
    public void No_more_come_than_there_are_credits_and_none_while_it_is_congested()
    {
        using GroupHarness harness = Ordered();
        for (int i = 0; i < 20; i++)
        {
            harness.Append($"{i}");
        }

        MemberDouble member = harness.Join(3);
        Assert.Equal(3, member.Records.Count);
        member.IsCongested = true;
        member.Handle.AddCredits(10);
        harness.Run();
        Assert.Equal(3, member.Records.Count);
        member.IsCongested = false;
        member.Handle.Resume();
        harness.Run();
        Assert.Equal(Enumerable.Range(0, 13).Select(i => (long)i), member.Records.Select(record => record.Offset));
        member.Handle.Stop();
        member.Handle.AddCredits(10);
        harness.Run();
        Assert.Equal(13, member.Records.Count);
        Assert.Equal(StreamStatus.Ok, member.Commit(13, out _));
    }

    [Fact]
    public void Who_is_not_heard_of_is_fenced_and_another_one_takes_over()
    {
        using GroupHarness harness = Ordered();
        harness.Append("0");
        MemberDouble silent = harness.Join(10, sessionMs: 2_000);
        MemberDouble other = harness.Join(10, sessionMs: 2_000);
        harness.Pass(1_500);
        Assert.Equal(StreamStatus.Ok, other.Heartbeat(out StreamGroupState state));
        Assert.Equal(new StreamGroupState(2, 0, StreamMemberState.Standby), state);
        harness.Pass(600);
        Assert.Equal(StreamStatus.MemberFenced, silent.End);
        Assert.Equal(StreamMemberState.Fenced, silent.State);
        Assert.Equal(StreamStatus.MemberFenced, silent.Heartbeat(out _));
        Assert.Equal(StreamMemberState.Active, other.State);
        Assert.Single(other.Records);

        // A jump of the wall clock is no silence.
        harness.Time.WallJumpMs += 3 * 24 * 3_600_000;
        harness.Pass(100);
        Assert.Null(other.End);
    }

    [Fact]
    public void A_seek_begins_a_new_epoch_and_a_dry_run_only_counts()
    {
        using GroupHarness harness = Ordered();
        for (int i = 0; i < 10; i++)
        {
            harness.Append($"{i}");
        }

        MemberDouble member = harness.Join(100);
        Assert.Equal(StreamStatus.Ok, member.Commit(7, out _));
        StreamGroupSought sought = harness.Seek(new StreamPlace(StreamFrom.Offset, 2), dryRun: true);
        Assert.Equal((7, 2, 5, 2ul), (sought.Before, sought.After, sought.Replayed, sought.Epoch));
        Assert.Equal(7, harness.Info().Position);
        sought = harness.Seek(new StreamPlace(StreamFrom.Offset, 2));
        Assert.Equal((7, 2, 5, 3ul), (sought.Before, sought.After, sought.Replayed, sought.Epoch));
        Assert.Equal(Enumerable.Range(2, 8).Select(i => (long)i), member.Records.Skip(10).Select(record => record.Offset));
        Assert.All(member.Records.Skip(10), record => Assert.Equal(3ul, record.Epoch));
        Assert.Equal(StreamStatus.MemberFenced, member.Commit(9, out _, epoch: 2));
        Assert.Equal(
            StreamStatus.OffsetOutOfRange,
            harness.Streams.SeekGroup("s"u8, "g"u8, new StreamPlace(StreamFrom.Offset, 11), false, out sought));
        Assert.Equal(new StreamRange(0, 10), sought.Range);
        Assert.Equal(10, harness.Seek(new StreamPlace(StreamFrom.End)).After);
    }

    [Fact]
    public void A_commit_is_within_what_there_is_and_never_goes_back()
    {
        using GroupHarness harness = Ordered();
        harness.Append("0");
        harness.Append("1");
        MemberDouble member = harness.Join(10);
        Assert.Equal(StreamStatus.OffsetOutOfRange, member.Commit(3, out StreamGroupSettled settled));
        Assert.Equal(new StreamRange(0, 2), settled.Range);
        Assert.Equal(StreamStatus.Ok, member.Commit(2, out _));
        Assert.Equal(StreamStatus.Ok, member.Commit(1, out settled));
        Assert.Equal(2, settled.Position);
        Assert.Equal(StreamStatus.InvalidArgument, member.Ack(out _, out _, member.Records[0]));
        harness.Streams.Trim("s"u8, StreamTrimBy.Records, 0, out _, out _);
        harness.Append("2");
        harness.Streams.Trim("s"u8, StreamTrimBy.Records, 0, out _, out _);
        Assert.Equal((3, 0), (harness.Info().Position, harness.Info().Lag));
    }

    [Fact]
    public void A_pull_takes_what_is_there_or_waits()
    {
        using GroupHarness harness = Ordered();
        harness.Append("0");
        harness.Append("1");
        MemberDouble member = harness.Join();
        var target = new MemberDouble(harness, GroupHarness.G);
        Assert.Equal(StreamStatus.Ok, member.Pull(1, target, mayWait: true, out StreamGroupPull? pull));
        Assert.Null(pull);
        Assert.Equal(["0"], target.Records.Select(record => record.Value));
        Assert.Equal(StreamStatus.Ok, member.Pull(5, target, mayWait: false, out pull));
        Assert.Equal(["0", "1"], target.Records.Select(record => record.Value));
        Assert.Equal(StreamStatus.Ok, member.Pull(5, target, mayWait: false, out pull));
        Assert.Null(pull);
        Assert.Equal(StreamStatus.Ok, member.Pull(5, target, mayWait: true, out pull));
        harness.Append("2");
        harness.Run();
        Assert.Equal(["0", "1", "2"], target.Records.Select(record => record.Value));
        Assert.False(pull!.End(), "it has come");
        Assert.Equal(StreamStatus.Ok, member.Pull(5, target, mayWait: true, out pull));
        Assert.True(pull!.End(), "nothing came");
        harness.Append("3");
        harness.Run();
        Assert.Equal(3, target.Records.Count);
        MemberDouble standby = harness.Join();
        Assert.Equal(StreamStatus.Ok, standby.Pull(5, target, mayWait: true, out pull));
        Assert.Null(pull);
        Assert.Empty(member.Records);
    }

    [Fact]
    public void What_was_committed_and_the_epoch_outlive_a_restart_and_members_do_not()
    {
        using GroupHarness harness = Ordered();
        for (int i = 0; i < 6; i++)
        {
            harness.Append($"{i}");
        }

        MemberDouble member = harness.Join(100);
        member.Commit(2, out _);
        harness.Seek(new StreamPlace(StreamFrom.Offset, 1));
        member.Commit(3, out _);
        harness.Snapshot();
        member.Commit(4, out _);
        harness.Restart();
        StreamGroupInfo info = harness.Info();
        Assert.Equal((4, 3ul, 2, 0), (info.Position, info.Epoch, info.Lag, info.Members.Count));
        Assert.Equal(StreamStatus.MemberFenced, member.Commit(5, out _));
        MemberDouble next = harness.Join(100);
        Assert.True(next.Handle.Number > member.Handle.Number, "a number is given out once");
        Assert.Equal((4ul, 4), (next.Epoch, next.Records[0].Offset));
    }

    [Fact]
    public void Members_are_told_when_the_group_or_the_stream_is_deleted()
    {
        using GroupHarness harness = Ordered();
        MemberDouble member = harness.Join(10);
        Assert.Equal(StreamStatus.InUse, harness.Streams.Delete("s"u8, true, out _, out _));
        Assert.Equal(StreamStatus.Ok, harness.Streams.DeleteGroup("s"u8, "g"u8, out _));
        Assert.Equal(StreamStatus.GroupNotFound, member.End);
        Assert.Equal(StreamStatus.GroupNotFound, harness.Streams.DeleteGroup("s"u8, "g"u8, out _));
        harness.CreateGroup(StreamGroupMode.Ordered);
        member = harness.Join(10);
        harness.Streams.Delete("s"u8, false, out _, out _);
        Assert.Equal(StreamStatus.NotFound, member.End);
        harness.Create(GroupHarness.S);
        Assert.Equal(StreamStatus.GroupNotFound, harness.Streams.DescribeGroup("s"u8, "g"u8, out _));
        harness.Restart();
        Assert.Equal(0, harness.Streams.Totals.Groups);
    }

    [Fact]
    public void Retention_goes_not_beyond_a_group_that_is_protected()
    {
        using var harness = new GroupHarness();
        harness.Streams.Update("s"u8, 0, new StreamOptionSet { Records = 3, ProtectGroups = true }, out _);
        harness.CreateGroup(StreamGroupMode.Ordered);
        for (int i = 0; i < 60; i++)
        {
            harness.Append(new string('x', 200));
        }

        MemberDouble member = harness.Join(100);
        harness.Pass(1_000);
        Assert.Equal(StreamStatus.Ok, harness.Streams.Describe("s"u8, out _, out StreamRange range));
        Assert.Equal(0, range.First);
        member.Commit(40, out _);
        harness.Pass(1_000);
        harness.Streams.Describe("s"u8, out _, out range);
        Assert.InRange(range.First, 20, 40);
    }

    [Fact]
    public void A_durable_append_wakes_members_that_wait()
    {
        using var harness = new GroupHarness(isDurable: false);
        harness.CreateGroup(StreamGroupMode.Ordered);
        harness.CreateGroup(StreamGroupMode.SharedByKey, group: "shared");
        MemberDouble[] members = [harness.Join(10), harness.Join(10, group: "shared")];
        harness.Append("0");
        harness.Run();
        Assert.All(members, member => Assert.Empty(member.Records));
        harness.Log.MakeDurable();
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    harness.RunScheduled();
                    return members.All(member => member.Records.Count == 1);
                },
                TimeSpan.FromSeconds(20)),
            "they were woken");
    }

    private static GroupHarness Ordered()
    {
        var harness = new GroupHarness();
        harness.CreateGroup(StreamGroupMode.Ordered);
        return harness;
    }
}
