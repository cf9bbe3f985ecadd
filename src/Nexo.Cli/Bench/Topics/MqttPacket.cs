using System.Buffers;
using System.Buffers.Binary;

namespace Nexo.Cli.Bench.Topics;

/// <summary>The first bytes of MQTT's packets, and what they consist of.</summary>
internal static class MqttPacket
{
    public const byte Connect = 0x10;
    public const byte Connack = 0x20;
    public const byte Publish = 0x30;
    public const byte Subscribe = 0x82;
    public const byte Suback = 0x90;
    public const byte Unsubscribe = 0xA2;
    public const byte Unsuback = 0xB0;

    private const int ContinuationBit = 0x80;
    private const int LengthBits = 7;
    private const int LengthBytesMax = 4;

    /// <summary><c>[type][remaining length]</c>.</summary>
    public static void WriteHead(IBufferWriter<byte> output, byte type, int length)
    {
        Span<byte> head = output.GetSpan(1 + LengthBytesMax);
        head[0] = type;
        int at = 1;
        while (length >= ContinuationBit)
        {
            head[at++] = (byte)(length | ContinuationBit);
            length >>= LengthBits;
        }

        head[at++] = (byte)length;
        output.Advance(at);
    }

    public static void WriteNumber(IBufferWriter<byte> output, int number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(sizeof(ushort)), (ushort)number);
        output.Advance(sizeof(ushort));
    }

    public static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8)
    {
        WriteNumber(output, utf8.Length);
        output.Write(utf8);
    }

    /// <summary>Reads the remaining length.</summary>
    /// <returns>The size of the head; 0: more is needed to tell.</returns>
    public static int ReadHead(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        for (int i = 1; i < bytes.Length && i <= LengthBytesMax; i++)
        {
            length |= (bytes[i] & (ContinuationBit - 1)) << ((i - 1) * LengthBits);
            if (bytes[i] < ContinuationBit)
            {
                return i + 1;
            }
        }

        return 0;
    }
}
