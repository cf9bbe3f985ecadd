using Nexo.Engine.Queues;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>What a pull has asked for.</summary>
internal readonly struct PullTerms(NativeConnection connection, in QueuePullRequest pull)
{
    private readonly int _messagesMax = (int)pull.MessagesMax;
    private readonly uint _leaseMs = pull.LeaseMs;
    private readonly bool _isSettled = (pull.Options & ConsumeOptions.SettledByDelivery) != 0;
    private readonly int _bytesMax = pull.BytesMax == 0
        ? connection.BodyBytesMax
        : (int)Math.Min(pull.BytesMax, (uint)connection.BodyBytesMax);

    /// <summary>Takes what is there now into the open reply.</summary>
    public QueueStatus TryPull(QueueConsumer consumer, FrameBuffer reply, out int count, out bool waits)
    {
        DeliveryList.WriteStart(reply, count: 0);
        var sink = new PullSink(reply, _bytesMax);
        QueueStatus status = consumer.Pull(_messagesMax, _leaseMs, _isSettled, ref sink, out count, out waits);
        DeliveryList.PatchCount(reply, (uint)count);
        return status;
    }
}
