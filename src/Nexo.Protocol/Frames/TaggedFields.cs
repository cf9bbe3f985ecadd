using System.Buffers.Binary;
using System.Text;

namespace Nexo.Protocol;

/// <summary>
/// The tagged fields that end some bodies: <c>[u16 tag][u16 length][bytes]</c>, so either side may add one. Both bodies
/// of HELLO, the options of a queue, a binding, a stream and a group, and the filter of dead letters have them.
/// </summary>
internal static class TaggedFields
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool TryRead(scoped ref BodyReader reader, out ushort tag, out ReadOnlySpan<byte> value)
    {
        value = default;
        return reader.TryReadUInt16(out tag)
            && reader.TryReadUInt16(out ushort length)
            && reader.TryReadBytes(length, out value);
    }

    /// <summary>
    /// Checks the options of a definition, which are the rest of a body: those with a tag of 1 to <paramref name="tagMax"/> come
    /// once, and are a <c>u64</c> of eight bytes but for <paramref name="textTag"/>. Others were added later.
    /// </summary>
    public static bool AreOptions(BodyReader reader, ushort tagMax, ushort textTag)
    {
        ulong seen = 0;
        while (!reader.AtEnd)
        {
            if (!TryRead(ref reader, out ushort tag, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            if (tag == 0 || tag > tagMax)
            {
                continue;
            }

            bool isWidthRight = tag == textTag || value.Length == sizeof(ulong);
            if (!isWidthRight || (seen & (1ul << tag)) != 0)
            {
                return false;
            }

            seen |= 1ul << tag;
        }

        return true;
    }

    public static void WriteOption(FrameBuffer buffer, ushort tag, ulong number)
    {
        buffer.WriteUInt16(tag);
        buffer.WriteUInt16(sizeof(ulong));
        buffer.WriteUInt64(number);
    }

    /// <exception cref="OverflowException"><paramref name="bytes"/> are more than 65,535; nothing was written.</exception>
    public static void WriteOption(FrameBuffer buffer, ushort tag, ReadOnlySpan<byte> bytes)
    {
        ushort length = checked((ushort)bytes.Length);
        buffer.WriteUInt16(tag);
        buffer.WriteUInt16(length);
        buffer.Write(bytes);
    }

    public static bool TryText(ReadOnlySpan<byte> value, out string? text)
    {
        try
        {
            text = Strict.GetString(value);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = null;
            return false;
        }
    }

    public static bool TryUInt32(ReadOnlySpan<byte> value, out uint number)
    {
        number = 0;
        return value.Length == sizeof(uint) && BinaryPrimitives.TryReadUInt32LittleEndian(value, out number);
    }

    public static void WriteText(FrameBuffer buffer, ushort tag, string? text)
    {
        if (text is null)
        {
            return;
        }

        ushort length = checked((ushort)Encoding.UTF8.GetByteCount(text));
        buffer.WriteUInt16(tag);
        buffer.WriteUInt16(length);
        buffer.WriteUtf8(text);
    }

    public static void WriteUInt32(FrameBuffer buffer, ushort tag, uint number)
    {
        buffer.WriteUInt16(tag);
        buffer.WriteUInt16(sizeof(uint));
        buffer.WriteUInt32(number);
    }
}
