using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests that settle messages, or keep them for longer.</summary>
internal static class QueueSettleHandlers
{
    public static void Ack(in Request request)
    {
        if (!QueueAckRequest.TryRead(request.Body, out QueueAckRequest ack))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "leases", ack.Leases.Count, sizeof(ushort)))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Consume, ack.Queue))
        {
            return;
        }

        FrameBuffer reply = BeginPerItem(request, ack.Leases.Count);
        var sink = new SettleSink(reply);
        QueueStatus status = request.Queues.Ack(
            ack.Queue, new LeaseSource(ack.Leases), ref sink, request.Connection.QueueWork, out bool waits);
        End(request, reply, status, waits);
    }

    public static void Nack(in Request request)
    {
        if (!QueueNackRequest.TryRead(request.Body, out QueueNackRequest nack))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "leases", nack.Leases.Count, sizeof(ushort)))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Consume, nack.Queue))
        {
            return;
        }

        FrameBuffer reply = BeginPerItem(request, nack.Leases.Count);
        var sink = new SettleSink(reply);
        QueueStatus status = request.Queues.Nack(
            nack.Queue,
            (QueueNack)nack.Action,
            nack.DelayMs,
            nack.Reason,
            new LeaseSource(nack.Leases),
            ref sink,
            request.Connection.QueueWork,
            out bool waits);
        End(request, reply, status, waits);
    }

    public static void DeadLetter(in Request request)
    {
        if (!QueueDeadLetterRequest.TryRead(request.Body, out QueueDeadLetterRequest dead))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "leases", dead.Leases.Count, sizeof(ushort)))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Consume, dead.Queue))
        {
            return;
        }

        FrameBuffer reply = BeginPerItem(request, dead.Leases.Count);
        var sink = new SettleSink(reply);
        QueueStatus status = request.Queues.DeadLetter(
            dead.Queue, dead.Reason, new LeaseSource(dead.Leases), ref sink, request.Connection.QueueWork, out bool waits);
        End(request, reply, status, waits);
    }

    public static void Extend(in Request request)
    {
        if (!QueueExtendRequest.TryRead(request.Body, out QueueExtendRequest extend))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "leases", extend.Leases.Count, QueueExtendReply.ItemSize))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Consume, extend.Queue))
        {
            return;
        }

        FrameBuffer reply = request.BeginReply();
        QueueExtendReply.WriteStart(reply, extend.Leases.Count);
        var sink = new ExtendSink(reply);
        QueueStatus status = request.Queues.Extend(
            extend.Queue, extend.LeaseMs, new LeaseSource(extend.Leases), ref sink);

        // Leases do not survive a restart: there is nothing to wait for.
        End(request, reply, status, waits: false);
    }

    private static FrameBuffer BeginPerItem(in Request request, uint count)
    {
        FrameBuffer reply = request.BeginReply();
        PerItemReply.WriteStart(reply, count);
        return reply;
    }

    private static void End(in Request request, FrameBuffer reply, QueueStatus status, bool waits)
    {
        if (status != QueueStatus.Ok)
        {
            reply.Abandon();
            QueueFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        reply.End();
    }
}
