using System.Buffers;
using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>
/// What a finished segment ends with: its index, then 64 bytes
/// <c>[u32 magic][u32 crc of the index and of 8..63][u32 version][u32 entries][u64 logId][i64 baseOffset][i64
/// endOffset][i64 dataEnd][i64 maxTime][zeros to 63]</c>. It only saves work: without it the segment is scanned.
/// </summary>
internal readonly record struct SegmentFooter(ulong LogId, long BaseOffset, long EndOffset, long DataEnd, long MaxTime)
{
    public const int Size = 64;

    /// <summary>More are never written, so more are never believed.</summary>
    public const int EntriesMax = 64 * 1024;

    private const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "NXSE"u8;

    /// <summary>The footer with its index, ready to be written at <see cref="DataEnd"/>.</summary>
    public byte[] Encode(SegmentIndex index)
    {
        int indexBytes = index.Entries.Length * SegmentIndex.EntrySize;
        byte[] bytes = new byte[indexBytes + Size];
        index.Encode(bytes);
        Span<byte> footer = bytes.AsSpan(indexBytes);
        Magic.CopyTo(footer);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(footer[12..], index.Entries.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(footer[16..], LogId);
        BinaryPrimitives.WriteInt64LittleEndian(footer[24..], BaseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(footer[32..], EndOffset);
        BinaryPrimitives.WriteInt64LittleEndian(footer[40..], DataEnd);
        BinaryPrimitives.WriteInt64LittleEndian(footer[48..], MaxTime);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[4..], Checksum(bytes.AsSpan(0, indexBytes), footer));
        return bytes;
    }

    /// <summary>Reads the footer of a finished segment; null if it is missing, damaged, or another segment's.</summary>
    public static SegmentFooter? TryRead(
        IDiskFile file, ulong logId, long baseOffset, long endOffset, out SegmentIndex? index)
    {
        index = null;
        Span<byte> tail = stackalloc byte[Size];
        long length = file.Length;
        if (length < BatchSegmentHeader.Size + Size
            || file.Read(tail, length - Size) < Size
            || !tail.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(tail[8..]) != Version)
        {
            return null;
        }

        uint entries = BinaryPrimitives.ReadUInt32LittleEndian(tail[12..]);
        var footer = new SegmentFooter(
            BinaryPrimitives.ReadUInt64LittleEndian(tail[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(tail[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(tail[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(tail[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(tail[48..]));
        if (footer.LogId != logId
            || footer.BaseOffset != baseOffset
            || footer.EndOffset != endOffset
            || entries > EntriesMax
            || footer.DataEnd < BatchSegmentHeader.Size
            || footer.DataEnd != length - Size - (entries * (long)SegmentIndex.EntrySize))
        {
            return null;
        }

        return ReadIndex(file, footer, (int)entries * SegmentIndex.EntrySize, tail, out index) ? footer : null;
    }

    private static bool ReadIndex(
        IDiskFile file, SegmentFooter footer, int bytes, ReadOnlySpan<byte> tail, out SegmentIndex? index)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            Span<byte> entries = buffer.AsSpan(0, bytes);
            bool right = file.Read(entries, footer.DataEnd) == bytes
                && BinaryPrimitives.ReadUInt32LittleEndian(tail[4..]) == Checksum(entries, tail);
            index = right ? SegmentIndex.Decode(entries) : null;
            return right;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> entries, ReadOnlySpan<byte> footer) =>
        Crc32C.Append(Crc32C.Of(entries), footer[8..Size]);
}
