namespace Nexo.Protocol;

/// <summary>
/// QUEUE PUSH BATCH. Body: <c>[u8 bits][u8 0][u16 0][u32 queueLength][queue][u32 count]</c> then the messages, each as
/// <see cref="PushedMessage"/> says. Bit 1: all or none. Checked whole on reading it, as <see cref="BlobList"/> is.
/// Answer: <see cref="QueuePushBatchReply"/>.
/// </summary>
public ref struct QueuePushBatchRequest
{
    private const uint BitAllOrNone = 1;

    private BodyReader _items;

    /// <summary>Either no message is refused, or nothing is changed.</summary>
    public bool AllOrNone { get; private init; }

    public ReadOnlySpan<byte> Queue { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePushBatchRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint bits)
            || bits > BitAllOrNone
            || !reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        request = new QueuePushBatchRequest
        {
            AllOrNone = bits == BitAllOrNone,
            Queue = queue,
            Count = count,
            _items = reader,
        };
        for (uint i = 0; i < count; i++)
        {
            if (!PushedMessage.TryReadItem(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next message; false at the end.</summary>
    public bool TryTake(out PushedMessage message) => PushedMessage.TryReadItem(ref _items, out message);

    /// <summary>
    /// Writes what stands before the messages; <see cref="PushedMessage.WriteItem"/> follows, count times.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, bool allOrNone, ReadOnlySpan<byte> queue, uint count)
    {
        buffer.WriteUInt32(allOrNone ? BitAllOrNone : 0);
        buffer.WriteBlob(queue);
        buffer.WriteUInt32(count);
    }
}
