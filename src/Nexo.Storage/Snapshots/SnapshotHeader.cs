using static System.Buffers.Binary.BinaryPrimitives;

namespace Nexo.Storage;

/// <summary>
/// <c>[u32 magic "NXSH"][u32 CRC of bytes 8..63][u32 version][u32 zero][u64 log id][u64 position][i64 created, Unix ms]
/// [zeros to 63]</c>, little-endian.
/// </summary>
internal readonly record struct SnapshotHeader(ulong LogId, Lsn Position, long CreatedUnixMs)
{
    /// <summary>Writes 64 bytes; the answer is the checksum that those of the other parts continue.</summary>
    public uint Write(Span<byte> target)
    {
        target = target[..SnapshotFormat.HeaderBytes];
        target.Clear();
        WriteUInt32LittleEndian(target, SnapshotFormat.HeaderMagic);
        WriteUInt32LittleEndian(target[8..], SnapshotFormat.Version);
        WriteUInt64LittleEndian(target[16..], LogId);
        WriteUInt64LittleEndian(target[24..], Position.Value);
        WriteInt64LittleEndian(target[32..], CreatedUnixMs);
        uint crc = Crc32C.Of(target[SnapshotFormat.UncheckedBytes..]);
        WriteUInt32LittleEndian(target[4..], crc);
        return crc;
    }

    /// <param name="fault">Why not: <see cref="SnapshotFault.Damaged"/> or <see cref="SnapshotFault.Newer"/>.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> source, out SnapshotHeader header, out uint crc, out SnapshotFault fault)
    {
        header = default;
        crc = 0;
        fault = SnapshotFault.Damaged;
        if (source.Length < SnapshotFormat.HeaderBytes || ReadUInt32LittleEndian(source) != SnapshotFormat.HeaderMagic)
        {
            return false;
        }

        source = source[..SnapshotFormat.HeaderBytes];
        crc = ReadUInt32LittleEndian(source[4..]);
        uint version = ReadUInt32LittleEndian(source[8..]);
        if (crc != Crc32C.Of(source[SnapshotFormat.UncheckedBytes..]) || version < SnapshotFormat.Version)
        {
            return false;
        }

        if (version > SnapshotFormat.Version)
        {
            fault = SnapshotFault.Newer;
            return false;
        }

        fault = SnapshotFault.None;
        header = new SnapshotHeader(
            ReadUInt64LittleEndian(source[16..]),
            new Lsn(ReadUInt64LittleEndian(source[24..])),
            ReadInt64LittleEndian(source[32..]));
        return true;
    }
}
