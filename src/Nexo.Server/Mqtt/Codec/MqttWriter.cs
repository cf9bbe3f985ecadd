using System.Buffers.Binary;

namespace Nexo.Server.Mqtt.Codec;

/// <summary>Puts a packet together in memory that is large enough: packets are measured before they are written.</summary>
internal ref struct MqttWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Written { get; private set; }

    /// <summary><c>[type][flags][remaining length]</c>.</summary>
    public void Header(MqttPacketType type, int length) => Header((byte)(((int)type << 4) | MqttFixedHeader.FlagsOf(type)), length);

    public void Header(byte first, int length)
    {
        Byte(first);
        Variable(length);
    }

    public void Byte(byte value) => _target[Written++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_target[Written..], value);
        Written += sizeof(ushort);
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_target[Written..], value);
        Written += sizeof(uint);
    }

    public void Variable(int value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    /// <summary><c>[u16 length][bytes]</c>, of text too.</summary>
    public void Binary(scoped ReadOnlySpan<byte> bytes)
    {
        UInt16(checked((ushort)bytes.Length));
        Bytes(bytes);
    }

    public void Bytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_target[Written..]);
        Written += bytes.Length;
    }

    /// <summary>A block of properties with its length.</summary>
    public void Properties(scoped MqttProperties properties)
    {
        Variable(properties.Block.Length);
        Bytes(properties.Block);
    }
}
