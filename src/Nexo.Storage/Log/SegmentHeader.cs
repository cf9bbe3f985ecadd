using System.Buffers.Binary;
using System.Globalization;

namespace Nexo.Storage;

/// <summary>
/// The first 512 bytes of a segment: <c>[u32 magic][u32 crc of 8..511][u32 version][u32 zero][u64 log id][u64 sequence]
/// [u64 first commit][u64 first LSN][u64 bytes of the file][zeros]</c>.
/// </summary>
internal readonly record struct SegmentHeader(ulong LogId, ulong Sequence, ulong FirstCommit, Lsn FirstLsn, long Length)
{
    /// <summary>Everything that is made durable by itself begins at a multiple of this.</summary>
    public const int Sector = 512;

    public const int Size = Sector;
    public const string Directory = "wal";
    private const string Suffix = ".wal";
    private const uint Magic = 0x5357584E;
    private const uint Version = 1;

    public static string PathOf(ulong sequence) => $"{Directory}/{sequence:x16}{Suffix}";

    /// <summary>Where a segment is made, before it has its name.</summary>
    public static string MakingPathOf(ulong sequence) => $"{Directory}/{sequence:x16}.tmp";

    /// <summary>The sequence that a file's name (without its directory) stands for.</summary>
    public static bool TryParseName(string name, out ulong sequence)
    {
        sequence = 0;
        return name.Length == 16 + Suffix.Length
            && name.EndsWith(Suffix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, null, out sequence)
            && PathOf(sequence).AsSpan(Directory.Length + 1).SequenceEqual(name);
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out SegmentHeader header)
    {
        header = default;
        if (bytes.Length < Size
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Crc32C.Of(bytes[8..Size])
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Version)
        {
            return false;
        }

        header = new SegmentHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]));
        return header.Length >= Size && header.Length % Sector == 0;
    }

    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], LogId);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], FirstCommit);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], FirstLsn.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Crc32C.Of(bytes[8..Size]));
    }
}
