using static System.Buffers.Binary.BinaryPrimitives;

namespace Nexo.Storage;

/// <summary>
/// <c>[u32 magic "NXSF"][u32 CRC of bytes 8..63][u64 blocks][u64 records][u64 length of the file][u64 log id]
/// [u64 position][zeros to 63]</c>, little-endian; the CRC continues that of the snapshot's header.
/// </summary>
internal readonly record struct SnapshotFooter(ulong Blocks, ulong Records, ulong FileBytes, ulong LogId, Lsn Position)
{
    public void Write(Span<byte> target, uint headerCrc)
    {
        target = target[..SnapshotFormat.FooterBytes];
        target.Clear();
        WriteUInt32LittleEndian(target, SnapshotFormat.FooterMagic);
        WriteUInt64LittleEndian(target[8..], Blocks);
        WriteUInt64LittleEndian(target[16..], Records);
        WriteUInt64LittleEndian(target[24..], FileBytes);
        WriteUInt64LittleEndian(target[32..], LogId);
        WriteUInt64LittleEndian(target[40..], Position.Value);
        WriteUInt32LittleEndian(target[4..], Crc32C.Append(headerCrc, target[SnapshotFormat.UncheckedBytes..]));
    }

    public static bool TryRead(ReadOnlySpan<byte> source, uint headerCrc, out SnapshotFooter footer)
    {
        footer = default;
        if (source.Length < SnapshotFormat.FooterBytes || ReadUInt32LittleEndian(source) != SnapshotFormat.FooterMagic)
        {
            return false;
        }

        source = source[..SnapshotFormat.FooterBytes];
        if (ReadUInt32LittleEndian(source[4..]) != Crc32C.Append(headerCrc, source[SnapshotFormat.UncheckedBytes..]))
        {
            return false;
        }

        footer = new SnapshotFooter(
            ReadUInt64LittleEndian(source[8..]),
            ReadUInt64LittleEndian(source[16..]),
            ReadUInt64LittleEndian(source[24..]),
            ReadUInt64LittleEndian(source[32..]),
            new Lsn(ReadUInt64LittleEndian(source[40..])));
        return true;
    }
}
