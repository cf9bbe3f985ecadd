using System.Buffers.Binary;
using System.Text;

namespace Nexo.Protocol;

/// <summary>
/// The tagged fields that end some bodies: <c>[u16 tag][u16 length][bytes]</c>, so either side may add one. Both bodies
/// of HELLO, the options of a queue and the filter of dead letters have them.
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
