namespace Nexo.Protocol;

/// <summary>
/// Answer to STORE MULTI GET and HASH MULTI GET, in the order of the request. Body:
/// <c>[u32 count]([u16 error][u8 found 0|1][u64 version][u32 length][value])*</c>; <c>error</c> is an
/// <see cref="ErrorCode"/> (0: none) of that item alone, such as a key that holds a hash. Fields of a hash have no version
/// of their own: 0.
/// </summary>
public static class MultiValueReply
{
    /// <summary>Bytes of an item before its value: 2 + 1 + 8 + 4.</summary>
    public const int ItemFixedSize = 15;

    public static void WriteItem(FrameBuffer buffer, ErrorCode error, bool found, ulong version, uint valueLength)
    {
        buffer.WriteUInt16((ushort)error);
        buffer.WriteByte(found ? (byte)1 : (byte)0);
        buffer.WriteUInt64(version);
        buffer.WriteUInt32(valueLength);
    }

    /// <summary>
    /// Fills in an item that was begun at body offset <paramref name="bodyOffset"/> before its value was known.
    /// </summary>
    public static void PatchItem(
        FrameBuffer buffer, int bodyOffset, ErrorCode error, bool found, ulong version, uint valueLength)
    {
        buffer.PatchUInt16(bodyOffset, (ushort)error);
        buffer.PatchByte(bodyOffset + 2, found ? (byte)1 : (byte)0);
        buffer.PatchUInt64(bodyOffset + 3, version);
        buffer.PatchUInt32(bodyOffset + 11, valueLength);
    }

    public static bool TryReadItem(
        scoped ref BodyReader reader,
        out ErrorCode error,
        out bool found,
        out ulong version,
        out ReadOnlySpan<byte> value)
    {
        found = false;
        version = 0;
        value = default;
        bool read = reader.TryReadUInt16(out ushort code)
            && TryReadFlag(ref reader, out found)
            && reader.TryReadUInt64(out version)
            && reader.TryReadBlob(out value);
        error = (ErrorCode)code;
        return read;
    }

    private static bool TryReadFlag(scoped ref BodyReader reader, out bool flag)
    {
        bool read = reader.TryReadByte(out byte value);
        flag = value != 0;
        return read;
    }
}
