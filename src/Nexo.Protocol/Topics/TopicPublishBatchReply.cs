namespace Nexo.Protocol;

/// <summary>
/// Answer to TOPIC PUBLISH BATCH, in the order of the request. Body: <c>[u32 count]([u16 code][u32 receivers][u32
/// bindings])*</c>; of an item that was refused the code says why, and the others are 0, but for
/// <see cref="ErrorCode.BindingRefused"/>, of which they say what was done. The size is checked on reading it.
/// </summary>
public ref struct TopicPublishBatchReply
{
    /// <summary>Bytes of an item: 2 + 4 + 4.</summary>
    public const int ItemSize = sizeof(ushort) + (2 * sizeof(uint));

    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicPublishBatchReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint count) && (ulong)count * ItemSize == (ulong)reader.Rest.Length;
        reply = new TopicPublishBatchReply { Count = count, _items = reader };
        return read;
    }

    /// <summary>Takes the next item; false at the end.</summary>
    public bool TryTake(out ErrorCode error, out TopicPublishReply published)
    {
        ulong both = 0;
        bool read = _items.TryReadUInt16(out ushort code) && _items.TryReadUInt64(out both);
        error = (ErrorCode)code;
        published = new TopicPublishReply((uint)both, (uint)(both >> 32));
        return read;
    }

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, uint count) => buffer.WriteUInt32(count);

    public static void WriteItem(FrameBuffer buffer, ErrorCode error, TopicPublishReply published)
    {
        buffer.WriteUInt16((ushort)error);
        published.Write(buffer);
    }
}
