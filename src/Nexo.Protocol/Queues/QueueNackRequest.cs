namespace Nexo.Protocol;

/// <summary>When a message that failed is delivered again.</summary>
public enum NackAction : byte
{
    /// <summary>After the queue's backoff.</summary>
    Backoff = 0,

    /// <summary>At once.</summary>
    Now = 1,

    /// <summary>After <see cref="QueueNackRequest.DelayMs"/>.</summary>
    AfterDelay = 2,

    /// <summary>At once, and it is no failure: the message was not worked on.</summary>
    GiveBack = 3,
}

/// <summary>
/// QUEUE NACK. Body: <c>[u8 action][u8 0][u16 0][i64 delayMs][u32 queueLength][queue][u32 reasonLength][reason]</c> then a
/// <see cref="LeaseList"/>. Answer: <see cref="PerItemReply"/>.
/// </summary>
public ref struct QueueNackRequest
{
    public NackAction Action { get; private set; }

    /// <summary>Without meaning but for <see cref="NackAction.AfterDelay"/>.</summary>
    public long DelayMs { get; private set; }

    public ReadOnlySpan<byte> Queue { get; private set; }

    /// <summary>UTF-8, for people; may be empty.</summary>
    public ReadOnlySpan<byte> Reason { get; private set; }

    public LeaseList Leases;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueNackRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint action)
            || action > (uint)NackAction.GiveBack
            || !reader.TryReadInt64(out long delayMs)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> reason)
            || !LeaseList.TryRead(ref reader, out LeaseList leases))
        {
            return false;
        }

        request.Action = (NackAction)action;
        request.DelayMs = delayMs;
        request.Queue = queue;
        request.Reason = reason;
        request.Leases = leases;
        return true;
    }

    /// <summary>
    /// Writes what stands before the items; <see cref="LeaseList.WriteItem"/> follows, count times.
    /// </summary>
    public static void WriteStart(
        FrameBuffer buffer,
        NackAction action,
        long delayMs,
        ReadOnlySpan<byte> queue,
        ReadOnlySpan<byte> reason,
        uint count)
    {
        buffer.WriteUInt32((uint)action);
        buffer.WriteInt64(delayMs);
        buffer.WriteBlob(queue);
        buffer.WriteBlob(reason);
        buffer.WriteUInt32(count);
    }
}
