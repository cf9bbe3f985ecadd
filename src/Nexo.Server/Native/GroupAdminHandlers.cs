using System.Buffers.Binary;
using System.Text;
using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about groups of streams as such.</summary>
internal static class GroupAdminHandlers
{
    // A page is a unit of fairness too, as that of a scan.
    private const int ListPageBytesMax = 256 * 1_024;

    public static void Create(in Request request)
    {
        if (!GroupCreateRequest.TryRead(request.Body, out GroupCreateRequest create))
        {
            request.FailMalformed();
            return;
        }

        if (!IsForward(request, create.From)
            || !GroupOptionReader.TryRead(request, create.Options, out StreamGroupOptionSet options))
        {
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Consume, create.Stream) || DeniesDeadLetters(request, options))
        {
            return;
        }

        StreamService streams = request.Streams;
        FrameHeader head = request.ErrorHead;
        byte[] stream = create.Stream.ToArray();
        byte[] group = create.Group.ToArray();
        var mode = (StreamGroupMode)create.Mode;
        StreamPlace from = create.From.ToEngine();

        // To find a time may take a look into files.
        PooledRequest.Run(request, answer =>
        {
            StreamStatus status = streams.CreateGroup(stream, group, mode, from, options, out StreamGroupDeclared declared);
            if (status != StreamStatus.Ok)
            {
                WriteRefused(answer, head, status, declared, streams.Limits);
                return false;
            }

            answer.Begin(Opcode.GroupCreate, FrameKind.Reply, head.Correlation);
            GroupCreateReply.WriteStart(answer, declared.Created, (ulong)declared.Position);
            GroupOptionReader.Write(answer, declared.Options!);
            answer.End();
            return declared.Waits;
        });
    }

    public static void Describe(in Request request)
    {
        if (!GroupNameRequest.TryRead(request.Body, out GroupNameRequest name))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Read, name.Stream))
        {
            return;
        }

        StreamStatus status = request.Streams.DescribeGroup(name.Stream, name.Group, out StreamGroupInfo? group);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.Fail(request, status);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        new GroupDescribeReply
        {
            Mode = (GroupMode)group!.Mode,
            Epoch = group.Epoch,
            Position = (ulong)group.Position,
            Lag = (ulong)group.Lag,
            DeadLetters = (ulong)group.DeadLetters,
        }.WriteStart(reply, (uint)group.Members.Count);
        foreach (StreamGroupMemberInfo member in group.Members)
        {
            Write(reply, member);
        }

        GroupOptionReader.Write(reply, group.Options);
        if (reply.BodyCount > request.Connection.BodyBytesMax)
        {
            request.AbandonAndFail(ErrorCode.ReplyTooLarge, "The members do not fit one frame.");
            return;
        }

        reply.End();
    }

    public static void List(in Request request)
    {
        if (!ScanRequest.TryRead(request.Body, out ScanRequest list))
        {
            request.FailMalformed();
            return;
        }

        if (list.Limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} groups.");
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Read, list.Prefix))
        {
            return;
        }

        StreamStatus status = request.Streams.ListGroups(
            list.Prefix, list.Cursor, (int)list.Limit, out IReadOnlyList<StreamGroupSummary> found);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.Fail(request, status);
            return;
        }

        using var items = new FrameBuffer();
        int count = 0;
        int bytesMax = Math.Min(ListPageBytesMax, request.Connection.BodyBytesMax / 2);
        while (count < found.Count && items.Count < bytesMax)
        {
            Write(items, found[count]);
            count++;
        }

        // The cursor is the last name: a page that is not full is the end.
        bool isEnd = count == found.Count && found.Count < list.Limit;
        byte[] cursor = isEnd || count == 0 ? [] : Encoding.UTF8.GetBytes(found[count - 1].Name);
        FrameBuffer reply = request.BeginReply();
        GroupListReply.WriteStart(reply, cursor, (uint)count);
        reply.Write(items.Written.Span);
        reply.End();
    }

    public static void Delete(in Request request)
    {
        if (!GroupNameRequest.TryRead(request.Body, out GroupNameRequest name))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Manage, name.Stream))
        {
            return;
        }

        StreamStatus status = request.Streams.DeleteGroup(name.Stream, name.Group, out bool waits);
        if (status is not (StreamStatus.Ok or StreamStatus.GroupNotFound))
        {
            StreamFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        request.ReplyCount(status == StreamStatus.Ok ? 1 : 0);
    }

    public static void Seek(in Request request)
    {
        if (!GroupSeekRequest.TryRead(request.Body, out GroupSeekRequest seek))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Manage, seek.Stream))
        {
            return;
        }

        if (!IsForward(request, seek.To))
        {
            return;
        }

        StreamService streams = request.Streams;
        FrameHeader head = request.ErrorHead;
        byte[] stream = seek.Stream.ToArray();
        byte[] group = seek.Group.ToArray();
        StreamPlace to = seek.To.ToEngine();
        bool dryRun = seek.DryRun;
        PooledRequest.Run(request, answer =>
        {
            StreamStatus status = streams.SeekGroup(stream, group, to, dryRun, out StreamGroupSought sought);
            if (status != StreamStatus.Ok)
            {
                StreamFailures.WriteFrame(answer, head, status, sought.Range, streams.Limits);
                return false;
            }

            answer.Begin(Opcode.GroupSeek, FrameKind.Reply, head.Correlation);
            new GroupSeekReply((ulong)sought.Before, (ulong)sought.After, (ulong)sought.Replayed, sought.Epoch).Write(answer);
            answer.End();
            return sought.Waits;
        });
    }

    // What the group gives up goes there.
    private static bool DeniesDeadLetters(in Request request, StreamGroupOptionSet options) =>
        options.DeadLetterStream is { Length: > 0 } target
        && request.Denies(AccessBroker.Streams, AccessOperation.Write, Encoding.UTF8.GetBytes(target));

    private static bool IsForward(in Request request, in StreamPosition position)
    {
        bool isForward = (position.Flags & PositionFlags.Backward) == 0;
        if (!isForward)
        {
            request.Fail(ErrorCode.InvalidArgument, "from: a group goes forward.");
        }

        return isForward;
    }

    private static void WriteRefused(
        FrameBuffer answer, in FrameHeader head, StreamStatus status, in StreamGroupDeclared declared, StreamLimits limits)
    {
        if (status == StreamStatus.GroupConflict && declared.Difference == StreamGroupOption.None)
        {
            ErrorBody.WriteFrame(
                answer, head.Opcode, head.Kind, head.Correlation, StreamFailures.CodeOf(status), declared.Message);
            return;
        }

        if (declared.Difference == StreamGroupOption.None)
        {
            StreamFailures.WriteFrame(answer, head, status, declared.Range, limits);
            return;
        }

        Span<byte> detail = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(detail, (ushort)declared.Difference);
        answer.Begin(head.Opcode, head.Kind, head.Correlation);
        ErrorBody.Write(answer, StreamFailures.CodeOf(status), declared.Message, detail);
        answer.End();
    }

    private static void Write(FrameBuffer reply, StreamGroupMemberInfo member) => new GroupMember
    {
        Member = member.Number,
        State = (MemberState)member.State,
        InFlight = (uint)member.InFlight,
        JoinedAt = member.JoinedAtMs,
        HeardAt = member.HeardAtMs,
        Name = member.Name.Span,
    }.Write(reply);

    private static void Write(FrameBuffer items, StreamGroupSummary group) => new GroupListItem
    {
        Mode = (GroupMode)group.Mode,
        Position = (ulong)group.Position,
        Lag = (ulong)group.Lag,
        Members = (uint)group.Members,
        Group = Encoding.UTF8.GetBytes(group.Name),
    }.Write(items);
}
