namespace Nexo.Protocol;

/// <summary>
/// RETAINED LIST. Body: <c>[u32 bytesMax][u32 limit][u32 cursorLength][cursor][filter, the rest]</c>. Answer:
/// <see cref="RetainedListReply"/>.
/// </summary>
public readonly ref struct RetainedListRequest
{
    /// <summary>Bytes of a page; one message is given even if it is larger. 0: as much as a frame holds.</summary>
    public uint BytesMax { get; init; }

    /// <summary>Messages of a page, 1 to <see cref="ScanRequest.LimitMax"/>.</summary>
    public uint Limit { get; init; }

    public ReadOnlySpan<byte> Cursor { get; init; }

    public ReadOnlySpan<byte> Filter { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out RetainedListRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadUInt32(out uint limit)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> cursor))
        {
            return false;
        }

        request = new RetainedListRequest
        {
            BytesMax = bytesMax,
            Limit = limit,
            Cursor = cursor,
            Filter = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(BytesMax);
        buffer.WriteUInt32(Limit);
        buffer.WriteBlob(Cursor);
        buffer.Write(Filter);
    }
}
