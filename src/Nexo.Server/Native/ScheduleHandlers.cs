using Nexo.Engine.Schedules;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about schedules.</summary>
internal static class ScheduleHandlers
{
    // A page is a unit of fairness too, as that of a scan.
    private const int ListPageBytesMax = 256 * 1_024;

    public static void Set(in Request request)
    {
        if (!ScheduleSetRequest.TryRead(request.Body, out ScheduleSetRequest set))
        {
            request.FailMalformed();
            return;
        }

        if (DeniesSet(request, set))
        {
            return;
        }

        if (ScheduleFailures.FindGivenInvalid(set.Message) is { } problem)
        {
            ScheduleFailures.Fail(request, problem);
            return;
        }

        ScheduleStatus status = request.Schedules.Set(ToEngine(set, request.Headers), out ScheduleSetResult result);
        if (status != ScheduleStatus.Ok)
        {
            ScheduleFailures.Fail(request, status, result.Message);
            return;
        }

        request.Connection.Server.ScheduleTicker.Wake();
        request.AwaitDiskIf(result.Waits);
        FrameBuffer reply = request.BeginReply();
        new ScheduleSetReply(result.Created, result.NextAtMs).Write(reply);
        reply.End();
    }

    public static void Describe(in Request request)
    {
        if (DeniesThere(request, AccessOperation.Read, request.Body, out ScheduleInfo? info))
        {
            return;
        }

        if (info is null)
        {
            ScheduleFailures.Fail(request, ScheduleStatus.NotFound);
            return;
        }

        bool hasHeaders = !info.Headers.IsEmpty;
        FrameBuffer reply = request.Connection.Replies;
        reply.Begin(
            request.Opcode, FrameKind.Reply, request.Correlation, hasHeaders ? FrameFlags.Headers : FrameFlags.None);
        if (hasHeaders)
        {
            HeaderBlock.WriteBlock(reply, info.Headers.Span);
        }

        new ScheduleDescribeReply
        {
            Message = ToWire(info),
            LastAt = info.LastAtMs,
            NextAt = info.NextAtMs,
            Runs = info.Runs,
            Failed = info.Failed,
            Missed = info.Missed,
            LastError = ScheduleFailures.CodeOf(info.LastOutcome),
            Body = info.Body.Span,
        }.Write(reply);
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
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} schedules.");
            return;
        }

        if (request.DeniesPrefix(AccessBroker.Queue, AccessOperation.Read, default))
        {
            return;
        }

        IReadOnlyList<ScheduleInfo> found = request.Schedules.List(list.Prefix, list.Cursor, (int)list.Limit);
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
        FrameBuffer reply = request.BeginReply();
        ScheduleListReply.WriteStart(reply, isEnd ? default : found[count - 1].Name.Span, (uint)count);
        reply.Write(items.Written.Span);
        reply.End();
    }

    public static void Delete(in Request request)
    {
        if (DeniesThere(request, AccessOperation.Manage, request.Body, out _))
        {
            return;
        }

        ScheduleStatus status = request.Schedules.Remove(request.Body, out bool waits);
        if (status is not (ScheduleStatus.Ok or ScheduleStatus.NotFound))
        {
            ScheduleFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        request.ReplyCount(status == ScheduleStatus.Ok ? 1 : 0);
    }

    // It pushes by itself from then on; and what it was before may be another's.
    private static bool DeniesSet(in Request request, scoped in ScheduleSetRequest set) =>
        request.Denies(AccessBroker.Queue, AccessOperation.Manage, set.Message.Queue)
        || request.Denies(AccessBroker.Queue, AccessOperation.Write, set.Message.Queue)
        || (request.Schedules.TryDescribe(set.Message.Name, out ScheduleInfo? info)
            && request.Denies(AccessBroker.Queue, AccessOperation.Manage, info.Queue.Span));

    // A schedule is its queue's.
    private static bool DeniesThere(in Request request, AccessOperation operation, ReadOnlySpan<byte> name, out ScheduleInfo? info) =>
        request.Schedules.TryDescribe(name, out info)
            ? request.Denies(AccessBroker.Queue, operation, info.Queue.Span)
            : request.DeniesAny(AccessBroker.Queue, operation);

    private static ScheduleSpec ToEngine(scoped in ScheduleSetRequest set, ReadOnlySpan<byte> headers) => new()
    {
        Name = set.Message.Name,
        Cron = set.Message.Cron,
        TimeZone = set.Message.TimeZone,
        Queue = set.Message.Queue,
        Priority = set.Message.Priority,
        TtlMs = set.Message.TtlMs,
        Group = set.Message.Group,
        Headers = headers,
        Body = set.Body,
        CatchUp = set.Message.CatchUp == CatchUpKind.Once ? ScheduleCatchUp.Once : ScheduleCatchUp.Skip,
        IsEnabled = !set.Message.IsDisabled,
    };

    private static ScheduledMessage ToWire(ScheduleInfo info) => new()
    {
        CatchUp = info.CatchUp == ScheduleCatchUp.Once ? CatchUpKind.Once : CatchUpKind.None,
        Parts = (info.TtlMs == 0 ? ScheduleParts.None : ScheduleParts.Ttl)
            | (info.Group.IsEmpty ? ScheduleParts.None : ScheduleParts.Group),
        Priority = (byte)info.Priority,
        Flags = FlagsOf(info),
        Name = info.Name.Span,
        Cron = info.Cron.Span,
        TimeZone = info.TimeZone.Span,
        Queue = info.Queue.Span,
        TtlMs = info.TtlMs,
        Group = info.Group.Span,
    };

    private static void Write(FrameBuffer items, ScheduleInfo info) => new ScheduleListItem
    {
        Flags = FlagsOf(info),
        LastAt = info.LastAtMs,
        NextAt = info.NextAtMs,
        Name = info.Name.Span,
        Cron = info.Cron.Span,
        TimeZone = info.TimeZone.Span,
        Queue = info.Queue.Span,
    }.Write(items);

    private static ScheduleFlags FlagsOf(ScheduleInfo info) =>
        info.IsEnabled ? ScheduleFlags.None : ScheduleFlags.Disabled;
}
