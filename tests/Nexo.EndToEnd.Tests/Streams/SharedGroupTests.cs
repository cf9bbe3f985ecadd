using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Groups that are shared by key.</summary>
public sealed class SharedGroupTests
{
    [Fact]
    public async Task Of_a_key_one_record_is_out_at_a_time_and_the_next_comes_when_it_is_settled()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.AppendBatchAsync("s", new New("a1", "a"), new New("a2", "a"), new New("b1", "b"), new New("free"));
        await writer.CreateGroupAsync(GroupMode.SharedByKey);
        Member member = await peer.JoinAsync(7, credits: 100);
        Assert.Equal((GroupMode.SharedByKey, MemberState.Active), (member.Mode, member.State));

        Delivered first = await peer.ReadGroupAsync(7, 3);
        Assert.Equal(["a1", "b1", "free"], first.Values.Order());
        Assert.True(first.IsLeased);
        Assert.All(first.Leases, lease => Assert.Equal(1u, lease.Attempt));
        (ulong Offset, ulong Lease)[] leases = GroupPeer.LeasesOf(first);
        (ulong Offset, ulong Lease) a1 = leases.Single(lease => lease.Offset == 0);

        Assert.Equal([ErrorCode.LeaseLost], await peer.AckGroupAsync(member, (a1.Offset, a1.Lease + 1)));
        await peer.RequestAsync(Opcode.GroupAck, 9, buffer =>
        {
            new GroupAckRequest { Member = member.Number, Epoch = member.Epoch, Stream = "s"u8, Group = "g"u8 }.WriteStart(buffer, 1);
            LeaseList.WriteItem(buffer, a1.Offset, a1.Lease);
        });
        Frame[] both = [await peer.ReadAsync(), await peer.ReadAsync()];
        Delivered next = GroupPeer.DeliveredOf(both.Single(frame => frame.Header.Kind == FrameKind.Push));
        Assert.Equal("a2", next.Values.Single());
        Assert.Contains(both, frame => frame.Header is { Kind: FrameKind.Reply, Correlation: 9 });
    }

    [Fact]
    public async Task A_failure_comes_again_and_after_the_last_one_lies_in_the_dead_letter_stream()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.CreateAsync("s");
        await peer.CreateAsync("dead");
        await peer.AppendAsync("s", "bad", key: "k");
        StreamPeer.Reply(
            await peer.TryCreateGroupAsync(
                GroupMode.SharedByKey, new StreamPosition(PositionKind.Beginning), deadLetters: "dead", options: (GroupOptionTag.DeliveriesMax, 2)),
            Opcode.GroupCreate);
        Member member = await peer.JoinAsync(7, credits: 0);
        for (uint attempt = 1; attempt <= 2; attempt++)
        {
            Delivered got = await peer.PullGroupAsync(member, waitMs: 5_000);
            Assert.Equal(("bad", attempt), (got.Values.Single(), got.Leases.Single().Attempt));
            Assert.Equal([ErrorCode.None], await peer.NackGroupAsync(member, RecordNackAction.Now, "no route", GroupPeer.LeasesOf(got)));
        }

        Read dead = (await peer.ReadStreamAsync("dead", StreamPeer.At(0), waitMs: 5_000)).Records.Single();
        Assert.Equal(("k", "bad"), (dead.Key, dead.Value));
        Assert.Empty((await peer.PullGroupAsync(member)).Records);
    }

    [Fact]
    public async Task What_a_lost_member_had_goes_to_another_one()
    {
        await using TestServer server = await TestServer.StartAsync();
        using RawPeer writer = await RawPeer.GreetAsync(server);
        RawPeer lost = await RawPeer.GreetAsync(server);
        using RawPeer other = await RawPeer.GreetAsync(server);
        await writer.CreateAsync("s");
        await writer.CreateGroupAsync(GroupMode.SharedByKey);
        await writer.AppendBatchAsync("s", [.. Enumerable.Range(0, 20).Select(i => new New(i.ToString(), $"k{i}"))]);
        await lost.JoinAsync(7, credits: 20);
        await lost.ReadGroupAsync(7, 20);
        await other.JoinAsync(8, credits: 100);
        Assert.False(other.HasAnswer);
        lost.Dispose();

        Assert.Equal(StreamPeer.Numbers(0, 20).Order(), (await other.ReadGroupAsync(8, 20)).Values.Order());
    }
}
