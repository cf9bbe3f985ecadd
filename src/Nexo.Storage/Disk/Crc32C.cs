using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nexo.Storage;

/// <summary>
/// CRC-32C (Castagnoli): reflected, initial value and final xor <c>FFFFFFFF</c>. The one of the bytes of "123456789" is
/// <c>E3069283</c>. Uses the processor's instruction where there is one.
/// </summary>
/// <remarks>
/// The instruction takes three cycles and one can begin in each, so long input goes through three lanes at once, whose
/// checksums are then joined: that of a lane is moved over as many zeros as bytes follow it (M. Adler, crc32c.c).
/// </remarks>
public static class Crc32C
{
    private const int LaneBytes = 1_024;
    private const int LaneWords = LaneBytes / sizeof(ulong);
    private const int TableSize = 256;

    private static readonly uint[] OverLane = BuildOverLane();

    /// <summary>The checksum of these bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>
    /// The checksum of all bytes so far, from that of the bytes before these:
    /// <c>Append(Of(a), b)</c> is that of a and b in one piece, and <c>Append(0, a)</c> is <c>Of(a)</c>.
    /// </summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        while (bytes.Length >= 3 * LaneBytes)
        {
            state = ThreeLanes(state, bytes);
            bytes = bytes[(3 * LaneBytes)..];
        }

        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return ~state;
    }

    private static uint ThreeLanes(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes[..(3 * LaneBytes)]);
        ReadOnlySpan<ulong> first = words[..LaneWords];
        ReadOnlySpan<ulong> second = words.Slice(LaneWords, LaneWords);
        ReadOnlySpan<ulong> third = words.Slice(2 * LaneWords, LaneWords);
        uint a = state;
        uint b = 0;
        uint c = 0;
        for (int i = 0; i < LaneWords; i++)
        {
            a = BitOperations.Crc32C(a, LittleEndian(first[i]));
            b = BitOperations.Crc32C(b, LittleEndian(second[i]));
            c = BitOperations.Crc32C(c, LittleEndian(third[i]));
        }

        return MoveOverLane(MoveOverLane(a) ^ b) ^ c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LittleEndian(ulong value) =>
        BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static uint MoveOverLane(uint state)
    {
        ReadOnlySpan<uint> table = OverLane;
        return table[(byte)state]
            ^ table[TableSize + (byte)(state >> 8)]
            ^ table[(2 * TableSize) + (byte)(state >> 16)]
            ^ table[(3 * TableSize) + (int)(state >> 24)];
    }

    // Moving over zeros is linear, so the answers for the 32 single bits give those for every byte in each place.
    private static uint[] BuildOverLane()
    {
        uint[] table = new uint[4 * TableSize];
        for (int bit = 0; bit < 32; bit++)
        {
            uint moved = 1u << bit;
            for (int i = 0; i < LaneBytes; i += sizeof(ulong))
            {
                moved = BitOperations.Crc32C(moved, 0UL);
            }

            Span<uint> place = table.AsSpan(bit / 8 * TableSize, TableSize);
            int mask = 1 << (bit % 8);
            for (int value = 0; value < TableSize; value++)
            {
                place[value] ^= (value & mask) != 0 ? moved : 0;
            }
        }

        return table;
    }
}
