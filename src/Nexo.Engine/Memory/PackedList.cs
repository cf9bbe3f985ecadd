using System.Buffers.Binary;

namespace Nexo.Engine.Memory;

/// <summary>
/// A small list inside its entry's value: <c>[i64 first][u16 count]([u16 length][element])*</c>. The label of its first
/// element is said, those of the others follow in steps of <see cref="Gap"/>.
/// </summary>
internal static class PackedList
{
    public const int HeaderBytes = 10;
    public const int ElementHeaderBytes = 2;

    /// <summary>
    /// Between the labels of two neighbours, so that others find room there; at each end there is room for 2^51.
    /// </summary>
    public const long Gap = 4_096;

    public static long First(ReadOnlySpan<byte> packed) => BinaryPrimitives.ReadInt64LittleEndian(packed);

    public static int Count(ReadOnlySpan<byte> packed) => BinaryPrimitives.ReadUInt16LittleEndian(packed[8..]);

    public static long Last(ReadOnlySpan<byte> packed) => First(packed) + ((Count(packed) - 1) * Gap);

    public static void WriteHeader(Span<byte> packed, long first, int count)
    {
        BinaryPrimitives.WriteInt64LittleEndian(packed, first);
        BinaryPrimitives.WriteUInt16LittleEndian(packed[8..], (ushort)count);
    }

    /// <summary>Reads the element at <paramref name="at"/> and steps over it; false at the end.</summary>
    public static bool TryNext(ReadOnlySpan<byte> packed, scoped ref int at, out ReadOnlySpan<byte> element)
    {
        if (at >= packed.Length)
        {
            element = default;
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(packed[at..]);
        element = packed.Slice(at + ElementHeaderBytes, length);
        at += ElementHeaderBytes + length;
        return true;
    }

    /// <summary>Where the element with this rank begins; with the count of all, where the list ends.</summary>
    public static int Seek(ReadOnlySpan<byte> packed, int rank)
    {
        int at = HeaderBytes;
        for (; rank > 0; rank--)
        {
            at += ElementHeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(packed[at..]);
        }

        return at;
    }

    /// <summary>Puts an element before the one with this rank; returns the new length. Its labels move if it is in front.</summary>
    public static int Insert(Span<byte> packed, int length, int rank, ReadOnlySpan<byte> element)
    {
        int count = Count(packed);
        int at = rank == count ? length : Seek(packed[..length], rank);
        int bytes = ElementHeaderBytes + element.Length;
        packed[at..length].CopyTo(packed[(at + bytes)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(packed[at..], (ushort)element.Length);
        element.CopyTo(packed[(at + ElementHeaderBytes)..]);
        WriteHeader(packed, rank == 0 && count > 0 ? First(packed) - Gap : First(packed), count + 1);
        return length + bytes;
    }

    /// <summary>Gives the element with this rank other bytes; returns the new length.</summary>
    public static int Replace(Span<byte> packed, int length, int rank, ReadOnlySpan<byte> element)
    {
        int at = Seek(packed[..length], rank);
        int behind = Seek(packed[(at - HeaderBytes)..length], 1) + at - HeaderBytes;
        int bytes = ElementHeaderBytes + element.Length;
        packed[behind..length].CopyTo(packed[(at + bytes)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(packed[at..], (ushort)element.Length);
        element.CopyTo(packed[(at + ElementHeaderBytes)..]);
        return length - (behind - at) + bytes;
    }

    /// <summary>Takes elements out; returns the new length. Its labels move if they are in front.</summary>
    public static int Remove(Span<byte> packed, int rank, int count)
    {
        int at = Seek(packed, rank);
        int behind = at + Seek(packed[(at - HeaderBytes)..], count) - HeaderBytes;
        packed[behind..].CopyTo(packed[at..]);
        WriteHeader(packed, rank == 0 ? First(packed) + (count * Gap) : First(packed), Count(packed) - count);
        return packed.Length - (behind - at);
    }
}
