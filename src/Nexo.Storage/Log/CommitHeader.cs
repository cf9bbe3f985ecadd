using System.Buffers.Binary;

namespace Nexo.Storage;

[Flags]
internal enum CommitFlags : uint
{
    None = 0,

    /// <summary>The first commit of an epoch.</summary>
    Opening = 1,

    /// <summary>The last commit of a clean stop.</summary>
    Closing = 2,
}

/// <summary>
/// The 64 bytes before a commit's payload: <c>[u32 magic][u32 crc of 8..63 and payload][u32 bytes of payload][u32
/// records] [u64 log id][u64 number][u64 first LSN][u64 highest durable commit][u32 epoch][u32 flags][u64 zero]</c>.
/// </summary>
internal readonly record struct CommitHeader
{
    public const int Size = 64;
    private const uint Magic = 0x5443584E;

    public int PayloadBytes { get; init; }

    public int Records { get; init; }

    public ulong LogId { get; init; }

    public ulong Number { get; init; }

    public Lsn FirstLsn { get; init; }

    /// <summary>The highest commit that was durable when this one was written.</summary>
    public ulong Durable { get; init; }

    public uint Epoch { get; init; }

    public CommitFlags Flags { get; init; }

    /// <summary>Bytes that it takes in the file, with the zeros behind it.</summary>
    public long Extent => ExtentOf(PayloadBytes);

    public static long ExtentOf(long payloadBytes) =>
        (Size + payloadBytes + SegmentHeader.Sector - 1) / SegmentHeader.Sector * SegmentHeader.Sector;

    /// <summary>Whether this could be a commit: its header alone, not yet checked against its CRC.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CommitHeader header)
    {
        header = default;
        if (bytes.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            return false;
        }

        header = new CommitHeader
        {
            PayloadBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            Records = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            LogId = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            Number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            FirstLsn = new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
            Durable = BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            Epoch = BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]),
            Flags = (CommitFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..]),
        };
        return header.PayloadBytes >= 0 && header.Records >= 0;
    }

    /// <summary>Whether header and payload, which lie behind one another, are what was written.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> headerAndPayload) =>
        BinaryPrimitives.ReadUInt32LittleEndian(headerAndPayload[4..]) == Crc32C.Of(headerAndPayload[8..]);

    /// <summary>Writes the header in front of the payload, which is there already: the CRC is over both.</summary>
    public void Write(Span<byte> headerAndPayload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(headerAndPayload, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(headerAndPayload[8..], PayloadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(headerAndPayload[12..], Records);
        BinaryPrimitives.WriteUInt64LittleEndian(headerAndPayload[16..], LogId);
        BinaryPrimitives.WriteUInt64LittleEndian(headerAndPayload[24..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(headerAndPayload[32..], FirstLsn.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(headerAndPayload[40..], Durable);
        BinaryPrimitives.WriteUInt32LittleEndian(headerAndPayload[48..], Epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(headerAndPayload[52..], (uint)Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(headerAndPayload[56..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(headerAndPayload[4..], Crc32C.Of(headerAndPayload[8..]));
    }
}
