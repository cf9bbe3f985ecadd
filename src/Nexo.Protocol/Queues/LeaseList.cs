namespace Nexo.Protocol;

/// <summary>
/// Messages that a request settles or keeps: <c>[u32 count]([u64 messageId][u64 lease])*</c>, to the end of the body. Of
/// records of a stream the offset is the id. The size is checked on reading it.
/// </summary>
public ref struct LeaseList
{
    /// <summary>Bytes of an item: 8 + 8.</summary>
    public const int ItemSize = 2 * sizeof(ulong);

    private BodyReader _items;

    public uint Count { get; private init; }

    /// <summary>Reads a list that must be the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out LeaseList list)
    {
        bool read = reader.TryReadUInt32(out uint count) && (ulong)count * ItemSize == (ulong)reader.Rest.Length;
        list = new LeaseList { Count = count, _items = reader };
        return read;
    }

    /// <summary>Takes the next item; false at the end.</summary>
    public bool TryTake(out ulong messageId, out ulong lease)
    {
        lease = 0;
        return _items.TryReadUInt64(out messageId) && _items.TryReadUInt64(out lease);
    }

    public static void WriteItem(FrameBuffer buffer, ulong messageId, ulong lease)
    {
        buffer.WriteUInt64(messageId);
        buffer.WriteUInt64(lease);
    }
}
