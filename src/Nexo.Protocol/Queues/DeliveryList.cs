namespace Nexo.Protocol;

/// <summary>
/// Messages as a consumer gets them: a push of QUEUE CONSUME, which costs <c>count</c> credits, and the answer to QUEUE
/// PULL. Body: <c>[u32 count]</c> then each as <see cref="DeliveredMessage"/> says. Checked whole on reading it, as
/// <see cref="BlobList"/> is.
/// </summary>
public ref struct DeliveryList
{
    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out DeliveryList list)
    {
        var reader = new BodyReader(body);
        list = default;
        if (!reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        list = new DeliveryList { Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!DeliveredMessage.TryReadItem(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next message; false at the end.</summary>
    public bool TryTake(out DeliveredMessage delivery) => DeliveredMessage.TryReadItem(ref _items, out delivery);

    /// <summary>
    /// Writes what stands before the messages, first in the body; <see cref="DeliveredMessage.Write"/> follows, count times.
    /// A server that does not know the count yet writes 0 and has it filled in by <see cref="PatchCount"/>.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, uint count) => buffer.WriteUInt32(count);

    /// <summary>Fills in the count of a list that is the whole body, now that it is known.</summary>
    public static void PatchCount(FrameBuffer buffer, uint count) => buffer.PatchUInt32(0, count);
}
