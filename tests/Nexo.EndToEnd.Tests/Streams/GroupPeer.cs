using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Streams;

/// <summary>Records as a member of a group got them.</summary>
internal sealed record Delivered(ulong Epoch, bool IsLeased, List<Read> Records, List<(ulong Lease, uint Attempt)> Leases)
{
    public IEnumerable<string> Values => Records.Select(record => record.Value);
}

/// <summary>A member of a group: its number and the epoch that it knows.</summary>
internal sealed record Member(ulong Number, ulong Epoch, GroupMode Mode, ulong Position, MemberState State);

/// <summary>The requests about groups that tests make over a raw connection; all are of one stream and one group.</summary>
internal static class GroupPeer
{
    public const string Stream = "s";
    public const string Group = "g";

    public static async Task<ulong> CreateGroupAsync(
        this RawPeer peer, GroupMode mode, PositionKind from = PositionKind.Beginning, params (GroupOptionTag Tag, ulong Value)[] options)
    {
        Frame frame = StreamPeer.Reply(
            await peer.TryCreateGroupAsync(mode, new StreamPosition(from), options: options), Opcode.GroupCreate);
        Assert.True(GroupCreateReply.TryRead(frame.Body, out GroupCreateReply reply));
        return reply.Position;
    }

    public static Task<Frame> TryCreateGroupAsync(
        this RawPeer peer,
        GroupMode mode,
        StreamPosition from,
        string deadLetters = "",
        string group = Group,
        params (GroupOptionTag Tag, ulong Value)[] options) =>
        peer.AskAsync(Opcode.GroupCreate, 820, buffer =>
        {
            new GroupCreateRequest { Mode = mode, From = from, Stream = "s"u8, Group = StreamPeer.Bytes(group) }.WriteStart(buffer);
            foreach ((GroupOptionTag tag, ulong value) in options)
            {
                GroupOptionFields.Write(buffer, tag, value);
            }

            if (deadLetters.Length > 0)
            {
                GroupOptionFields.Write(buffer, GroupOptionTag.DeadLetterStream, StreamPeer.Bytes(deadLetters));
            }
        });

    /// <summary>Joins, and waits for the answer, which is the peer's next frame.</summary>
    public static async Task<Member> JoinAsync(
        this RawPeer peer, uint correlation, uint credits, uint sessionMs = 0, uint leaseMs = 0, string name = "")
    {
        Frame frame = StreamPeer.Reply(await peer.TryJoinAsync(correlation, credits, sessionMs, leaseMs, name), Opcode.GroupJoin);
        Assert.True(GroupJoinReply.TryRead(frame.Body, out GroupJoinReply reply));
        return new Member(reply.Member, reply.State.Epoch, reply.Mode, reply.State.Position, reply.State.State);
    }

    public static Task<Frame> TryJoinAsync(
        this RawPeer peer, uint correlation, uint credits, uint sessionMs = 0, uint leaseMs = 0, string name = "", string group = Group) =>
        peer.AskAsync(Opcode.GroupJoin, correlation, buffer => new GroupJoinRequest
        {
            Credits = credits,
            SessionMs = sessionMs,
            LeaseMs = leaseMs,
            Stream = "s"u8,
            Group = StreamPeer.Bytes(group),
            Name = StreamPeer.Bytes(name),
        }.Write(buffer));

    public static GroupState StateOf(Frame notice)
    {
        Assert.Equal((Opcode.GroupJoin, FrameKind.Notice), (notice.Header.Opcode, notice.Header.Kind));
        Assert.True(GroupState.TryRead(notice.Body, out GroupState state));
        return state;
    }

    public static Delivered DeliveredOf(Frame frame)
    {
        Assert.True(
            frame.Header is { Opcode: Opcode.GroupJoin, Kind: FrameKind.Push } or { Opcode: Opcode.GroupPull, Kind: FrameKind.Reply },
            frame.Header.Kind is FrameKind.End or FrameKind.Error ? $"{frame.Header.Kind} {frame.Code}: {frame.Message}"
                : frame.Header.ToString());
        Assert.True(GroupDelivery.TryRead(frame.Body, out GroupDelivery delivery));
        List<(ulong, uint)> leases = [];
        while (delivery.TryTakeLease(out ulong lease, out uint attempt))
        {
            leases.Add((lease, attempt));
        }

        return new Delivered(delivery.Epoch, delivery.IsLeased, StreamPeer.Records(delivery.Records), leases);
    }

    /// <summary>Reads pushes, with no other frames between them, until so many records have come.</summary>
    public static async Task<Delivered> ReadGroupAsync(this RawPeer peer, uint correlation, int count)
    {
        var all = new Delivered(0, false, [], []);
        while (all.Records.Count < count)
        {
            Frame frame = await peer.ReadAsync();
            Delivered push = DeliveredOf(frame);
            Assert.Equal(correlation, frame.Header.Correlation);
            all.Records.AddRange(push.Records);
            all.Leases.AddRange(push.Leases);
            all = all with { Epoch = push.Epoch, IsLeased = push.IsLeased };
        }

        Assert.Equal(count, all.Records.Count);
        return all;
    }

    public static Task<Frame> CommitAsync(this RawPeer peer, ulong member, ulong epoch, ulong offset) => peer.AskAsync(
        Opcode.GroupCommit,
        821,
        buffer => new GroupCommitRequest { Member = member, Epoch = epoch, Offset = offset, Stream = "s"u8, Group = "g"u8 }.Write(buffer));

    public static ulong PositionOf(Frame committed)
    {
        StreamPeer.Reply(committed, Opcode.GroupCommit);
        Assert.True(GroupCommitReply.TryRead(committed.Body, out GroupCommitReply reply));
        return reply.Position;
    }

    public static Task<Frame> MemberAsync(this RawPeer peer, Opcode opcode, ulong member, ulong epoch = 0) => peer.AskAsync(
        opcode,
        822,
        buffer => new GroupMemberRequest { Member = member, Epoch = epoch, Stream = "s"u8, Group = "g"u8 }.Write(buffer));

    public static async Task<Delivered> PullGroupAsync(
        this RawPeer peer, Member member, uint recordsMax = 100, uint waitMs = 0)
    {
        await peer.BeginPullAsync(823, member.Number, member.Epoch, recordsMax, waitMs);
        return DeliveredOf(await peer.ReadAsync());
    }

    public static Task BeginPullAsync(
        this RawPeer peer, uint correlation, ulong member, ulong epoch, uint recordsMax = 100, uint waitMs = 0) => peer.RequestAsync(
        Opcode.GroupPull,
        correlation,
        buffer => new GroupPullRequest
        {
            Member = member,
            Epoch = epoch,
            RecordsMax = recordsMax,
            WaitMs = waitMs,
            Stream = "s"u8,
            Group = "g"u8,
        }.Write(buffer));

    public static async Task<GroupSeekReply> SeekAsync(this RawPeer peer, StreamPosition to, bool dryRun = false)
    {
        Frame frame = StreamPeer.Reply(await peer.TrySeekAsync(to, dryRun), Opcode.GroupSeek);
        Assert.True(GroupSeekReply.TryRead(frame.Body, out GroupSeekReply reply));
        return reply;
    }

    public static Task<Frame> TrySeekAsync(this RawPeer peer, StreamPosition to, bool dryRun = false) => peer.AskAsync(
        Opcode.GroupSeek,
        824,
        buffer => new GroupSeekRequest { DryRun = dryRun, To = to, Stream = "s"u8, Group = "g"u8 }.Write(buffer));

    public static Task<Frame> OfGroupAsync(this RawPeer peer, Opcode opcode, string group = Group) => peer.AskAsync(
        opcode, 825, buffer => new GroupNameRequest { Stream = "s"u8, Group = StreamPeer.Bytes(group) }.Write(buffer));

    public static async Task<List<ErrorCode>> AckGroupAsync(
        this RawPeer peer, Member member, params (ulong Offset, ulong Lease)[] leases) => Outcomes(await peer.AskAsync(
        Opcode.GroupAck,
        826,
        buffer =>
        {
            new GroupAckRequest { Member = member.Number, Epoch = member.Epoch, Stream = "s"u8, Group = "g"u8 }
                .WriteStart(buffer, (uint)leases.Length);
            WriteLeases(buffer, leases);
        }));

    public static async Task<List<ErrorCode>> NackGroupAsync(
        this RawPeer peer, Member member, RecordNackAction action, string reason, params (ulong Offset, ulong Lease)[] leases) =>
        Outcomes(await peer.AskAsync(
            Opcode.GroupNack,
            827,
            buffer =>
            {
                new GroupNackRequest
                {
                    Action = action,
                    Member = member.Number,
                    Epoch = member.Epoch,
                    Stream = "s"u8,
                    Group = "g"u8,
                    Reason = StreamPeer.Bytes(reason),
                }.WriteStart(buffer, (uint)leases.Length);
                WriteLeases(buffer, leases);
            }));

    public static (ulong Offset, ulong Lease)[] LeasesOf(Delivered delivered) =>
        [.. delivered.Records.Zip(delivered.Leases, (record, lease) => (record.Offset, lease.Lease))];

    private static void WriteLeases(FrameBuffer buffer, (ulong Offset, ulong Lease)[] leases)
    {
        foreach ((ulong offset, ulong lease) in leases)
        {
            LeaseList.WriteItem(buffer, offset, lease);
        }
    }

    private static List<ErrorCode> Outcomes(Frame frame)
    {
        string what = frame.Header.Kind == FrameKind.Error ? $"{frame.Code}: {frame.Message}" : frame.Header.ToString();
        Assert.True(frame.Header.Kind == FrameKind.Reply, what);
        Assert.True(PerItemReply.TryRead(frame.Body, out PerItemReply reply));
        List<ErrorCode> all = [];
        while (reply.TryTake(out ErrorCode code))
        {
            all.Add(code);
        }

        return all;
    }
}
