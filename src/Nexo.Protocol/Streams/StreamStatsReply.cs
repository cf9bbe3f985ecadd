namespace Nexo.Protocol;

/// <summary>
/// Answer to STREAM STATS. Body: <c>[u32 count]([u16 stat][u64 value])*</c>, in no order; a stat that is not known was added
/// later. The size is checked on reading it.
/// </summary>
public ref struct StreamStatsReply
{
    private const uint ItemSize = sizeof(ushort) + sizeof(ulong);

    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamStatsReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint count) && (ulong)count * ItemSize == (ulong)reader.Rest.Length;
        reply = new StreamStatsReply { Count = count, _items = reader };
        return read;
    }

    /// <summary>Takes the next figure; false at the end.</summary>
    public bool TryTake(out StreamStat stat, out ulong value)
    {
        value = 0;
        bool read = _items.TryReadUInt16(out ushort number) && _items.TryReadUInt64(out value);
        stat = (StreamStat)number;
        return read;
    }

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, uint count) => buffer.WriteUInt32(count);

    public static void WriteItem(FrameBuffer buffer, StreamStat stat, ulong value)
    {
        buffer.WriteUInt16((ushort)stat);
        buffer.WriteUInt64(value);
    }
}
