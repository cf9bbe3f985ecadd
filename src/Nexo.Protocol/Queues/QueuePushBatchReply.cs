namespace Nexo.Protocol;

/// <summary>
/// Answer to QUEUE PUSH BATCH, in the order of the request. Body:
/// <c>[u32 count]([u16 code][u8 outcome][u64 messageId])*</c>; of an item that was refused the code says why, and the
/// others are 0. The size is checked on reading it.
/// </summary>
public ref struct QueuePushBatchReply
{
    /// <summary>Bytes of an item: 2 + 1 + 8.</summary>
    public const int ItemSize = sizeof(ushort) + sizeof(byte) + sizeof(ulong);

    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePushBatchReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint count) && (ulong)count * ItemSize == (ulong)reader.Rest.Length;
        reply = new QueuePushBatchReply { Count = count, _items = reader };
        return read;
    }

    /// <summary>Takes the next item; false at the end.</summary>
    public bool TryTake(out ErrorCode error, out QueuePushReply pushed)
    {
        byte outcome = 0;
        ulong messageId = 0;
        bool read = _items.TryReadUInt16(out ushort code)
            && _items.TryReadByte(out outcome)
            && _items.TryReadUInt64(out messageId);
        error = (ErrorCode)code;
        pushed = new QueuePushReply((PushOutcome)outcome, messageId);
        return read;
    }

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, uint count) => buffer.WriteUInt32(count);

    public static void WriteItem(FrameBuffer buffer, ErrorCode error, QueuePushReply pushed)
    {
        buffer.WriteUInt16((ushort)error);
        pushed.Write(buffer);
    }
}
