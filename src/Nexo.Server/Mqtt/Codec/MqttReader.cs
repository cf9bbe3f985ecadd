using System.Buffers.Binary;
using System.Text.Unicode;

namespace Nexo.Server.Mqtt.Codec;

/// <summary>
/// Takes a packet apart, from the front. The first thing that is wrong stays in <see cref="Fault"/>; what is read after it is empty,
/// so a packet's reader looks once, at its end.
/// </summary>
internal ref struct MqttReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary><see cref="MqttReason.Success"/>: nothing was wrong so far.</summary>
    public MqttReason Fault { get; private set; }

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Notes that something is wrong; the first thing counts.</summary>
    public void Fail(MqttReason fault)
    {
        Fault = Fault == MqttReason.Success ? fault : Fault;
        _rest = default;
    }

    /// <summary>Ends: nothing may be left.</summary>
    public MqttReason End()
    {
        if (!AtEnd)
        {
            Fail(MqttReason.MalformedPacket);
        }

        return Fault;
    }

    public byte Byte()
    {
        ReadOnlySpan<byte> taken = Take(sizeof(byte));
        return taken.IsEmpty ? (byte)0 : taken[0];
    }

    public ushort UInt16()
    {
        ReadOnlySpan<byte> taken = Take(sizeof(ushort));
        return taken.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(taken);
    }

    public uint UInt32()
    {
        ReadOnlySpan<byte> taken = Take(sizeof(uint));
        return taken.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(taken);
    }

    /// <summary>A number of 1 to 4 bytes, with no more than it needs (§1.5.5).</summary>
    public int Variable()
    {
        int number = 0;
        for (int i = 0; i < 4; i++)
        {
            byte next = Byte();
            number |= (next & 0x7F) << (i * 7);
            if (next < 0x80)
            {
                if (i > 0 && next == 0)
                {
                    break;
                }

                return number;
            }
        }

        Fail(MqttReason.MalformedPacket);
        return 0;
    }

    /// <summary><c>[u16 length][bytes]</c>.</summary>
    public ReadOnlySpan<byte> Binary()
    {
        int length = UInt16();
        return Take(length);
    }

    /// <summary>The same, of UTF-8 without U+0000 (§1.5.4).</summary>
    public ReadOnlySpan<byte> Text()
    {
        ReadOnlySpan<byte> text = Binary();
        if (!Utf8.IsValid(text) || text.Contains((byte)0))
        {
            Fail(MqttReason.MalformedPacket);
            return default;
        }

        return text;
    }

    /// <summary>A packet identifier, which is never 0 (§2.2.1).</summary>
    public ushort PacketId()
    {
        ushort id = UInt16();
        if (id == 0)
        {
            Fail(MqttReason.ProtocolError);
        }

        return id;
    }

    public ReadOnlySpan<byte> TakeRest() => Take(_rest.Length);

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            Fail(MqttReason.MalformedPacket);
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
