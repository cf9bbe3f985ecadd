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
        await _first.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.GroupJoin, FrameKind.Notice, join.Correlation);
            sought.Write(buffer);
            buffer.End();
        });
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

    private static Task DeliverAsync(FakePeer peer, ReceivedFrame join, ulong epoch, params ulong[] offsets) =>
        peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.GroupJoin, FrameKind.Push, join.Correlation);
            GroupDelivery.WriteStart(buffer, epoch, (uint)offsets.Length, isLeased: false);
            WriteRecords(buffer, offsets);
            buffer.End();
        });

    private static async Task<ReceivedFrame> AcceptJoinAsync(FakePeer peer, ulong member, GroupState state)
    {
        ReceivedFrame join = await peer.ReadAsync(Opcode.GroupJoin);
        Assert.True(GroupJoinRequest.TryRead(join.Body, out GroupJoinRequest request));
        Assert.Equal(("s", "g", 64u, 30_000u), (request.Stream.Text(), request.Group.Text(), request.Credits, request.SessionMs));
        await peer.ReplyAsync(join, new GroupJoinReply(member, GroupMode.Ordered, state).Write);
        return join;
    }

    private static async Task<StreamDelivery<string>> NextAsync(IAsyncEnumerator<StreamDelivery<string>> deliveries)
    {
        Assert.True(await deliveries.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        return deliveries.Current;
    }

    private async Task<(StreamMember<string> Member, ReceivedFrame Join)> JoinAsync(StreamJoinOptions? options = null)
    {
        Task<StreamMember<string>> joining = _client.Stream<string>("s").Group("g").JoinAsync(options).AsTask();
        ReceivedFrame join = await AcceptJoinAsync(_first, 7, new GroupState(2, 5, MemberState.Active));
        return (await joining.WaitAsync(Patience.Limit), join);
    }
}
