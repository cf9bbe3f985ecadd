using static System.Buffers.Binary.BinaryPrimitives;

namespace Nexo.Storage;

/// <summary>
/// <c>[u32 magic "NXSB"][u32 CRC of bytes 8..31][u32 bytes of payload][u32 records][u64 index][u32 CRC of the payload]
/// [u32 zero]</c>, little-endian; the first CRC continues that of the snapshot's header.
/// </summary>
internal readonly record struct SnapshotBlockHeader(uint PayloadBytes, uint Records, ulong Index, uint PayloadCrc)
{
    public void Write(Span<byte> target, uint headerCrc)
    {
        target = target[..SnapshotFormat.BlockHeaderBytes];
        WriteUInt32LittleEndian(target, SnapshotFormat.BlockMagic);
        WriteUInt32LittleEndian(target[8..], PayloadBytes);
        WriteUInt32LittleEndian(target[12..], Records);
        WriteUInt64LittleEndian(target[16..], Index);
        WriteUInt32LittleEndian(target[24..], PayloadCrc);
        WriteUInt32LittleEndian(target[28..], 0);
        WriteUInt32LittleEndian(target[4..], Crc32C.Append(headerCrc, target[SnapshotFormat.UncheckedBytes..]));
    }

    public static bool TryRead(ReadOnlySpan<byte> source, uint headerCrc, out SnapshotBlockHeader header)
    {
        header = default;
        if (source.Length < SnapshotFormat.BlockHeaderBytes
            || ReadUInt32LittleEndian(source) != SnapshotFormat.BlockMagic)
        {
            return false;
        }

        source = source[..SnapshotFormat.BlockHeaderBytes];
        if (ReadUInt32LittleEndian(source[4..]) != Crc32C.Append(headerCrc, source[SnapshotFormat.UncheckedBytes..]))
        {
            return false;
        }

        header = new SnapshotBlockHeader(
            ReadUInt32LittleEndian(source[8..]),
            ReadUInt32LittleEndian(source[12..]),
            ReadUInt64LittleEndian(source[16..]),
            ReadUInt32LittleEndian(source[24..]));
        return true;
    }
}
