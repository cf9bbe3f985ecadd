using System.Buffers.Binary;

namespace Nexo.Engine.Memory;

/// <summary>
/// A small hash inside its entry's value: <c>[u16 count]([u16 fieldLength][u16 valueLength][field][value])*</c>, in
/// the order of the first writing.
/// </summary>
internal static class PackedHash
{
    public const int HeaderBytes = 2;
    public const int FieldHeaderBytes = 4;

    public static int Count(ReadOnlySpan<byte> packed) => BinaryPrimitives.ReadUInt16LittleEndian(packed);

    public static void SetCount(Span<byte> packed, int count) =>
        BinaryPrimitives.WriteUInt16LittleEndian(packed, (ushort)count);

    /// <summary>The bytes that a field takes.</summary>
    public static int BytesOf(int fieldBytes, int valueBytes) => FieldHeaderBytes + fieldBytes + valueBytes;

    /// <summary>Reads the field at <paramref name="at"/> and steps over it; false at the end.</summary>
    public static bool TryNext(
        ReadOnlySpan<byte> packed, scoped ref int at, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        if (at >= packed.Length)
        {
            field = default;
            value = default;
            return false;
        }

        int fieldLength = BinaryPrimitives.ReadUInt16LittleEndian(packed[at..]);
        int valueLength = BinaryPrimitives.ReadUInt16LittleEndian(packed[(at + 2)..]);
        field = packed.Slice(at + FieldHeaderBytes, fieldLength);
        value = packed.Slice(at + FieldHeaderBytes + fieldLength, valueLength);
        at += BytesOf(fieldLength, valueLength);
        return true;
    }

    public static bool TryGet(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value) =>
        TryFind(packed, field, out _, out value);

    /// <summary>Takes a field out, in place; returns the new length.</summary>
    public static int Remove(Span<byte> packed, ReadOnlySpan<byte> field)
    {
        if (!TryFind(packed, field, out int start, out ReadOnlySpan<byte> value))
        {
            return packed.Length;
        }

        int bytes = BytesOf(field.Length, value.Length);
        packed[(start + bytes)..].CopyTo(packed[start..]);
        SetCount(packed, Count(packed) - 1);
        return packed.Length - bytes;
    }

    /// <summary>Adds a field that is not there, behind <paramref name="length"/>; returns the new length.</summary>
    public static int Append(Span<byte> packed, int length, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        Span<byte> target = packed[length..];
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)field.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], (ushort)value.Length);
        field.CopyTo(target[FieldHeaderBytes..]);
        value.CopyTo(target[(FieldHeaderBytes + field.Length)..]);
        SetCount(packed, Count(packed) + 1);
        return length + BytesOf(field.Length, value.Length);
    }

    /// <summary>
    /// Adds a member that is not there, with its score as the value, where it belongs in the order; returns the new length.
    /// </summary>
    public static int InsertScored(Span<byte> packed, int length, ReadOnlySpan<byte> member, ReadOnlySpan<byte> score)
    {
        ItemProbe place = ItemProbe.Scored(ScoreBytes.Read(score), member);
        int start = HeaderBytes;
        int at = start;
        while (TryNext(packed[..length], ref at, out ReadOnlySpan<byte> other, out ReadOnlySpan<byte> otherScore)
            && place.IsBehind(ScoreBytes.Read(otherScore), other, after: false))
        {
            start = at;
        }

        int bytes = BytesOf(member.Length, score.Length);
        packed[start..length].CopyTo(packed[(start + bytes)..]);
        Append(packed, start, member, score);
        return length + bytes;
    }

    private static bool TryFind(
        ReadOnlySpan<byte> packed, ReadOnlySpan<byte> field, out int start, out ReadOnlySpan<byte> value)
    {
        int at = HeaderBytes;
        start = at;
        while (TryNext(packed, ref at, out ReadOnlySpan<byte> found, out value))
        {
            if (found.SequenceEqual(field))
            {
                return true;
            }

            start = at;
        }

        return false;
    }
}
