using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Nexo.Bench.Compare.Queues;

/// <summary>Writes frames of AMQP 0-9-1: <c>[u8 type][u16 channel][u32 bytes][payload][0xCE]</c>, big-endian.</summary>
internal sealed class AmqpFrame
{
    public const byte MethodType = 1;
    public const byte HeaderType = 2;
    public const byte BodyType = 3;
    public const int HeadBytes = 7;

    /// <summary>Stands behind every payload.</summary>
    public const byte End = 0xCE;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Everything that was written, in frames.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    /// <summary>A whole frame of a method.</summary>
    public AmqpFrame Method(ushort channel, AmqpMethod method, Action<AmqpFrame> arguments)
    {
        var payload = new AmqpFrame();
        arguments(payload.Long((uint)method));
        return Whole(MethodType, channel, payload._bytes.WrittenSpan);
    }

    /// <summary>A whole frame, of which the payload is there.</summary>
    public AmqpFrame Whole(byte type, ushort channel, ReadOnlySpan<byte> payload)
    {
        Head(type, channel, payload.Length);
        _bytes.Write(payload);
        return Octet(End);
    }

    /// <summary>What stands before a payload; the end must be written behind it.</summary>
    public AmqpFrame Head(byte type, ushort channel, int payloadBytes) => Octet(type).Short(channel).Long((uint)payloadBytes);

    public AmqpFrame Octet(byte value)
    {
        _bytes.Write([value]);
        return this;
    }

    public AmqpFrame Short(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(sizeof(ushort)), value);
        _bytes.Advance(sizeof(ushort));
        return this;
    }

    public AmqpFrame Long(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
        return this;
    }

    public AmqpFrame LongLong(ulong value) => Long((uint)(value >> 32)).Long((uint)value);

    /// <summary>At most 255 bytes.</summary>
    public AmqpFrame ShortText(string text)
    {
        Octet((byte)text.Length);
        Encoding.ASCII.GetBytes(text, _bytes);
        return this;
    }

    public AmqpFrame LongText(string text)
    {
        Long((uint)text.Length);
        Encoding.ASCII.GetBytes(text, _bytes);
        return this;
    }

    /// <summary>A table of one text, or an empty one.</summary>
    public AmqpFrame Table(string? name = null, string value = "")
    {
        const int LengthBytes = sizeof(byte) + sizeof(byte) + sizeof(uint);
        return name is null
            ? Long(0)
            : Long((uint)(LengthBytes + name.Length + value.Length)).ShortText(name).Octet((byte)'S').LongText(value);
    }
}
