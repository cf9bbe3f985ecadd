namespace Nexo.Protocol;

/// <summary>
/// Answer to STORE SET. Body: <c>[u8 stored 0|1][u8 previousFound 0|1][u64 version][previous value, the rest]</c>.
/// <c>version</c> is the new one when stored; when the condition failed it is the current one, 0 if there is no entry.
/// The previous value is there only if it was asked for and found.
/// </summary>
public readonly ref struct SetReply
{
    public bool Stored { get; init; }

    public bool PreviousFound { get; init; }

    public ulong Version { get; init; }

    public ReadOnlySpan<byte> Previous { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out SetReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadByte(out byte stored)
            || !reader.TryReadByte(out byte found)
            || !reader.TryReadUInt64(out ulong version))
        {
            return false;
        }

        reply = new SetReply
        {
            Stored = stored != 0,
            PreviousFound = found != 0,
            Version = version,
            Previous = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Bytes before the previous value: 1 + 1 + 8.</summary>
    public const int FixedSize = 10;

    /// <summary>Writes all but the previous value, which follows.</summary>
    public static void WriteFixed(FrameBuffer buffer, bool stored, bool previousFound, ulong version)
    {
        buffer.WriteUInt16(Flags(stored, previousFound));
        buffer.WriteUInt64(version);
    }

    /// <summary>Fills in what <see cref="WriteFixed"/> wrote first in the open frame, now that it is known.</summary>
    public static void PatchFixed(FrameBuffer buffer, bool stored, bool previousFound, ulong version)
    {
        buffer.PatchUInt16(0, Flags(stored, previousFound));
        buffer.PatchUInt64(2, version);
    }

    // Both bytes as one little-endian number.
    private static ushort Flags(bool stored, bool previousFound) =>
        (ushort)((stored ? 0x0001 : 0) | (previousFound ? 0x0100 : 0));
}
