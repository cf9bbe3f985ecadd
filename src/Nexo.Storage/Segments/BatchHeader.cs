using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>
/// What stands before the payload of a batch of records, on disk and in what <see cref="SegmentedLog.Read"/> gives
/// back:
/// <c>[u32 crc][u32 bytes][i64 baseOffset][u32 offsets][u32 records][i64 firstTimestamp][i64 maxTimestamp][u16
/// flags][zeros to 47]</c>. The checksum is of everything behind it, the payload included. Storage does not look into
/// payloads.
/// </summary>
public readonly record struct BatchHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 48;

    /// <summary>Bytes of a whole batch, at most.</summary>
    public const int BatchBytesMax = 64 * 1024 * 1024;

    /// <summary>Set by storage alone: filling, without offsets and records.</summary>
    public const ushort PaddingFlag = 0x8000;

    private const int CrcBytes = sizeof(uint);

    /// <summary>Of the whole batch, this header included.</summary>
    public int Bytes { get; init; }

    /// <summary>Offset of the first record.</summary>
    public required long BaseOffset { get; init; }

    /// <summary>Offsets that the batch takes; more than it has records if some were removed from it.</summary>
    public required int Offsets { get; init; }

    public required int Records { get; init; }

    /// <summary>Unix ms of the first record. Times count only where there are records.</summary>
    public long FirstTimestamp { get; init; }

    /// <summary>Unix ms, the highest of any record.</summary>
    public long MaxTimestamp { get; init; }

    /// <summary>The owner's, all but <see cref="PaddingFlag"/>.</summary>
    public ushort Flags { get; init; }

    /// <summary>The offset behind the batch.</summary>
    public long EndOffset => BaseOffset + Offsets;

    /// <summary>Reads a header whose fields can be true; its checksum is for <see cref="Verify"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, out BatchHeader header)
    {
        header = default;
        if (source.Length < Size)
        {
            return false;
        }

        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        long baseOffset = BinaryPrimitives.ReadInt64LittleEndian(source[8..]);
        uint offsets = BinaryPrimitives.ReadUInt32LittleEndian(source[16..]);
        uint records = BinaryPrimitives.ReadUInt32LittleEndian(source[20..]);
        if (bytes is < Size or > BatchBytesMax
            || offsets > int.MaxValue
            || records > offsets
            || baseOffset < 0
            || baseOffset > long.MaxValue - offsets)
        {
            return false;
        }

        header = new BatchHeader
        {
            Bytes = (int)bytes,
            BaseOffset = baseOffset,
            Offsets = (int)offsets,
            Records = (int)records,
            FirstTimestamp = BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            Flags = BinaryPrimitives.ReadUInt16LittleEndian(source[40..]),
        };
        return true;
    }

    /// <summary>Whether the checksum of a whole batch is right.</summary>
    public static bool Verify(ReadOnlySpan<byte> batch) =>
        batch.Length >= Size && BinaryPrimitives.ReadUInt32LittleEndian(batch) == Crc32C.Of(batch[CrcBytes..]);

    /// <summary>
    /// Writes the header of a batch whose payload is already in its place behind it; <paramref name="batch"/> is the
    /// whole batch, and gives its length.
    /// </summary>
    public void Seal(Span<byte> batch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Length, BatchBytesMax);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[4..], (uint)batch.Length);
        BinaryPrimitives.WriteInt64LittleEndian(batch[8..], BaseOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[16..], (uint)Offsets);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[20..], (uint)Records);
        BinaryPrimitives.WriteInt64LittleEndian(batch[24..], FirstTimestamp);
        BinaryPrimitives.WriteInt64LittleEndian(batch[32..], MaxTimestamp);
        BinaryPrimitives.WriteUInt16LittleEndian(batch[40..], Flags);
        batch[42..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(batch, Crc32C.Of(batch[CrcBytes..]));
    }
}
