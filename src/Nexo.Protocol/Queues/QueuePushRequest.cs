namespace Nexo.Protocol;

/// <summary>
/// QUEUE PUSH. Body: <c>[u8 present][u8 priority][u16 reserved 0][u32 queueLength][queue]{i64 delayMs}{i64 dueAt}{i64
/// ttlMs}{u32 length, dedupId}{u32 length, group}[body, the rest]</c>; the message's headers are the frame's. Answer:
/// <see cref="QueuePushReply"/>.
/// </summary>
public ref struct QueuePushRequest
{
    // Places in the first eight bytes, read as one number: present, priority, two reserved bytes, the name's length.
    private const uint AllButPriority = 0xFFFF_00FF;
    private const int PriorityShift = 8;
    private const int ReservedShift = 16;

    public ReadOnlySpan<byte> Queue { get; set; }

    /// <summary>Without headers, which are the frame's.</summary>
    public PushedMessage Message;

    /// <summary>
    /// Reads a PUSH without optional parts, which is most of them, for nothing more than a comparison. False: it is
    /// another one, or malformed.
    /// </summary>
    public static bool TryReadPlain(
        ReadOnlySpan<byte> body, out ReadOnlySpan<byte> queue, out byte priority, out ReadOnlySpan<byte> message)
    {
        var reader = new BodyReader(body);
        queue = default;
        bool isPlain = reader.TryReadUInt64(out ulong head)
            && ((uint)head & AllButPriority) == 0
            && reader.TryReadBytes((uint)(head >> 32), out queue);
        priority = (byte)(head >> PriorityShift);
        message = reader.Rest;
        return isPlain;
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePushRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong head)
            || (ushort)(head >> ReservedShift) != 0
            || !reader.TryReadBytes((uint)(head >> 32), out ReadOnlySpan<byte> queue)
            || !PushedMessage.TryReadParts(
                ref reader, (byte)head, (byte)(head >> PriorityShift), out PushedMessage message))
        {
            return false;
        }

        request.Queue = queue;
        request.Message = message with { Body = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public readonly void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(
            (byte)Message.Parts | ((ulong)Message.Priority << PriorityShift) | ((ulong)(uint)Queue.Length << 32));
        buffer.Write(Queue);
        Message.WriteParts(buffer);
        buffer.Write(Message.Body);
    }
}
