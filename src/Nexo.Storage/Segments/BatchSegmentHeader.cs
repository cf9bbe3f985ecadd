using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>
/// The first 64 bytes of a segment file:
/// <c>[u32 magic][u32 crc of 8..63][u32 version][u32 zero][u64 logId][i64 baseOffset][i64 bytesBefore][i64
/// timeBefore][zeros to 63]</c>.
/// </summary>
/// <param name="LogId">Which log the segment belongs to.</param>
/// <param name="BaseOffset">The first offset.</param>
/// <param name="BytesBefore">Headers and batches in all segments that were before this one, in bytes.</param>
/// <param name="TimeBefore">Unix ms: the highest time of any record before this segment.</param>
internal readonly record struct BatchSegmentHeader(ulong LogId, long BaseOffset, long BytesBefore, long TimeBefore)
{
    public const int Size = 64;

    private const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "NXSG"u8;

    public static bool TryDecode(ReadOnlySpan<byte> source, out BatchSegmentHeader header)
    {
        header = default;
        if (source.Length < Size
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) != Crc32C.Of(source[8..Size])
            || BinaryPrimitives.ReadUInt32LittleEndian(source[8..]) != Version)
        {
            return false;
        }

        header = new BatchSegmentHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]));
        return true;
    }

    public void Encode(Span<byte> destination)
    {
        destination[..Size].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], LogId);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], BaseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(destination[32..], BytesBefore);
        BinaryPrimitives.WriteInt64LittleEndian(destination[40..], TimeBefore);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Crc32C.Of(destination[8..Size]));
    }

    /// <summary>Reads the header of a file that must be this segment of this log.</summary>
    public static BatchSegmentHeader Read(IDiskFile file, ulong logId, long baseOffset)
    {
        Span<byte> bytes = stackalloc byte[Size];
        int read = file.Read(bytes, 0);
        if (!TryDecode(bytes[..read], out BatchSegmentHeader header))
        {
            throw new SegmentDamageException(file.Path, 0, "no header of a segment");
        }

        return header.LogId == logId && header.BaseOffset == baseOffset
            ? header
            : throw new SegmentDamageException(
                file.Path, 0, $"it is segment {header.BaseOffset} of log {header.LogId:x16}");
    }
}
