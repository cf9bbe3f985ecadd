using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Extending leases, in one request.</summary>
internal static class LeaseExtension
{
    /// <summary>Extends, and takes down a code for each. The leases are known to have begun when the request was sent, not when
    /// it was answered.</summary>
    public static async ValueTask SendAsync(
        NexoQueue queue,
        IReadOnlyList<QueueDelivery> deliveries,
        Memory<ErrorCode> codes,
        uint leaseMs,
        CancellationToken cancel)
    {
        long sentAt = queue.Client.Time.GetTimestamp();
        FrameBuffer body = RequestBodies.Rent();
        QueueExtendRequest.WriteStart(body, leaseMs, queue.NameBytes, (uint)deliveries.Count);
        foreach (QueueDelivery delivery in deliveries)
        {
            LeaseList.WriteItem(body, delivery.MessageId, delivery.LeaseToken);
        }

        long[] ends = new long[deliveries.Count];
        await queue.CallAsync<ExtendReader, bool>(Opcode.QueueExtend, CallTraits.Idempotent, body, new(codes, ends), cancel)
            .ConfigureAwait(false);
        for (int i = 0; i < ends.Length; i++)
        {
            if (codes.Span[i] == ErrorCode.None)
            {
                deliveries[i].LeaseEndsAtMs = ends[i];
                deliveries[i].LeaseUntil = leaseMs == 0
                    ? long.MaxValue
                    : sentAt + (leaseMs * queue.Client.Time.TimestampFrequency / 1_000);
            }
        }
    }

    private readonly struct ExtendReader(Memory<ErrorCode> codes, long[] ends) : IReplyReader<bool>
    {
        public bool TryRead(ReadOnlySpan<byte> body, out bool result)
        {
            result = QueueExtendReply.TryRead(body, out QueueExtendReply reply) && reply.Count == ends.Length;
            for (int i = 0; result && reply.TryTake(out ErrorCode code, out long leaseEndsAt); i++)
            {
                codes.Span[i] = code;
                ends[i] = leaseEndsAt;
            }

            return result;
        }
    }
}
