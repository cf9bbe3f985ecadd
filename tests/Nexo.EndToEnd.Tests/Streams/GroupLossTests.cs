using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Members that are too slow, silent or gone, and what a stream keeps for groups that are behind.</summary>
public sealed class GroupLossTests
{
    private const ulong LeaseMs = 1_000;
    private const int Kb = 1_024;

    [Fact]
    public async Task A_lease_that_ends_is_a_failure_and_the_record_goes_to_another_member_before_the_next_of_its_key()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer slow = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.CreateGroupAsync(
            GroupMode.SharedByKey, options: [(GroupOptionTag.LeaseMs, LeaseMs), (GroupOptionTag.BackoffMs, 1)]);
        await writer.AppendBatchAsync("s", new New("a1", "a"), new New("a2", "a"));
        Member holder = await slow.JoinAsync(7, credits: 1);
        Delivered held = await slow.ReadGroupAsync(7, 1);
        Member next = await other.JoinAsync(8, credits: 10);

        // A sign of life is one of the member, not of its leases.
        StreamPeer.Reply(await slow.MemberAsync(Opcode.GroupHeartbeat, holder.Number, holder.Epoch), Opcode.GroupHeartbeat);
        Delivered again = await other.ReadGroupAsync(8, 1);
        Assert.Equal(("a1", 2u), (again.Values.Single(), again.Leases.Single().Attempt));
        Assert.Equal([ErrorCode.LeaseLost], await slow.AckGroupAsync(holder, GroupPeer.LeasesOf(held)));
        await AckAsync(other, 9, next, again);
        Frame[] both = [await other.ReadAsync(), await other.ReadAsync()];
        Assert.Equal("a2", GroupPeer.DeliveredOf(both.Single(frame => frame.Header.Kind == FrameKind.Push)).Values.Single());
    }

    [Fact]
    public async Task A_members_own_lease_is_instead_of_the_groups_and_after_too_many_ends_the_record_is_a_dead_letter()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.CreateAsync("dead");
        await peer.AppendAsync("s", "never", key: "k");
        StreamPeer.Reply(
            await peer.TryCreateGroupAsync(
                GroupMode.SharedByKey,
                new StreamPosition(PositionKind.Beginning),
                deadLetters: "dead",
                options: [(GroupOptionTag.DeliveriesMax, 2), (GroupOptionTag.BackoffMs, 1)]),
            Opcode.GroupCreate);
        await peer.JoinAsync(7, credits: 10, leaseMs: (uint)LeaseMs);
        Delivered twice = await peer.ReadGroupAsync(7, 2);
        Assert.Equal([1u, 2u], twice.Leases.Select(lease => lease.Attempt));
        Read dead = (await peer.ReadStreamAsync("dead", StreamPeer.At(0), waitMs: 10_000)).Records.Single();
        Assert.Equal(("k", "never"), (dead.Key, dead.Value));
        Assert.EndsWith("the lease ended", System.Text.Encoding.UTF8.GetString(dead.Headers), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_kills_its_members_is_a_dead_letter_at_last_and_the_next_of_its_key_comes()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.CreateAsync("dead");
        StreamPeer.Reply(
            await writer.TryCreateGroupAsync(
                GroupMode.SharedByKey,
                new StreamPosition(PositionKind.Beginning),
                deadLetters: "dead",
                options: (GroupOptionTag.DeliveriesMax, 1)),
            Opcode.GroupCreate);
        await writer.AppendBatchAsync("s", new New("poison", "a"), new New("behind", "a"), new New("beside", "b"));
        for (uint i = 1; i <= 4; i++)
        {
            // Its connection ends with the record in flight.
            using RawPeer lost = await RawPeer.GreetAsync(server);
            Member member = await lost.JoinAsync(7, credits: 10);
            Delivered got = await lost.ReadGroupAsync(7, 2);
            Assert.Equal(["poison", "beside"], got.Values);
            Assert.Equal(i, got.Leases[0].Attempt);
            lost.Dispose();
            await Poll.UntilAsync(async () => !await HasMemberAsync(writer, member.Number));
        }

        using RawPeer last = await RawPeer.GreetAsync(server);
        await last.JoinAsync(7, credits: 10);
        Assert.Equal(["behind", "beside"], (await last.ReadGroupAsync(7, 2)).Values.Order());
        Read dead = (await writer.ReadStreamAsync("dead", StreamPeer.At(0), waitMs: 10_000)).Records.Single();
        Assert.Equal(("a", "poison"), (dead.Key, dead.Value));
    }

    [Fact]
    public async Task A_stream_that_protects_its_groups_keeps_what_they_have_not_done()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        (StreamOptionTag, ulong) bytes = (StreamOptionTag.Bytes, 2 * Kb * Kb);
        await writer.CreateAsync("s", bytes, (StreamOptionTag.ProtectGroups, 1));
        await writer.CreateAsync("open", bytes);
        await writer.CreateGroupAsync(GroupMode.Ordered);
        string large = new('x', 64 * Kb);

        // The other one, which has no group and lets go as it may, tells when it was time to.
        ulong next = 0;
        for (; (await writer.RangeAsync("open")).First == 0; next++)
        {
            Assert.True(next < 10_000, "nothing was let go of");
            await writer.AppendAsync("s", large);
            await writer.AppendAsync("open", large);
        }

        ulong gone = (await writer.RangeAsync("open")).First;
        Assert.Equal(new OffsetRange(0, next), await writer.RangeAsync("s"));
        Member member = await peer.JoinAsync(7, credits: 0);
        Delivered first = await peer.PullGroupAsync(member, recordsMax: 1);
        Assert.Equal(0ul, first.Records[0].Offset);
        Assert.Equal(gone - 1, GroupPeer.PositionOf(await peer.CommitAsync(member.Number, member.Epoch, gone - 1)));
        for (int i = 0; i < 64; i++)
        {
            await writer.AppendAsync("s", large);
        }

        // Never behind the position; and up to it when that is far enough.
        Assert.InRange((await writer.RangeAsync("s")).First, 0ul, gone - 1);
        ulong all = (await writer.RangeAsync("s")).Next;
        Assert.Equal(all, GroupPeer.PositionOf(await peer.CommitAsync(member.Number, member.Epoch, all)));
        await Poll.UntilAsync(async () =>
        {
            await writer.AppendAsync("s", large);
            return (await writer.RangeAsync("s")).First > gone;
        });

        // A trim by hand goes beyond, and the group goes on behind it.
        ulong trimmed = (await writer.RangeAsync("s")).Next;
        await writer.TrimAsync("s", TrimBy.Offset, trimmed);
        await writer.AppendAsync("s", "after");
        Delivered after = await peer.PullGroupAsync(member, recordsMax: 1, waitMs: 10_000);
        Assert.Equal((trimmed, "after"), (after.Records.Single().Offset, after.Values.Single()));
    }

    private static Task AckAsync(RawPeer peer, uint correlation, Member member, Delivered delivered) =>
        peer.RequestAsync(Opcode.GroupAck, correlation, buffer =>
        {
            (ulong Offset, ulong Lease)[] leases = GroupPeer.LeasesOf(delivered);
            new GroupAckRequest { Member = member.Number, Epoch = member.Epoch, Stream = "s"u8, Group = "g"u8 }
                .WriteStart(buffer, (uint)leases.Length);
            foreach ((ulong offset, ulong lease) in leases)
            {
                LeaseList.WriteItem(buffer, offset, lease);
            }
        });

    private static async Task<bool> HasMemberAsync(RawPeer peer, ulong number)
    {
        Frame frame = StreamPeer.Reply(await peer.OfGroupAsync(Opcode.GroupDescribe), Opcode.GroupDescribe);
        Assert.True(GroupDescribeReply.TryRead(frame.Body, out GroupDescribeReply reply));
        bool has = false;
        while (reply.TryTakeMember(out GroupMember member))
        {
            has |= member.Member == number;
        }

        return has;
    }
}
