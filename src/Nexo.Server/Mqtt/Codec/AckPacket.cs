namespace Nexo.Server.Mqtt.Codec;

/// <summary>
/// PUBACK, PUBREC, PUBREL and PUBCOMP (§3.4 to §3.7): <c>[u16 packetId]{[u8 reason]{properties}}</c>. Reason and properties are
/// MQTT 5's, and left out where they say nothing.
/// </summary>
internal ref struct AckPacket
{
    /// <summary>The size of one that says nothing but which packet it is for.</summary>
    public const int PlainSize = 4;

    public ushort PacketId { get; set; }

    public MqttReason Reason { get; set; }

    public MqttProperties Properties { get; set; }

    public static MqttReason TryRead(
        ReadOnlySpan<byte> body, MqttPacketType type, MqttVersion version, out AckPacket packet)
    {
        packet = default;
        var reader = new MqttReader(body);
        packet.PacketId = reader.PacketId();
        if (version == MqttVersion.V5 && !reader.AtEnd)
        {
            packet.Reason = (MqttReason)reader.Byte();
            if (!reader.AtEnd)
            {
                packet.Properties = MqttProperties.Read(ref reader, MqttPropertySets.Acknowledgement);
            }

            if (!MqttReasons.IsAllowed(type, packet.Reason))
            {
                reader.Fail(MqttReason.ProtocolError);
            }
        }

        return reader.End();
    }

    public readonly int Measure(MqttVersion version) => MqttFixedHeader.TotalOf(Length(version));

    public readonly int Write(Span<byte> target, MqttPacketType type, MqttVersion version)
    {
        int length = Length(version);
        var writer = new MqttWriter(target);
        writer.Header(type, length);
        writer.UInt16(PacketId);
        if (length > sizeof(ushort))
        {
            writer.Byte((byte)Reason);
        }

        if (length > sizeof(ushort) + sizeof(byte))
        {
            writer.Properties(Properties);
        }

        return writer.Written;
    }

    private readonly int Length(MqttVersion version)
    {
        if (version != MqttVersion.V5 || (Reason == MqttReason.Success && Properties.IsEmpty))
        {
            return sizeof(ushort);
        }

        return sizeof(ushort) + sizeof(byte) + (Properties.IsEmpty ? 0 : Properties.Size);
    }
}
