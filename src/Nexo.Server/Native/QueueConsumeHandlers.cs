using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests that take messages out of queues: subscriptions and pulls.</summary>
internal static class QueueConsumeHandlers
{
    private const uint MessagesMax = 65_536;
    private const uint WaitMsMax = 24 * 3_600 * 1_000;

    public static void Consume(in Request request)
    {
        if (!QueueConsumeRequest.TryRead(request.Body, out QueueConsumeRequest consume))
        {
            request.FailMalformed();
            return;
        }

        if (consume.Options == (ConsumeOptions.SettlingGivesCredit | ConsumeOptions.SettledByDelivery))
        {
            request.Fail(
                ErrorCode.InvalidArgument,
                "options: 0, 1 or 2; where messages are settled by their delivery (2), no settling gives a credit back (1).");
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Consume, consume.Queue))
        {
            return;
        }

        NativeConnection connection = request.Connection;
        if (!connection.TryReserve(request.Opcode, request.Correlation))
        {
            return;
        }

        var options = new QueueConsumerOptions
        {
            CreditsAreUnsettled = (consume.Options & ConsumeOptions.SettlingGivesCredit) != 0,
            SettledByDelivery = (consume.Options & ConsumeOptions.SettledByDelivery) != 0,
            LeaseMs = consume.LeaseMs,
        };
        var subscription = new QueueSubscription(connection, request.Correlation, consume.Credits);
        QueueStatus status = subscription.Open(request.Queues, consume.Queue, options);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return;
        }

        request.BeginReply().End();
        connection.Add(request.Correlation, subscription);
    }

    public static void Pull(in Request request)
    {
        if (!QueuePullRequest.TryRead(request.Body, out QueuePullRequest pull))
        {
            request.FailMalformed();
            return;
        }

        if (pull.MessagesMax is 0 or > MessagesMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"messagesMax: 1 to {MessagesMax}.");
            return;
        }

        if (pull.WaitMs > WaitMsMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"waitMs: 0 to {WaitMsMax} ms (a day).");
            return;
        }

        if (request.Denies(AccessBroker.Queue, AccessOperation.Consume, pull.Queue))
        {
            return;
        }

        var terms = new PullTerms(request.Connection, pull);
        if (!TryFindConsumer(request, pull.Queue, out QueueConsumer? consumer))
        {
            return;
        }

        FrameBuffer reply = request.BeginReply();
        QueueStatus status = terms.TryPull(consumer, reply, out int count, out bool waits);
        if (status == QueueStatus.NotFound)
        {
            // The queue was deleted since the last pull; there may be a new one of its name, or one may be made.
            request.Connection.Consumers.RemovePuller(consumer);
            reply.Abandon();
            if (!TryFindConsumer(request, pull.Queue, out consumer))
            {
                return;
            }

            reply = request.BeginReply();
            status = terms.TryPull(consumer, reply, out count, out waits);
        }

        if (status != QueueStatus.Ok)
        {
            reply.Abandon();
            QueueFailures.Fail(request, status);
        }
        else if (count > 0 || pull.WaitMs == 0)
        {
            request.AwaitDiskIf(waits);
            reply.End();
        }
        else
        {
            reply.Abandon();
            Wait(request, pull.Queue, terms, consumer, pull.WaitMs);
        }
    }

    private static void Wait(
        in Request request, ReadOnlySpan<byte> queue, PullTerms terms, QueueConsumer consumer, uint waitMs)
    {
        NativeConnection connection = request.Connection;
        if (connection.TryReserve(request.Opcode, request.Correlation))
        {
            connection.Consumers.CountWait(consumer, change: 1);
            connection.Add(
                request.Correlation,
                new QueuePullWait(connection, request.Correlation, queue.ToArray(), terms, consumer, waitMs));
        }
    }

    private static bool TryFindConsumer(in Request request, ReadOnlySpan<byte> queue, out QueueConsumer consumer)
    {
        ConnectionConsumers consumers = request.Connection.Consumers;
        consumer = consumers.FindPuller(queue)!;
        if (consumer is not null)
        {
            return true;
        }

        QueueStatus status = request.Queues.Consume(
            queue, PullOnly.Instance, PullOnly.Options, out QueueConsumer? added);
        if (status != QueueStatus.Ok)
        {
            QueueFailures.Fail(request, status);
            return false;
        }

        consumer = added!;
        consumers.AddPuller(queue, consumer);
        return true;
    }

    /// <summary>The sink of consumers that only pull: nothing is delivered to them without being asked for.</summary>
    private sealed class PullOnly : IQueueSink
    {
        public static readonly PullOnly Instance = new();

        public static readonly QueueConsumerOptions Options = new() { PullsOnly = true };

        public bool IsCongested => false;

        public void Deliver(in QueueDelivery delivery)
        {
        }

        public void Flush()
        {
        }

        // The next pull learns of it.
        public void OnEnd(QueueStatus why)
        {
        }
    }
}
