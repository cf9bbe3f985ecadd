using System.Buffers.Binary;
using System.Globalization;

namespace Nexo.Crash.Ledger;

/// <summary>
/// Values that say of themselves whether they are whole: chunks <c>[u32 length][u32 checksum][u64
/// number][filler]</c>, one after the other, or a decimal number. So a wrong value is told to be an old one, or
/// damaged.
/// </summary>
internal static class Payload
{
    public const int BytesMin = 16;

    /// <summary>A chunk that no other one equals.</summary>
    /// <param name="number">What no other chunk has.</param>
    /// <param name="size">Bytes in all, at least <see cref="BytesMin"/>.</param>
    public static byte[] Chunk(ulong number, int size)
    {
        byte[] chunk = new byte[size];
        BinaryPrimitives.WriteInt32LittleEndian(chunk, size);
        BinaryPrimitives.WriteUInt64LittleEndian(chunk.AsSpan(8), number);
        new Random(number.GetHashCode()).NextBytes(chunk.AsSpan(BytesMin));
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(4), Checksum(chunk.AsSpan(8)));
        return chunk;
    }

    public static bool IsWhole(ReadOnlySpan<byte> value)
    {
        if (long.TryParse(value, CultureInfo.InvariantCulture, out _))
        {
            return true;
        }

        while (value.Length >= BytesMin)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(value);
            if (size < BytesMin
                || size > value.Length
                || Checksum(value[8..size]) != BinaryPrimitives.ReadUInt32LittleEndian(value[4..]))
            {
                return false;
            }

            value = value[size..];
        }

        return value.IsEmpty;
    }

    /// <summary>The number of a chunk that <see cref="IsWhole"/>.</summary>
    public static ulong NumberOf(ReadOnlySpan<byte> chunk) => BinaryPrimitives.ReadUInt64LittleEndian(chunk[8..]);

    public static string Describe(ReadOnlySpan<byte> value)
    {
        if (long.TryParse(value, CultureInfo.InvariantCulture, out long number))
        {
            return $"{number}";
        }

        return IsWhole(value)
            ? $"#{(value.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(value[8..])):x} of {value.Length} bytes"
            : $"damaged, of {value.Length} bytes";
    }

    // FNV-1a, which is enough to tell damage from age.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 2_166_136_261;
        foreach (byte b in bytes)
        {
            sum = (sum ^ b) * 16_777_619;
        }

        return sum;
    }
}
