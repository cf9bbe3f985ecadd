using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// The twelve bytes before every body, little-endian:
/// <c>[u32 length][u16 opcode][u8 kind][u8 flags][u32 correlation]</c>.
/// <c>length</c> counts the bytes after itself, so it is never below 8.
/// </summary>
public readonly record struct FrameHeader(
    int Length, Opcode Opcode, FrameKind Kind, FrameFlags Flags, uint Correlation)
{
    /// <summary>Bytes of the header: 4 + 2 + 1 + 1 + 4.</summary>
    public const int Size = 12;

    /// <summary>The part of <see cref="Size"/> that <see cref="Length"/> counts.</summary>
    public const int CountedSize = Size - LengthFieldSize;

    /// <summary>Bytes of the length field itself, which it does not count.</summary>
    public const int LengthFieldSize = 4;

    // Places of the fields in the first eight bytes, read as one number.
    private const int OpcodeShift = 32;
    private const int KindShift = 48;
    private const int FlagsShift = 56;

    /// <summary>Bytes of header and body together.</summary>
    public int TotalSize => LengthFieldSize + Length;

    public void Write(Span<byte> destination)
    {
        // One check, then two stores: this runs for every frame.
        destination = destination[..Size];
        ulong first = (uint)Length
            | ((ulong)Opcode << OpcodeShift)
            | ((ulong)Kind << KindShift)
            | ((ulong)Flags << FlagsShift);
        BinaryPrimitives.WriteUInt64LittleEndian(destination, first);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Correlation);
    }

    /// <summary>
    /// Looks at the start of <paramref name="source"/>. The length is judged as soon as its four bytes are there, so
    /// nobody waits for, or makes room for, a frame that may never be accepted.
    /// </summary>
    /// <param name="source">Received bytes, starting at a frame.</param>
    /// <param name="frameBytesMax">The largest <see cref="TotalSize"/> that is accepted.</param>
    /// <param name="header">The header, when the result is <see cref="FrameStatus.Complete"/> or
    /// <see cref="FrameStatus.NeedBody"/>.</param>
    public static FrameStatus TryRead(ReadOnlySpan<byte> source, int frameBytesMax, out FrameHeader header)
    {
        header = default;
        if (source.Length < LengthFieldSize)
        {
            return FrameStatus.NeedHeader;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if (length < CountedSize)
        {
            return FrameStatus.TooSmall;
        }

        if ((long)length + LengthFieldSize > frameBytesMax)
        {
            return FrameStatus.TooLarge;
        }

        if (source.Length < Size)
        {
            return FrameStatus.NeedHeader;
        }

        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(source);
        header = new FrameHeader(
            (int)length,
            (Opcode)(ushort)(first >> OpcodeShift),
            (FrameKind)(byte)(first >> KindShift),
            (FrameFlags)(byte)(first >> FlagsShift),
            BinaryPrimitives.ReadUInt32LittleEndian(source[8..]));
        return source.Length < header.TotalSize ? FrameStatus.NeedBody : FrameStatus.Complete;
    }
}

/// <summary>What <see cref="FrameHeader.TryRead"/> found.</summary>
public enum FrameStatus
{
    /// <summary>The header is not all there yet.</summary>
    NeedHeader = 0,

    /// <summary>The header is there and acceptable, its body not yet.</summary>
    NeedBody = 1,

    /// <summary>Header and body are there.</summary>
    Complete = 2,

    /// <summary>The announced length cannot even hold a header.</summary>
    TooSmall = 3,

    /// <summary>The announced length is over the limit.</summary>
    TooLarge = 4,
}
