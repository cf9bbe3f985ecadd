using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests that put messages into queues.</summary>
internal static class QueueHandlers
{
    public static void Push(in Request request)
    {
        if (QueuePushRequest.TryReadPlain(
            request.Body, out ReadOnlySpan<byte> queue, out byte priority, out ReadOnlySpan<byte> body))
        {
            Push(request, queue, new QueueMessage { Priority = priority, Headers = request.Headers, Body = body });
        }
        else if (QueuePushRequest.TryRead(request.Body, out QueuePushRequest push))
        {
            Push(request, push.Queue, push.Message.ToEngine(request.Headers));
        }
        else
        {
            request.FailMalformed();
        }
    }

    public static void PushBatch(in Request request)
    {
        if (!QueuePushBatchRequest.TryRead(request.Body, out QueuePushBatchRequest batch))
        {
            request.FailMalformed();
            return;
        }

        if (!QueueFailures.MayRun(request, "messages", batch.Count, QueuePushBatchReply.ItemSize))
        {
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Write, batch.Queue))
        {
            return;
        }

        FrameBuffer reply = request.BeginReply();
        QueuePushBatchReply.WriteStart(reply, batch.Count);
        var sink = new PushSink(reply);
        QueueStatus status = request.Queues.PushBatch(
            batch.Queue, new PushedSource(batch), batch.AllOrNone, ref sink, request.Connection.QueueWork, out bool waits);
        if (status != QueueStatus.Ok)
        {
            reply.Abandon();
            QueueFailures.FailPush(request, batch.Queue, status);
            return;
        }

        request.AwaitDiskIf(waits);
        reply.End();
    }

    private static void Push(in Request request, ReadOnlySpan<byte> queue, in QueueMessage message)
    {
        if (request.Denies(AccessBroker.Queue, AccessOperation.Write, queue))
        {
            return;
        }

        QueueStatus status = request.Queues.Push(queue, message, request.Connection.QueueWork, out QueuePushResult result);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.FailPush(request, queue, status);
            return;
        }

        request.AwaitDiskIf(result.Waits);
        FrameBuffer reply = request.BeginReply();
        new QueuePushReply((PushOutcome)result.Outcome, result.MessageId).Write(reply);
        reply.End();
    }
}
