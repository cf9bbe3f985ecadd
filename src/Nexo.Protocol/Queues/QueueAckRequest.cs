namespace Nexo.Protocol;

/// <summary>
/// QUEUE ACK. Body: <c>[u32 queueLength][queue]</c> then a <see cref="LeaseList"/>. Answer: <see cref="PerItemReply"/>.
/// </summary>
public ref struct QueueAckRequest
{
    public ReadOnlySpan<byte> Queue { get; private set; }

    public LeaseList Leases;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueAckRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> queue) || !LeaseList.TryRead(ref reader, out LeaseList leases))
        {
            return false;
        }

        request.Queue = queue;
        request.Leases = leases;
        return true;
    }

    /// <summary>
    /// Writes what stands before the items; <see cref="LeaseList.WriteItem"/> follows, count times.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> queue, uint count)
    {
        buffer.WriteBlob(queue);
        buffer.WriteUInt32(count);
    }
}
