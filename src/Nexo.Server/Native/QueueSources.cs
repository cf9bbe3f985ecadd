using Nexo.Engine.Queues;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The messages of a batch on the wire, as the engine takes them.</summary>
internal ref struct PushedSource(QueuePushBatchRequest batch) : IQueueMessageSource
{
    private QueuePushBatchRequest _batch = batch;

    public bool TryTake(out QueueMessage message)
    {
        bool taken = _batch.TryTake(out PushedMessage pushed);
        message = taken ? pushed.ToEngine(pushed.Headers) : default;
        return taken;
    }
}

/// <summary>A list of leases on the wire, as the engine takes it.</summary>
internal ref struct LeaseSource(LeaseList leases) : IQueueLeaseSource
{
    private LeaseList _leases = leases;

    public bool TryTake(out ulong messageId, out ulong lease) => _leases.TryTake(out messageId, out lease);
}

/// <summary>Writes what became of each message of a batch into the open reply.</summary>
internal readonly struct PushSink(FrameBuffer reply) : IQueuePushSink
{
    public void Add(QueueStatus status, in QueuePushResult result)
    {
        QueuePushReply pushed = status == QueueStatus.Ok
            ? new QueuePushReply((PushOutcome)result.Outcome, result.MessageId)
            : default;
        QueuePushBatchReply.WriteItem(reply, QueueFailures.CodeOf(status), pushed);
    }
}

/// <summary>Writes what became of each settlement into the open reply.</summary>
internal readonly struct SettleSink(FrameBuffer reply) : IQueueSettleSink
{
    public void Add(QueueStatus status, long leaseEndsAtMs) =>
        PerItemReply.WriteItem(reply, QueueFailures.CodeOf(status));
}

/// <summary>Writes the new end of each lease into the open reply.</summary>
internal readonly struct ExtendSink(FrameBuffer reply) : IQueueSettleSink
{
    public void Add(QueueStatus status, long leaseEndsAtMs) =>
        QueueExtendReply.WriteItem(reply, QueueFailures.CodeOf(status), leaseEndsAtMs);
}

/// <summary>Writes the messages of a pull into the open reply, as long as they fit.</summary>
internal readonly struct PullSink(FrameBuffer reply, int bytesMax) : IQueueDeliveries
{
    // Before the first message there is its count.
    private const int EmptyBytes = sizeof(uint);

    public bool Add(in QueueDelivery delivery)
    {
        DeliveredMessage message = QueueConversions.ToWire(delivery);
        if (reply.BodyCount > EmptyBytes && reply.BodyCount + message.Size > bytesMax)
        {
            return false;
        }

        message.Write(reply);
        return true;
    }
}

/// <summary>Collects the messages of one page; the reply needs the cursor, which comes last, before them.</summary>
internal struct KeptSink(FrameBuffer messages, int bytesMax) : IQueueKeptSink
{
    public uint Count { get; private set; }

    public bool Add(in QueueKept kept)
    {
        KeptMessage message = QueueConversions.ToWire(kept);
        if (Count > 0 && messages.Count + message.Size > bytesMax)
        {
            return false;
        }

        message.Write(messages);
        Count++;
        return true;
    }
}
