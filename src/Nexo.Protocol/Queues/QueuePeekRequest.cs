namespace Nexo.Protocol;

/// <summary>Which messages of a queue to look at.</summary>
public enum PeekWhich : byte
{
    Ready = 0,
    Leased = 1,
    Delayed = 2,
}

/// <summary>
/// QUEUE PEEK. Body: <c>[u8 which][u32 bytesMax][u32 limit][u32 cursorLength][cursor][queue, the rest]</c>. Answer:
/// <see cref="KeptMessagePage"/>.
/// </summary>
public readonly ref struct QueuePeekRequest
{
    public PeekWhich Which { get; init; }

    /// <summary>Bytes of a page; one message is given even if it is larger. 0: as much as a frame holds.</summary>
    public uint BytesMax { get; init; }

    /// <summary>Messages of a page, 1 to <see cref="ScanRequest.LimitMax"/>.</summary>
    public uint Limit { get; init; }

    public ReadOnlySpan<byte> Cursor { get; init; }

    public ReadOnlySpan<byte> Queue { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePeekRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadByte(out byte which)
            || (PeekWhich)which > PeekWhich.Delayed
            || !reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadUInt32(out uint limit)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> cursor))
        {
            return false;
        }

        request = new QueuePeekRequest
        {
            Which = (PeekWhich)which,
            BytesMax = bytesMax,
            Limit = limit,
            Cursor = cursor,
            Queue = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Which);
        buffer.WriteUInt32(BytesMax);
        buffer.WriteUInt32(Limit);
        buffer.WriteBlob(Cursor);
        buffer.Write(Queue);
    }
}
