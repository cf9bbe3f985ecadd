using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>Members of groups, also over lost connections.</summary>
public sealed class StreamGroupTests : StreamHarness, IAsyncLifetime
{
    private readonly FakeServer _server = new();
    private NexoClient _client = null!;
    private FakePeer _first = null!;

    public new async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (_client, _first) = await _server.ConnectAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_member_joins_again_and_what_it_had_is_fenced()
    {
        (StreamMember<string> member, ReceivedFrame join) = await JoinAsync();
        await using IAsyncEnumerator<StreamDelivery<string>> deliveries = member.ReadAllAsync().GetAsyncEnumerator();
        await DeliverAsync(_first, join, 2, 5);
        StreamDelivery<string> five = await NextAsync(deliveries);
        Assert.Equal((5ul, 2ul, true, 0), (five.Offset, five.Epoch, five.IsOrdered, five.Attempt));
        Task<ulong> commit = five.CommitAsync().AsTask();
        ReceivedFrame committing = await _first.ReadAsync(Opcode.GroupCommit);
        Assert.True(GroupCommitRequest.TryRead(committing.Body, out GroupCommitRequest request));
        Assert.Equal((7ul, 2ul, 6ul), (request.Member, request.Epoch, request.Offset));
        await _first.ReplyAsync(committing, new GroupCommitReply(6).Write);
        Assert.Equal(6ul, await commit);

        _first.Drop();
        Task<bool> moving = deliveries.MoveNextAsync().AsTask();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame again = await AcceptJoinAsync(second, 8, new GroupState(3, 6, MemberState.Active));
        await DeliverAsync(second, again, 3, 6);
        Assert.True(await moving.WaitAsync(Patience.Limit));
        Assert.Equal((6ul, 3ul), (deliveries.Current.Offset, deliveries.Current.Epoch));
        await RefusedAsync(five.CommitAsync().AsTask(), ErrorCode.MemberFenced);
    }

    [Fact]
    public async Task Whoever_leaves_the_loop_and_comes_back_goes_on_behind_the_last_record()
    {
        (StreamMember<string> member, ReceivedFrame join) = await JoinAsync();
        await DeliverAsync(_first, join, 2, 5, 6, 7);
        await DeliverAsync(_first, join, 2, 8);
        for (ulong offset = 5; offset < 9; offset++)
        {
            await using IAsyncEnumerator<StreamDelivery<string>> once = member.ReadAllAsync().GetAsyncEnumerator();
            Assert.Equal(offset, (await NextAsync(once)).Offset);
        }
    }

    [Fact]
    public async Task What_came_under_an_older_epoch_is_not_handed_out_and_changes_are_told()
    {
        var told = new List<GroupState>();
        (StreamMember<string> member, ReceivedFrame join) = await JoinAsync(new() { OnState = told.Add });
        await using IAsyncEnumerator<StreamDelivery<string>> deliveries = member.ReadAllAsync().GetAsyncEnumerator();
        await DeliverAsync(_first, join, 2, 5, 6);
        Assert.Equal(5ul, (await NextAsync(deliveries)).Offset);
        var sought = new GroupState(3, 0, MemberState.Active);
        await TellAsync(_first, join, sought);
        await DeliverAsync(_first, join, 3, 0);
        while ((await NextAsync(deliveries)).Epoch == 2)
        {
            // It may have been taken before the notice came.
        }

        Assert.Equal(0ul, deliveries.Current.Offset);
        Assert.Equal([new GroupState(2, 5, MemberState.Active), sought], told);
        Assert.Equal(sought, member.State);
    }

    [Fact]
    public async Task A_member_that_was_fenced_joins_again_and_one_whose_group_was_deleted_ends()
    {
        (StreamMember<string> member, ReceivedFrame join) = await JoinAsync();
        await using IAsyncEnumerator<StreamDelivery<string>> deliveries = member.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = deliveries.MoveNextAsync().AsTask();
        await EndAsync(_first, join, ErrorCode.MemberFenced, 4);
        ReceivedFrame again = await AcceptJoinAsync(_first, 9, new GroupState(4, 0, MemberState.Standby));
        await EndAsync(_first, again, ErrorCode.GroupNotFound);
        await RefusedAsync(moving, ErrorCode.GroupNotFound);
    }

    [Fact]
    public async Task Whoever_leaves_the_loop_leaves_the_group()
    {
        await using (IAsyncEnumerator<StreamDelivery<string>> deliveries =
            _client.Stream<string>("s").Group("g").ConsumeAsync().GetAsyncEnumerator())
        {
            Task<bool> moving = deliveries.MoveNextAsync().AsTask();
            ReceivedFrame join = await AcceptJoinAsync(_first, 7, new GroupState(2, 5, MemberState.Active));
            await DeliverAsync(_first, join, 2, 5);
            Assert.True(await moving.WaitAsync(Patience.Limit));
            Task disposing = deliveries.DisposeAsync().AsTask();
            ReceivedFrame leave = await _first.ReadAsync(Opcode.GroupLeave);
            Assert.True(GroupMemberRequest.TryRead(leave.Body, out GroupMemberRequest request));
            Assert.Equal((7ul, 2ul), (request.Member, request.Epoch));
            await _first.ReplyAsync(leave);
            await disposing.WaitAsync(Patience.Limit);
        }
    }

    [Fact]
    public async Task Acks_that_are_asked_for_together_travel_together_and_each_gets_its_own_answer()
    {
        // Fewer than after which credits are given back.
        const int Count = 30;
        (StreamMember<string> member, ReceivedFrame join) = await JoinAsync(mode: GroupMode.SharedByKey);
        await using IAsyncEnumerator<StreamDelivery<string>> deliveries = member.ReadAllAsync().GetAsyncEnumerator();
        await _first.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.GroupJoin, FrameKind.Push, join.Correlation);
            GroupDelivery.WriteStart(buffer, 2, Count, isLeased: true);
            for (uint i = 0; i < Count; i++)
            {
                GroupDelivery.WriteLease(buffer, 1_000 + i, 1);
            }

            WriteRecords(buffer, [.. Enumerable.Range(0, Count).Select(i => (ulong)i)]);
            buffer.End();
        });
        var acks = new List<Task> { (await NextAsync(deliveries)).AckAsync().AsTask() };

        // The first is alone and leaves at once. The others find it under way: they share what comes after it.
        ReceivedFrame first = await _first.ReadAsync(Opcode.GroupAck);
        Assert.Equal([0ul], Offsets(first));
        for (int i = 1; i < Count; i++)
        {
            acks.Add((await NextAsync(deliveries)).AckAsync().AsTask());
        }

        await _first.ReplyAsync(first, Codes([0ul]));
        int frames = 1;
        for (int answered = 1; answered < Count; frames++)
        {
            ReceivedFrame frame = await _first.ReadAsync(Opcode.GroupAck);
            ulong[] offsets = Offsets(frame);
            answered += offsets.Length;
            await _first.ReplyAsync(frame, Codes(offsets));
        }

        Assert.True(frames < Count, $"{frames} requests for {Count} acks");
        for (int i = 0; i < Count; i++)
        {
            if (i % 2 == 1)
            {
                await RefusedAsync(acks[i], ErrorCode.LeaseLost);
            }
            else
            {
                await acks[i].WaitAsync(Patience.Limit);
            }
        }

        static Action<FrameBuffer> Codes(ulong[] offsets) => buffer =>
        {
            PerItemReply.WriteStart(buffer, (uint)offsets.Length);
            foreach (ulong offset in offsets)
            {
                PerItemReply.WriteItem(buffer, offset % 2 == 1 ? ErrorCode.LeaseLost : ErrorCode.None);
            }
        };

        static ulong[] Offsets(ReceivedFrame frame)
        {
            Assert.True(GroupAckRequest.TryRead(frame.Body, out GroupAckRequest request));
            Assert.Equal((7ul, 2ul), (request.Member, request.Epoch));
            List<ulong> offsets = [];
            while (request.Leases.TryTake(out ulong offset, out ulong lease))
            {
                Assert.Equal(1_000 + offset, lease);
                offsets.Add(offset);
            }

            return [.. offsets];
        }
    }

    [Fact]
    public async Task A_member_that_pulls_is_told_what_changes_and_asks_again_under_the_new_epoch()
    {
        var told = new List<GroupState>();
        (StreamMember<string> member, ReceivedFrame join) = await JoinAsync(new() { OnState = told.Add }, isPulled: true);
        Task<IReadOnlyList<StreamDelivery<string>>> pulling = member.PullAsync(10, TimeSpan.FromSeconds(20)).AsTask();
        ReceivedFrame pull = await _first.ReadAsync(Opcode.GroupPull);
        Assert.Equal((7ul, 2ul), PullOf(pull));

        // The refusal may come before what it is about.
        var sought = new GroupState(3, 1, MemberState.Active);
        await FailAsync(_first, pull, ErrorCode.MemberFenced, 3);
        await TellAsync(_first, join, sought);
        pull = await _first.ReadAsync(Opcode.GroupPull);
        Assert.Equal((7ul, 3ul), PullOf(pull));
        Assert.Equal([new GroupState(2, 5, MemberState.Active), sought], told);

        // It is fenced: it joins again.
        await EndAsync(_first, join, ErrorCode.MemberFenced, 4);
        await FailAsync(_first, pull, ErrorCode.MemberFenced, 4);
        ReceivedFrame again = await AcceptJoinAsync(_first, 8, new GroupState(4, 1, MemberState.Standby), isPulled: true);

        // On standby the server does not wait, so it is asked again when there is something new.
        pull = await _first.ReadAsync(Opcode.GroupPull);
        Assert.Equal((8ul, 4ul), PullOf(pull));
        await PulledAsync(_first, pull, 4);
        await TellAsync(_first, again, new GroupState(5, 1, MemberState.Active));
        pull = await _first.ReadAsync(Opcode.GroupPull);
        Assert.Equal((8ul, 5ul), PullOf(pull));
        await PulledAsync(_first, pull, 5, 1, 2);
        IReadOnlyList<StreamDelivery<string>> pulled = await pulling.WaitAsync(Patience.Limit);
        Assert.Equal([1ul, 2ul], pulled.Select(delivery => delivery.Offset));
        Assert.Equal([2ul, 3ul, 4ul, 5ul], told.Select(state => state.Epoch));
    }

    [Fact]
    public async Task A_pull_on_standby_ends_with_its_wait()
    {
        (StreamMember<string> member, _) = await JoinAsync(isPulled: true, state: MemberState.Standby);
        foreach (TimeSpan? wait in new TimeSpan?[] { null, TimeSpan.FromMilliseconds(50) })
        {
            Task<IReadOnlyList<StreamDelivery<string>>> pulling = member.PullAsync(10, wait).AsTask();
            await PulledAsync(_first, await _first.ReadAsync(Opcode.GroupPull), 2);
            Assert.Empty(await pulling.WaitAsync(Patience.Limit));
        }
    }

    [Fact]
    public async Task A_member_that_is_left_while_it_joins_again_leaves_behind_it()
    {
        (StreamMember<string> member, _) = await JoinAsync();
        await using IAsyncEnumerator<StreamDelivery<string>> deliveries = member.ReadAllAsync().GetAsyncEnumerator();
        Task<bool> moving = deliveries.MoveNextAsync().AsTask();
        _first.Drop();
        FakePeer second = await _server.AcceptReadyAsync();
        ReceivedFrame join = await second.ReadAsync(Opcode.GroupJoin);
        await member.DisposeAsync();
        await second.ReplyAsync(join, new GroupJoinReply(8, GroupMode.Ordered, new GroupState(3, 6, MemberState.Active)).Write);
        ReceivedFrame leave = await second.ReadAsync(Opcode.GroupLeave);
        Assert.True(GroupMemberRequest.TryRead(leave.Body, out GroupMemberRequest request));
        Assert.Equal(8ul, request.Member);
        await second.ReplyAsync(leave);
        await EndAsync(second, join, ErrorCode.None);
        Assert.False(await moving.WaitAsync(Patience.Limit));
    }

    private static (ulong Member, ulong Epoch) PullOf(ReceivedFrame pull)
    {
        Assert.True(GroupPullRequest.TryRead(pull.Body, out GroupPullRequest request));
        return (request.Member, request.Epoch);
    }

    private static Task PulledAsync(FakePeer peer, ReceivedFrame pull, ulong epoch, params ulong[] offsets) =>
        peer.ReplyAsync(pull, buffer =>
        {
            GroupDelivery.WriteStart(buffer, epoch, (uint)offsets.Length, isLeased: false);
            WriteRecords(buffer, offsets);
        });

    private static Task TellAsync(FakePeer peer, ReceivedFrame join, GroupState state) =>
        peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.GroupJoin, FrameKind.Notice, join.Correlation);
            state.Write(buffer);
            buffer.End();
        });

    private static Task DeliverAsync(FakePeer peer, ReceivedFrame join, ulong epoch, params ulong[] offsets) =>
        peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.GroupJoin, FrameKind.Push, join.Correlation);
            GroupDelivery.WriteStart(buffer, epoch, (uint)offsets.Length, isLeased: false);
            WriteRecords(buffer, offsets);
            buffer.End();
        });

    private static async Task<ReceivedFrame> AcceptJoinAsync(
        FakePeer peer, ulong member, GroupState state, bool isPulled = false, GroupMode mode = GroupMode.Ordered)
    {
        ReceivedFrame join = await peer.ReadAsync(Opcode.GroupJoin);
        Assert.True(GroupJoinRequest.TryRead(join.Body, out GroupJoinRequest request));
        Assert.Equal(("s", "g", isPulled ? 0 : 64u, 30_000u), (request.Stream.Text(), request.Group.Text(), request.Credits, request.SessionMs));
        await peer.ReplyAsync(join, new GroupJoinReply(member, mode, state).Write);
        return join;
    }

    private static async Task<StreamDelivery<string>> NextAsync(IAsyncEnumerator<StreamDelivery<string>> deliveries)
    {
        Assert.True(await deliveries.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        return deliveries.Current;
    }

    private async Task<(StreamMember<string> Member, ReceivedFrame Join)> JoinAsync(
        StreamJoinOptions? options = null,
        bool isPulled = false,
        MemberState state = MemberState.Active,
        GroupMode mode = GroupMode.Ordered)
    {
        StreamGroup<string> group = _client.Stream<string>("s").Group("g");
        Task<StreamMember<string>> joining = isPulled
            ? group.JoinToPullAsync(options).AsTask()
            : group.JoinAsync(options).AsTask();
        ReceivedFrame join = await AcceptJoinAsync(_first, 7, new GroupState(2, 5, state), isPulled, mode);
        return (await joining.WaitAsync(Patience.Limit), join);
    }
}
