namespace Nexo.Protocol;

/// <summary>
/// QUEUE DEAD LETTER. Body: <c>[u32 queueLength][queue][u32 reasonLength][reason]</c> then a <see cref="LeaseList"/>.
/// Answer: <see cref="PerItemReply"/>.
/// </summary>
public ref struct QueueDeadLetterRequest
{
    public ReadOnlySpan<byte> Queue { get; private set; }

    /// <summary>UTF-8, for people; may be empty.</summary>
    public ReadOnlySpan<byte> Reason { get; private set; }

    public LeaseList Leases;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDeadLetterRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> reason)
            || !LeaseList.TryRead(ref reader, out LeaseList leases))
        {
            return false;
        }

        request.Queue = queue;
        request.Reason = reason;
        request.Leases = leases;
        return true;
    }

    /// <summary>
    /// Writes what stands before the items; <see cref="LeaseList.WriteItem"/> follows, count times.
    /// </summary>
    public static void WriteStart(
        FrameBuffer buffer, ReadOnlySpan<byte> queue, ReadOnlySpan<byte> reason, uint count)
    {
        buffer.WriteBlob(queue);
        buffer.WriteBlob(reason);
        buffer.WriteUInt32(count);
    }
}
