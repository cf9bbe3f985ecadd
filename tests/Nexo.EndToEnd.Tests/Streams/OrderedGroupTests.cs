using System.Buffers.Binary;
using Nexo.EndToEnd.Tests.Data;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Groups with one active member.</summary>
public sealed class OrderedGroupTests
{
    [Fact]
    public async Task The_active_member_gets_all_records_and_the_next_one_those_that_were_not_committed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        RawPeer first = await RawPeer.GreetAsync(server);
        using RawPeer second = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 10));
        Assert.Equal(0ul, await writer.CreateGroupAsync(GroupMode.Ordered));

        Member active = await first.JoinAsync(7, credits: 6, name: "worker-1");
        Member standby = await second.JoinAsync(8, credits: 100);
        Assert.Equal(
            (GroupMode.Ordered, MemberState.Active, MemberState.Standby, true),
            (active.Mode, active.State, standby.State, active.Number != standby.Number));
        Delivered got = await first.ReadGroupAsync(7, 6);
        Assert.Equal(StreamPeer.Numbers(0, 6), got.Values);
        Assert.Equal((active.Epoch, false), (got.Epoch, got.IsLeased));
        Assert.Equal(4ul, GroupPeer.PositionOf(await first.CommitAsync(active.Number, active.Epoch, 4)));
        await first.CreditAsync(7, 1);
        Assert.Equal(["6"], (await first.ReadGroupAsync(7, 1)).Values);
        Assert.False(second.HasAnswer);
        first.Dispose();

        GroupState taken = GroupPeer.StateOf(await second.ReadAsync());
        Assert.Equal(new GroupState(active.Epoch + 1, 4, MemberState.Active), taken);
        got = await second.ReadGroupAsync(8, 6);
        Assert.Equal(StreamPeer.Numbers(4, 6), got.Values);
        Assert.Equal(taken.Epoch, got.Epoch);

        // Who was active is none any more, whoever says so for it.
        Frame late = await writer.CommitAsync(active.Number, active.Epoch, 6);
        Assert.Equal((ErrorCode.MemberFenced, taken.Epoch), (late.Code, EpochOf(late)));
        Assert.Equal(10ul, GroupPeer.PositionOf(await second.CommitAsync(standby.Number, taken.Epoch, 10)));
        await writer.AppendAsync("s", "10");
        Assert.Equal(["10"], (await second.ReadGroupAsync(8, 1)).Values);
    }

    [Fact]
    public async Task A_seek_tells_what_it_replays_and_members_begin_again_under_a_new_epoch()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer member = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 10));
        await peer.CreateGroupAsync(GroupMode.Ordered);
        Member joined = await member.JoinAsync(7, credits: 100);
        await member.ReadGroupAsync(7, 10);
        GroupPeer.PositionOf(await member.CommitAsync(joined.Number, joined.Epoch, 8));

        Assert.Equal(new GroupSeekReply(8, 3, 5, joined.Epoch), await peer.SeekAsync(StreamPeer.At(3), dryRun: true));
        Assert.False(member.HasAnswer);
        Assert.Equal(new GroupSeekReply(8, 3, 5, joined.Epoch + 1), await peer.SeekAsync(StreamPeer.At(3)));
        Assert.Equal(
            new GroupState(joined.Epoch + 1, 3, MemberState.Active), GroupPeer.StateOf(await member.ReadAsync()));
        Assert.Equal(StreamPeer.Numbers(3, 7), (await member.ReadGroupAsync(7, 7)).Values);
        Assert.Equal(ErrorCode.MemberFenced, (await member.CommitAsync(joined.Number, joined.Epoch, 9)).Code);

        Frame refused = await peer.TrySeekAsync(StreamPeer.At(11));
        Assert.Equal((ErrorCode.OffsetOutOfRange, new OffsetRange(0, 10)), (refused.Code, StreamPeer.RangeOf(refused)));
        Frame beyond = await member.CommitAsync(joined.Number, joined.Epoch + 1, 11);
        Assert.Equal((ErrorCode.OffsetOutOfRange, new OffsetRange(0, 10)), (beyond.Code, StreamPeer.RangeOf(beyond)));
    }

    [Fact]
    public async Task A_member_that_stops_stays_one_and_one_that_leaves_hands_over()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 4));
        await peer.CreateGroupAsync(GroupMode.Ordered);
        Member member = await peer.JoinAsync(7, credits: 2);
        await peer.ReadGroupAsync(7, 2);

        await peer.NoticeAsync(Opcode.Stop, 7);
        Frame end = await peer.ReadAsync();
        Assert.Equal((FrameKind.End, 7u, ErrorCode.None), (end.Header.Kind, end.Header.Correlation, end.Code));
        Assert.Equal(2ul, GroupPeer.PositionOf(await peer.CommitAsync(member.Number, member.Epoch, 2)));
        Member standby = await other.JoinAsync(8, credits: 100);
        Assert.Equal(MemberState.Standby, standby.State);
        Frame beat = StreamPeer.Reply(await peer.MemberAsync(Opcode.GroupHeartbeat, member.Number), Opcode.GroupHeartbeat);
        Assert.True(GroupState.TryRead(beat.Body, out GroupState state));
        Assert.Equal(new GroupState(member.Epoch, 2, MemberState.Active), state);

        StreamPeer.Reply(await peer.MemberAsync(Opcode.GroupLeave, member.Number), Opcode.GroupLeave);
        Assert.Equal(MemberState.Active, GroupPeer.StateOf(await other.ReadAsync()).State);
        Assert.Equal(["2", "3"], (await other.ReadGroupAsync(8, 2)).Values);
        Assert.Equal(ErrorCode.MemberFenced, (await peer.MemberAsync(Opcode.GroupHeartbeat, member.Number)).Code);

        // One that leaves while its subscription is open is told its end.
        await other.RequestAsync(
            Opcode.GroupLeave,
            9,
            buffer => new GroupMemberRequest { Member = standby.Number, Stream = "s"u8, Group = "g"u8 }.Write(buffer));
        Frame[] last = [await other.ReadAsync(), await other.ReadAsync()];
        Assert.Contains(last, frame => frame.Header is { Kind: FrameKind.End, Correlation: 8 } && frame.Code == ErrorCode.None);
        Assert.Contains(last, frame => frame.Header is { Kind: FrameKind.Reply, Correlation: 9 });
    }

    [Fact]
    public async Task A_member_that_is_silent_for_its_session_is_fenced_and_told_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.CreateGroupAsync(GroupMode.Ordered);
        await peer.JoinAsync(7, credits: 10, sessionMs: 1_000);
        await other.JoinAsync(8, credits: 10);

        Assert.Equal(MemberState.Fenced, GroupPeer.StateOf(await peer.ReadAsync()).State);
        Frame end = await peer.ReadAsync();
        Assert.Equal((FrameKind.End, ErrorCode.MemberFenced), (end.Header.Kind, end.Code));
        Assert.Equal(MemberState.Active, GroupPeer.StateOf(await other.ReadAsync()).State);
    }

    [Fact]
    public async Task Records_are_pulled_at_once_or_when_they_come_and_none_by_a_standby()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 5));
        await peer.CreateGroupAsync(GroupMode.Ordered);
        Member active = await peer.JoinAsync(7, credits: 0);
        Member standby = await other.JoinAsync(8, credits: 0);

        Assert.Equal(["0", "1", "2"], (await peer.PullGroupAsync(active, recordsMax: 3)).Values);
        Assert.Equal(["3", "4"], (await peer.PullGroupAsync(active, recordsMax: 3)).Values);
        Assert.Empty((await peer.PullGroupAsync(active)).Records);
        Assert.Empty((await peer.PullGroupAsync(active, waitMs: 30)).Records);
        Assert.Empty((await other.PullGroupAsync(standby with { Epoch = active.Epoch }, waitMs: 10_000)).Records);

        await peer.BeginPullAsync(9, active.Number, active.Epoch, waitMs: 60_000);
        await other.AppendAsync("s", "5");
        Frame pulled = await peer.ReadAsync();
        Assert.Equal((9u, "5"), (pulled.Header.Correlation, GroupPeer.DeliveredOf(pulled).Values.Single()));

        await peer.BeginPullAsync(10, active.Number, active.Epoch, waitMs: 60_000);
        await peer.NoticeAsync(Opcode.Cancel, 10);
        Assert.Equal((10u, ErrorCode.Cancelled), (await peer.ReadAsync()) is var frame ? (frame.Header.Correlation, frame.Code) : default);
        await peer.BeginPullAsync(11, active.Number, active.Epoch + 7, waitMs: 60_000);
        Assert.Equal(ErrorCode.MemberFenced, (await peer.ReadAsync()).Code);
    }

    [Fact]
    public async Task A_group_is_described_listed_and_deleted_with_its_members()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using RawPeer member = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 5));
        await peer.CreateGroupAsync(GroupMode.Ordered, options: (GroupOptionTag.LeaseMs, 60_000));
        StreamPeer.Reply(
            await peer.TryCreateGroupAsync(GroupMode.SharedByKey, new StreamPosition(PositionKind.End), group: "h"), Opcode.GroupCreate);
        Member joined = await member.JoinAsync(7, credits: 0, name: "worker-1");

        Frame described = StreamPeer.Reply(await peer.OfGroupAsync(Opcode.GroupDescribe), Opcode.GroupDescribe);
        Assert.True(GroupDescribeReply.TryRead(described.Body, out GroupDescribeReply group));
        Assert.Equal((GroupMode.Ordered, 0ul, 5ul, 1u), (group.Mode, group.Position, group.Lag, group.MemberCount));
        Assert.True(group.TryTakeMember(out GroupMember found));
        Assert.True(found.Name.SequenceEqual("worker-1"u8));
        Assert.Equal((joined.Number, MemberState.Active), (found.Member, found.State));
        Assert.Equal(["g 5", "h 0"], await ListAsync(peer));
        Assert.Equal(2ul, (await peer.StreamStatsAsync("s"))[StreamStat.Groups]);
        Assert.Equal(ErrorCode.StreamConflict, (await peer.DeleteStreamAsync("s", StreamDeleteConditions.IfUnused)).Code);

        Assert.Equal(1, CountOf(await peer.OfGroupAsync(Opcode.GroupDelete)));
        Assert.Equal(0, CountOf(await peer.OfGroupAsync(Opcode.GroupDelete)));
        Frame end = await member.ReadAsync();
        while (end.Header.Kind == FrameKind.Notice)
        {
            end = await member.ReadAsync();
        }

        Assert.Equal((FrameKind.End, ErrorCode.GroupNotFound), (end.Header.Kind, end.Code));
        Assert.Equal(["h 0"], await ListAsync(peer));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_says_why()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        StreamPosition beginning = new(PositionKind.Beginning);
        Assert.Equal(ErrorCode.StreamNotFound, (await peer.TryCreateGroupAsync(GroupMode.Ordered, beginning)).Code);
        await peer.CreateAsync("s");
        Assert.Equal(ErrorCode.GroupNotFound, (await peer.TryJoinAsync(7, credits: 1)).Code);
        Assert.Equal(ErrorCode.GroupNotFound, (await peer.OfGroupAsync(Opcode.GroupDescribe)).Code);
        Assert.Equal(ErrorCode.GroupNotFound, (await peer.TrySeekAsync(beginning)).Code);
        Assert.Equal(ErrorCode.NameInvalid, (await peer.TryCreateGroupAsync(GroupMode.Ordered, beginning, group: string.Empty)).Code);
        Assert.Equal(
            ErrorCode.InvalidArgument,
            (await peer.TryCreateGroupAsync(GroupMode.Ordered, new StreamPosition(PositionKind.End, 0, PositionFlags.Backward))).Code);
        Frame range = await peer.TryCreateGroupAsync(GroupMode.Ordered, StreamPeer.At(5));
        Assert.Equal((ErrorCode.OffsetOutOfRange, new OffsetRange(0, 0)), (range.Code, StreamPeer.RangeOf(range)));
        Assert.Equal(
            ErrorCode.InvalidArgument,
            (await peer.TryCreateGroupAsync(GroupMode.SharedByKey, beginning, options: (GroupOptionTag.LeaseMs, 999))).Code);
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.TryCreateGroupAsync(GroupMode.SharedByKey, beginning, deadLetters: "s")).Code);
        Assert.Equal(
            ErrorCode.OptionUnknown, (await peer.TryCreateGroupAsync(GroupMode.Ordered, beginning, options: ((GroupOptionTag)99, 1))).Code);

        await peer.CreateGroupAsync(GroupMode.Ordered);
        Assert.Equal(ErrorCode.GroupConflict, (await peer.TryCreateGroupAsync(GroupMode.SharedByKey, beginning)).Code);
        Assert.Equal(
            ErrorCode.GroupConflict, (await peer.TryCreateGroupAsync(GroupMode.Ordered, beginning, options: (GroupOptionTag.LeaseMs, 5_000))).Code);
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.TryJoinAsync(7, credits: 1, sessionMs: 999)).Code);
        Assert.Equal(ErrorCode.InvalidArgument, (await peer.TryJoinAsync(7, credits: 1, leaseMs: 999)).Code);
        Member member = await peer.JoinAsync(7, credits: 1);
        Assert.Equal(ErrorCode.MemberFenced, (await peer.CommitAsync(member.Number + 1, member.Epoch, 0)).Code);
        Frame ack = await peer.AskAsync(Opcode.GroupAck, 9, buffer =>
        {
            new GroupAckRequest { Member = member.Number, Epoch = member.Epoch, Stream = "s"u8, Group = "g"u8 }.WriteStart(buffer, 1);
            LeaseList.WriteItem(buffer, 0, 1);
        });
        Assert.Equal(ErrorCode.InvalidArgument, ack.Code);
        foreach (Opcode opcode in (Opcode[])[
            Opcode.GroupCreate, Opcode.GroupDescribe, Opcode.GroupList, Opcode.GroupDelete, Opcode.GroupSeek, Opcode.GroupJoin,
            Opcode.GroupPull, Opcode.GroupHeartbeat, Opcode.GroupLeave, Opcode.GroupCommit, Opcode.GroupAck, Opcode.GroupNack])
        {
            Assert.Equal(ErrorCode.Malformed, (await peer.AskAsync(opcode, 9, _ => { })).Code);
        }
    }

    [Fact]
    public async Task A_commit_is_answered_when_it_is_on_disk_and_the_position_is_there_after_a_restart()
    {
        var disk = new SimulatedDisk();
        ulong epoch;
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            using RawPeer peer = await RawPeer.GreetAsync(server);
            await peer.CreateAsync("s");
            await peer.AppendBatchAsync("s", StreamPeer.NewNumbers(0, 10));
            await peer.CreateGroupAsync(GroupMode.Ordered);
            Member member = await peer.JoinAsync(7, credits: 100);
            await peer.ReadGroupAsync(7, 10);
            epoch = member.Epoch;

            using var gate = new DiskGate(disk);
            gate.Close();
            await peer.RequestAsync(Opcode.GroupCommit, 9, buffer => new GroupCommitRequest
            {
                Member = member.Number,
                Epoch = member.Epoch,
                Offset = 6,
                Stream = "s"u8,
                Group = "g"u8,
            }.Write(buffer));
            await Poll.UntilAsync(() => gate.Waiting > 0);
            Assert.False(peer.HasAnswer);
            gate.Open();
            Assert.Equal(6ul, GroupPeer.PositionOf(await peer.ReadAsync()));
            disk = disk.Crash(1);
        }

        await using TestServer again = await DurableServer.StartAsync(disk);
        using RawPeer after = await RawPeer.GreetAsync(again);
        Member next = await after.JoinAsync(7, credits: 100);
        Assert.Equal((6ul, true), (next.Position, next.Epoch > epoch));
        Assert.Equal(StreamPeer.Numbers(6, 4), (await after.ReadGroupAsync(7, 4)).Values);
    }

    [Fact]
    public async Task A_member_that_never_reads_holds_up_nobody_and_gets_all_when_it_does()
    {
        const int Count = 2_000;
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer idle = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.CreateGroupAsync(GroupMode.Ordered);
        await idle.JoinAsync(7, credits: CreditNotice.CreditsMax);
        string large = new('x', 4 * 1_024);
        for (int i = 0; i < Count; i += 40)
        {
            await writer.AppendBatchAsync("s", [.. StreamPeer.Numbers(i, 40).Select(number => new New(number + large))]);
        }

        Assert.Equal(
            StreamPeer.Numbers(0, Count).Select(number => number + large), (await idle.ReadGroupAsync(7, Count)).Values);
    }

    private static async Task<List<string>> ListAsync(RawPeer peer)
    {
        Frame frame = StreamPeer.Reply(
            await peer.AskAsync(Opcode.GroupList, 3, buffer => new ScanRequest { Prefix = "s"u8, Limit = 10 }.Write(buffer)),
            Opcode.GroupList);
        Assert.True(GroupListReply.TryRead(frame.Body, out GroupListReply reply));
        List<string> all = [];
        while (reply.TryTake(out GroupListItem item))
        {
            all.Add($"{System.Text.Encoding.UTF8.GetString(item.Group)} {item.Lag}");
        }

        return all;
    }

    private static long CountOf(Frame frame)
    {
        Assert.True(CountReply.TryRead(frame.Body, out CountReply reply));
        return reply.Count;
    }

    private static ulong EpochOf(Frame error)
    {
        Assert.True(ErrorBody.TryRead(error.Body, out ErrorBody body));
        return BinaryPrimitives.ReadUInt64LittleEndian(body.Detail);
    }
}
