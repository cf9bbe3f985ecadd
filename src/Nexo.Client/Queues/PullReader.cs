using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The messages of a PULL.</summary>
internal readonly struct PullReader<T>(DeliverySource source, INexoSerializer serializer, uint leaseMs)
    : IReplyReader<IReadOnlyList<QueueDelivery<T>>>
{
    public bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<QueueDelivery<T>> result)
    {
        result = [];
        if (!DeliveryList.TryRead(body, out DeliveryList list) || list.Count == 0)
        {
            return list.Count == 0 && body.Length == sizeof(uint);
        }

        var deliveries = new QueueDelivery<T>[list.Count];
        var bytes = new MessageBytes(body.Length);
        for (int i = 0; list.TryTake(out DeliveredMessage message); i++)
        {
            ReadOnlyMemory<byte> owned = bytes.Own(message.Group, message.Headers, message.Body);
            deliveries[i] = new QueueDelivery<T>(source, message, owned, serializer) { LeaseMs = leaseMs };
            source.Add(deliveries[i]);
        }

        result = deliveries;
        return true;
    }
}
