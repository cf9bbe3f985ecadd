namespace Nexo.Server.Mqtt.Codec;

/// <summary>CONNACK (§3.2): <c>[u8 session present][u8 reason]{properties}</c>.</summary>
internal ref struct ConnackPacket
{
    public bool IsSessionPresent { get; set; }

    /// <summary>Of MQTT 3.1.1 the return code, 0 to 5, as it is.</summary>
    public MqttReason Reason { get; set; }

    public MqttProperties Properties { get; set; }

    public static MqttReason TryRead(ReadOnlySpan<byte> body, MqttVersion version, out ConnackPacket packet)
    {
        packet = default;
        var reader = new MqttReader(body);
        byte flags = reader.Byte();
        packet.IsSessionPresent = flags == 1;
        packet.Reason = (MqttReason)reader.Byte();
        if (flags > 1)
        {
            reader.Fail(MqttReason.MalformedPacket);
        }

        if (version == MqttVersion.V5)
        {
            packet.Properties = MqttProperties.Read(ref reader, MqttPropertySets.Connack);
        }

        bool isKnown = version == MqttVersion.V5
            ? MqttReasons.IsAllowed(MqttPacketType.Connack, packet.Reason)
            : packet.Reason <= (MqttReason)5;
        if (!isKnown || (packet.IsSessionPresent && packet.Reason != MqttReason.Success))
        {
            reader.Fail(MqttReason.ProtocolError);
        }

        return reader.End();
    }

    public readonly int Measure(MqttVersion version) => MqttFixedHeader.TotalOf(Length(version));

    public readonly int Write(Span<byte> target, MqttVersion version)
    {
        var writer = new MqttWriter(target);
        writer.Header(MqttPacketType.Connack, Length(version));
        writer.Byte(IsSessionPresent ? (byte)1 : (byte)0);
        writer.Byte((byte)Reason);
        if (version == MqttVersion.V5)
        {
            writer.Properties(Properties);
        }

        return writer.Written;
    }

    private readonly int Length(MqttVersion version) => 2 + (version == MqttVersion.V5 ? Properties.Size : 0);
}
