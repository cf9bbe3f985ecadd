using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>
/// The offsets that a stream has: <c>[u64 first][u64 next]</c>. Detail of <see cref="ErrorCode.OffsetOutOfRange"/>, answer to
/// STREAM TAIL, and part of others.
/// </summary>
/// <param name="First">Of the first record; <paramref name="Next"/> if there is none.</param>
/// <param name="Next">The one behind the last record that can be read.</param>
public readonly record struct OffsetRange(ulong First, ulong Next)
{
    /// <summary>8 + 8.</summary>
    public const int Size = 2 * sizeof(ulong);

    /// <summary>Reads a body, or a detail, that is nothing else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out OffsetRange range)
    {
        var reader = new BodyReader(body);
        return TryRead(ref reader, out range) && reader.AtEnd;
    }

    /// <summary>Writes the body, or a part of one, into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(First);
        buffer.WriteUInt64(Next);
    }

    /// <summary>Writes a detail, of <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> detail)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(detail, First);
        BinaryPrimitives.WriteUInt64LittleEndian(detail[sizeof(ulong)..], Next);
    }

    internal static bool TryRead(scoped ref BodyReader reader, out OffsetRange range)
    {
        ulong next = 0;
        bool read = reader.TryReadUInt64(out ulong first) && reader.TryReadUInt64(out next);
        range = new OffsetRange(first, next);
        return read;
    }
}
