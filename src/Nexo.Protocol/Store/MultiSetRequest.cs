namespace Nexo.Protocol;

/// <summary>
/// STORE MULTI SET. Body: <c>[u8 expiry]{i64 expiryMs}</c> then a <see cref="PairList"/> of keys and values. Each pair is
/// set atomically, the request as a whole is not. Answer: <c>[u32 count]([u16 error][u64 version])*</c>, in order.
/// </summary>
public ref struct MultiSetRequest
{
    /// <summary>Bytes of an item of the answer: 2 + 8.</summary>
    public const int ReplyItemSize = sizeof(ushort) + sizeof(ulong);

    public StoreExpiry Expiry { get; private set; }

    public PairList Pairs;

    public static bool TryRead(ReadOnlySpan<byte> body, out MultiSetRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadByte(out byte kind)
            || !StoreExpiry.TryReadOperand(ref reader, kind, out StoreExpiry expiry)
            || !PairList.TryRead(ref reader, out PairList pairs))
        {
            return false;
        }

        request.Expiry = expiry;
        request.Pairs = pairs;
        return true;
    }

    /// <summary>
    /// Writes what stands before the pairs' items; <see cref="PairList.WriteItem"/> follows, count times.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, StoreExpiry expiry, uint count)
    {
        buffer.WriteByte((byte)expiry.Kind);
        expiry.WriteOperand(buffer);
        buffer.WriteUInt32(count);
    }

    /// <summary>Writes one item of the answer.</summary>
    public static void WriteReplyItem(FrameBuffer buffer, ErrorCode error, ulong version)
    {
        buffer.WriteUInt16((ushort)error);
        buffer.WriteUInt64(version);
    }

    /// <summary>Reads one item of the answer.</summary>
    public static bool TryReadReplyItem(scoped ref BodyReader reader, out ErrorCode error, out ulong version)
    {
        version = 0;
        bool read = reader.TryReadUInt16(out ushort code) && reader.TryReadUInt64(out version);
        error = (ErrorCode)code;
        return read;
    }
}
