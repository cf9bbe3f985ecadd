namespace Nexo.Protocol;

/// <summary>
/// TOPIC PUBLISH BATCH. Body: <c>[u32 count]</c> then the messages, each as <see cref="TopicPublication"/> says. Checked whole
/// on reading it, as <see cref="BlobList"/> is. A request is answered with a <see cref="TopicPublishBatchReply"/>, a notice as
/// that of <see cref="TopicPublishRequest"/>.
/// </summary>
public ref struct TopicPublishBatchRequest
{
    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicPublishBatchRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        request = new TopicPublishBatchRequest { Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!TopicPublication.TryReadItem(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next message; false at the end.</summary>
    public bool TryTake(out TopicPublication message) => TopicPublication.TryReadItem(ref _items, out message);

    /// <summary>
    /// Writes what stands before the messages, first in the body; <see cref="TopicPublication.WriteItem"/> follows, count times.
    /// Who does not know the count yet writes 0 and fills it in by <see cref="PatchCount"/>.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, uint count) => buffer.WriteUInt32(count);

    /// <summary>Fills in the count of a batch that is the whole body, now that it is known.</summary>
    public static void PatchCount(FrameBuffer buffer, uint count) => buffer.PatchUInt32(0, count);
}
