using System.Text;

namespace Nexo.Protocol;

/// <summary>
/// The optional block before a body, present when <see cref="FrameFlags.Headers"/> is set:
/// <c>[u16 blockBytes]</c> then, until the block is used up, <c>[u8 nameLength][name][u16 valueLength][value]</c>.
/// Names are lower-case UTF-8, 1 to 255 bytes; <c>traceparent</c> and <c>tracestate</c> carry W3C trace context.
/// </summary>
public static class HeaderBlock
{
    public const string TraceParent = "traceparent";
    public const string TraceState = "tracestate";

    /// <summary>Splits a body into its header block (without the leading size) and the body proper.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> source, out ReadOnlySpan<byte> block, out ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(source);
        body = default;
        if (!TryRead(ref reader, out block))
        {
            return false;
        }

        body = reader.TakeRest();
        return true;
    }

    /// <summary>Reads a block that stands inside a body, and checks it; without the leading size.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out ReadOnlySpan<byte> block)
    {
        block = default;
        return reader.TryReadUInt16(out ushort size) && reader.TryReadBytes(size, out block) && IsWellFormed(block);
    }

    /// <summary>Takes the next header off <paramref name="block"/>; false at its end or when it is malformed.</summary>
    public static bool TryReadNext(
        ref ReadOnlySpan<byte> block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var reader = new BodyReader(block);
        value = default;
        name = default;
        if (!reader.TryReadByte(out byte nameLength)
            || nameLength == 0
            || !reader.TryReadBytes(nameLength, out name)
            || !reader.TryReadUInt16(out ushort valueLength)
            || !reader.TryReadBytes(valueLength, out value))
        {
            return false;
        }

        block = reader.Rest;
        return true;
    }

    /// <summary>Writes a whole block into the open frame of <paramref name="buffer"/>, first in its body.</summary>
    /// <exception cref="ArgumentException">A name has 0 or more than 255 bytes, or the block more than 65,535; nothing
    /// was written.</exception>
    public static void Write(FrameBuffer buffer, ReadOnlySpan<KeyValuePair<string, string>> headers)
    {
        buffer.WriteUInt16(Measure(headers));
        foreach (KeyValuePair<string, string> header in headers)
        {
            buffer.WriteByte((byte)Encoding.UTF8.GetByteCount(header.Key));
            buffer.WriteUtf8(header.Key);
            buffer.WriteUInt16((ushort)Encoding.UTF8.GetByteCount(header.Value));
            buffer.WriteUtf8(header.Value);
        }
    }

    /// <summary>Writes a block that was read or encoded before, with its leading size.</summary>
    /// <exception cref="OverflowException"><paramref name="block"/> has more than 65,535 bytes.</exception>
    public static void WriteBlock(FrameBuffer buffer, ReadOnlySpan<byte> block)
    {
        buffer.WriteUInt16(checked((ushort)block.Length));
        buffer.Write(block);
    }

    private static ushort Measure(ReadOnlySpan<KeyValuePair<string, string>> headers)
    {
        long size = 0;
        foreach (KeyValuePair<string, string> header in headers)
        {
            int nameLength = Encoding.UTF8.GetByteCount(header.Key);
            if (nameLength is 0 or > byte.MaxValue)
            {
                throw new ArgumentException("The name of a header has 1 to 255 bytes.", nameof(headers));
            }

            size += sizeof(byte) + nameLength + sizeof(ushort) + Encoding.UTF8.GetByteCount(header.Value);
        }

        return size <= ushort.MaxValue
            ? (ushort)size
            : throw new ArgumentException("A header block has at most 65,535 bytes.", nameof(headers));
    }

    private static bool IsWellFormed(ReadOnlySpan<byte> block)
    {
        while (!block.IsEmpty)
        {
            if (!TryReadNext(ref block, out _, out _))
            {
                return false;
            }
        }

        return true;
    }
}
