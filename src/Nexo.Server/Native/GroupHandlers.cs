using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests of members of groups.</summary>
internal static class GroupHandlers
{
    private const uint WaitMsMax = 24 * 3_600 * 1_000;

    public static void Join(in Request request)
    {
        if (!GroupJoinRequest.TryRead(request.Body, out GroupJoinRequest join))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, join.Stream))
        {
            return;
        }

        NativeConnection connection = request.Connection;
        if (!connection.TryReserve(request.Opcode, request.Correlation))
        {
            return;
        }

        var options = new StreamMemberOptions
        {
            SessionMs = join.SessionMs,
            BytesMax = GroupSubscription.BytesMaxOf(connection, join.BytesMax),
            LeaseMs = join.LeaseMs,
            Name = join.Name.ToArray(),
        };
        var subscription = new GroupSubscription(connection, request.Correlation, join.Credits);
        StreamStatus status = subscription.Open(join.Stream, join.Group, options, out StreamGroupMember? member, out bool waits);
        if (status == StreamStatus.InvalidArgument)
        {
            request.Fail(
                ErrorCode.InvalidArgument,
                "sessionMs: 1000 to 3600000 ms, or 0; leaseMs: 1000 to 43200000 ms, or 0 for the group's; name: at most "
                + $"{request.Streams.Limits.Groups.MemberNameBytesMax} bytes.");
            return;
        }

        if (status != StreamStatus.Ok)
        {
            StreamFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        FrameBuffer reply = request.BeginReply();
        new GroupJoinReply(member!.Number, (GroupMode)member.Mode, member.Joined.ToWire()).Write(reply);
        reply.End();
        connection.Add(request.Correlation, subscription);
    }

    public static void Pull(in Request request)
    {
        if (!GroupPullRequest.TryRead(request.Body, out GroupPullRequest pull))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, pull.Stream))
        {
            return;
        }

        if (pull.RecordsMax == 0)
        {
            request.Fail(ErrorCode.InvalidArgument, "recordsMax: 1 or more.");
            return;
        }

        if (pull.WaitMs > WaitMsMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"waitMs: 0 to {WaitMsMax} ms (a day).");
            return;
        }

        NativeConnection connection = request.Connection;
        if (connection.TryReserve(request.Opcode, request.Correlation))
        {
            connection.Add(request.Correlation, new GroupPullWait(connection, request.Correlation, pull));
        }
    }

    public static void Heartbeat(in Request request)
    {
        if (!GroupMemberRequest.TryRead(request.Body, out GroupMemberRequest member))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, member.Stream))
        {
            return;
        }

        StreamStatus status = request.Streams.HeartbeatGroup(
            member.Stream, member.Group, member.Member, out StreamGroupState state);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.FailMember(request, status, state.Epoch);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        state.ToWire().Write(reply);
        reply.End();
    }

    public static void Leave(in Request request)
    {
        if (!GroupMemberRequest.TryRead(request.Body, out GroupMemberRequest member))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, member.Stream))
        {
            return;
        }

        StreamStatus status = request.Streams.LeaveGroup(member.Stream, member.Group, member.Member, out ulong epoch);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.FailMember(request, status, epoch);
            return;
        }

        request.BeginReply().End();
    }

    public static void Commit(in Request request)
    {
        if (!GroupCommitRequest.TryRead(request.Body, out GroupCommitRequest commit))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, commit.Stream))
        {
            return;
        }

        StreamStatus status = request.Streams.CommitGroup(
            commit.Stream, commit.Group, commit.Member, commit.Epoch, commit.Offset, out StreamGroupSettled settled);
        if (status == StreamStatus.OffsetOutOfRange)
        {
            StreamFailures.FailPlace(request, status, settled.Range);
            return;
        }

        if (status != StreamStatus.Ok)
        {
            FailSettle(request, status, settled, "A group that is shared by key settles its records with GROUP ACK.");
            return;
        }

        request.AwaitDiskIf(settled.Waits);
        FrameBuffer reply = request.BeginReply();
        new GroupCommitReply((ulong)settled.Position).Write(reply);
        reply.End();
    }

    public static void Ack(in Request request)
    {
        if (!GroupAckRequest.TryRead(request.Body, out GroupAckRequest ack))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "leases", ack.Leases.Count, sizeof(ushort)))
        {
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, ack.Stream))
        {
            return;
        }

        FrameBuffer reply = BeginPerItem(request, ack.Leases.Count);
        var sink = new RecordSettleSink(reply);
        StreamStatus status = request.Streams.AckGroup(
            ack.Stream, ack.Group, ack.Member, ack.Epoch, new RecordLeaseSource(ack.Leases), ref sink, out StreamGroupSettled settled);
        EndPerItem(request, reply, status, settled);
    }

    public static void Nack(in Request request)
    {
        if (!GroupNackRequest.TryRead(request.Body, out GroupNackRequest nack))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "leases", nack.Leases.Count, sizeof(ushort)))
        {
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, nack.Stream))
        {
            return;
        }

        FrameBuffer reply = BeginPerItem(request, nack.Leases.Count);
        var sink = new RecordSettleSink(reply);
        StreamStatus status = request.Streams.NackGroup(
            nack.Stream,
            nack.Group,
            nack.Member,
            nack.Epoch,
            (StreamNack)nack.Action,
            nack.DelayMs,
            nack.Reason,
            new RecordLeaseSource(nack.Leases),
            ref sink,
            out StreamGroupSettled settled);
        EndPerItem(request, reply, status, settled);
    }

    private static FrameBuffer BeginPerItem(in Request request, uint count)
    {
        FrameBuffer reply = request.BeginReply();
        PerItemReply.WriteStart(reply, count);
        return reply;
    }

    private static void EndPerItem(in Request request, FrameBuffer reply, StreamStatus status, in StreamGroupSettled settled)
    {
        if (status != StreamStatus.Ok)
        {
            reply.Abandon();
            FailSettle(
                request,
                status,
                settled,
                "An ordered group commits how far it has come; delayMs: 0 to 31622400000 ms (366 days); reason: at most "
                + $"{request.Streams.Limits.Groups.ReasonBytesMax} bytes.");
            return;
        }

        request.AwaitDiskIf(settled.Waits);
        reply.End();
    }

    private static void FailSettle(in Request request, StreamStatus status, in StreamGroupSettled settled, string invalid)
    {
        if (status == StreamStatus.InvalidArgument)
        {
            request.Fail(ErrorCode.InvalidArgument, invalid);
            return;
        }

        StreamFailures.FailMember(request, status, settled.Epoch);
    }
}

/// <summary>A list of leases on the wire, as the groups take it.</summary>
internal ref struct RecordLeaseSource(LeaseList leases) : IStreamLeaseSource
{
    private LeaseList _leases = leases;

    public bool TryTake(out long offset, out ulong lease)
    {
        bool taken = _leases.TryTake(out ulong id, out lease);
        offset = id > long.MaxValue ? -1 : (long)id;
        return taken;
    }
}

/// <summary>Writes what became of each settlement into the open reply.</summary>
internal readonly struct RecordSettleSink(FrameBuffer reply) : IStreamSettleSink
{
    public void Add(StreamStatus status) => PerItemReply.WriteItem(reply, StreamFailures.CodeOf(status));
}
