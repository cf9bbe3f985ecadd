namespace Nexo.Protocol;

/// <summary>
/// Answer to QUEUE ACK, NACK and DEAD LETTER, GROUP ACK and NACK: one code for each item of the request, in its order; 0:
/// done. Body: <c>[u32 count]([u16 code])*</c>. The size is checked on reading it.
/// </summary>
public ref struct PerItemReply
{
    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out PerItemReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint count)
            && (ulong)count * sizeof(ushort) == (ulong)reader.Rest.Length;
        reply = new PerItemReply { Count = count, _items = reader };
        return read;
    }

    /// <summary>Takes the next code; false at the end.</summary>
    public bool TryTake(out ErrorCode error)
    {
        bool read = _items.TryReadUInt16(out ushort code);
        error = (ErrorCode)code;
        return read;
    }

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, uint count) => buffer.WriteUInt32(count);

    public static void WriteItem(FrameBuffer buffer, ErrorCode error) => buffer.WriteUInt16((ushort)error);
}
