using System.Text;
using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about queues as such: what they are set to, how they are, and their end.</summary>
internal static class QueueAdminHandlers
{
    // A page is a unit of fairness too, as that of a scan.
    private const int ListPageBytesMax = 256 * 1_024;

    private const int PurgedAtOnceMax = 1_000;

    public static void Declare(in Request request)
    {
        if (!QueueDeclareRequest.TryRead(request.Body, out QueueDeclareRequest declare))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueOptionReader.TryRead(request, declare.Options, out QueueOptionSet options))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Manage, declare.Name) || DeniesDeadLetters(request, options))
        {
            return;
        }

        QueueStatus status = request.Queues.Declare(declare.Name, options, out QueueDeclared declared);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.FailDefinition(request, status, declared);
            return;
        }

        request.AwaitDiskIf(declared.Waits);
        FrameBuffer reply = request.BeginReply();
        QueueDeclareReply.WriteStart(reply, declared.Created, declared.Definition!.Revision);
        QueueConversions.Write(reply, declared.Definition.Options);
        reply.End();
    }

    public static void Update(in Request request)
    {
        if (!QueueUpdateRequest.TryRead(request.Body, out QueueUpdateRequest update))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueOptionReader.TryRead(request, update.Options, out QueueOptionSet options))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Manage, update.Name) || DeniesDeadLetters(request, options))
        {
            return;
        }

        QueueStatus status = request.Queues.Update(update.Name, update.Revision, options, out QueueDeclared updated);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.FailDefinition(request, status, updated);
            return;
        }

        request.AwaitDiskIf(updated.Waits);
        ReplyDefinition(request, updated.Definition!);
    }

    public static void Describe(in Request request)
    {
        if (request.Denies(AccessBroker.Queue, AccessOperation.Read, request.Body))
        {
            return;
        }

        QueueStatus status = request.Queues.Describe(request.Body, out QueueDefinition? definition);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        ReplyDefinition(request, definition!);
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
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} queues.");
            return;
        }

        if (request.DeniesPrefix(AccessBroker.Queue, AccessOperation.Read, list.Prefix))
        {
            return;
        }

        IReadOnlyList<QueueSummary> found = request.Queues.List(list.Prefix, list.Cursor, (int)list.Limit);
        using var items = new FrameBuffer();
        uint count = 0;
        int bytesMax = Math.Min(ListPageBytesMax, request.Connection.BodyBytesMax / 2);
        while (count < found.Count && items.Count < bytesMax)
        {
            Write(items, found[(int)count]);
            count++;
        }

        // The cursor is the last name: a page that is not full is the end.
        bool isEnd = count == found.Count && found.Count < list.Limit;
        byte[] cursor = isEnd || count == 0 ? [] : Encoding.UTF8.GetBytes(found[(int)count - 1].Name);
        FrameBuffer reply = request.BeginReply();
        QueueListReply.WriteStart(reply, cursor, count);
        reply.Write(items.Written.Span);
        reply.End();
    }

    public static void Pause(in Request request)
    {
        if (!QueuePauseRequest.TryRead(request.Body, out QueuePauseRequest pause))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Manage, pause.Name))
        {
            return;
        }

        QueueStatus status = request.Queues.Pause(pause.Name, (QueuePausedParts)pause.Flow, out bool waits);
        ReplyEmpty(request, status, waits);
    }

    public static void Resume(in Request request)
    {
        if (!QueuePauseRequest.TryRead(request.Body, out QueuePauseRequest resume))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Manage, resume.Name))
        {
            return;
        }

        QueueStatus status = request.Queues.Resume(
            resume.Name, (QueuePausedParts)resume.Flow, request.Connection.QueueWork, out bool waits);
        ReplyEmpty(request, status, waits);
    }

    public static void Purge(in Request request)
    {
        if (!QueuePurgeRequest.TryRead(request.Body, out QueuePurgeRequest purge))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Manage, purge.Name))
        {
            return;
        }

        QueueStatus status = request.Queues.Stats(purge.Name, out QueueStats? stats);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        // Many messages are removed on a pool thread, which may take its time: this one reads other connections.
        bool isLater = stats!.Ready + stats.Delayed + stats.Dead > PurgedAtOnceMax;
        QueueService queues = request.Queues;
        QueueLimits limits = request.Connection.Server.QueueLimits;
        byte[] name = purge.Name.ToArray();
        var parts = (QueuePart)purge.Parts;
        SlicedResult result = default;
        request.Connection.RunSliced(
            request,
            () =>
            {
                if (isLater)
                {
                    isLater = false;
                    return true;
                }

                QueueStatus ended = queues.Purge(name, parts, out long removed, out bool waits);
                result = ended == QueueStatus.Ok
                    ? new SlicedResult(removed, Waits: waits)
                    : new SlicedResult(0, QueueFailures.CodeOf(ended), QueueFailures.MessageOf(ended, limits));
                return false;
            },
            () => result);
    }

    public static void Delete(in Request request)
    {
        if (!QueueDeleteRequest.TryRead(request.Body, out QueueDeleteRequest delete))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Manage, delete.Name))
        {
            return;
        }

        QueueStatus status = request.Queues.Delete(
            delete.Name,
            (delete.Conditions & QueueDeleteConditions.IfEmpty) != 0,
            (delete.Conditions & QueueDeleteConditions.IfUnused) != 0,
            out long removed,
            out bool waits);
        ReplyCount(request, status, removed, waits);
    }

    public static void Stats(in Request request)
    {
        if (request.Denies(AccessBroker.Queue, AccessOperation.Read, request.Body))
        {
            return;
        }

        QueueStatus status = request.Queues.Stats(request.Body, out QueueStats? stats);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        QueueConversions.Write(reply, stats!);
        reply.End();
    }

    // What dies in the queue is put into another: who says so might as well push there.
    private static bool DeniesDeadLetters(in Request request, QueueOptionSet options) =>
        options.DeadLetterQueue is { Length: > 0 } target
        && request.Denies(AccessBroker.Queue, AccessOperation.Write, Encoding.UTF8.GetBytes(target));

    private static void Write(FrameBuffer items, QueueSummary queue) => new QueueListItem
    {
        Paused = (QueueFlow)queue.Paused,
        Ready = (ulong)queue.Ready,
        Leased = (ulong)queue.Leased,
        Delayed = (ulong)queue.Delayed,
        Dead = (ulong)queue.Dead,
        Name = Encoding.UTF8.GetBytes(queue.Name),
    }.Write(items);

    private static void ReplyDefinition(in Request request, QueueDefinition definition)
    {
        FrameBuffer reply = request.BeginReply();
        QueueDefinitionReply.WriteStart(reply, definition.Revision);
        QueueConversions.Write(reply, definition.Options);
        reply.End();
    }

    private static void ReplyEmpty(in Request request, QueueStatus status, bool waits)
    {
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        request.BeginReply().End();
    }

    private static void ReplyCount(in Request request, QueueStatus status, long count, bool waits)
    {
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        request.ReplyCount(count);
    }
}
