namespace Nexo.Server.Mqtt.Codec;

/// <summary>
/// DISCONNECT and AUTH (§3.14, §3.15): <c>{[u8 reason]{properties}}</c>. A DISCONNECT of MQTT 3.1.1 is empty, and there AUTH is not.
/// </summary>
internal ref struct DisconnectPacket
{
    public MqttReason Reason { get; set; }

    public MqttProperties Properties { get; set; }

    public static MqttReason TryRead(
        ReadOnlySpan<byte> body, MqttPacketType type, MqttVersion version, out DisconnectPacket packet)
    {
        packet = default;
        var reader = new MqttReader(body);
        if (version != MqttVersion.V5)
        {
            return type == MqttPacketType.Auth ? MqttReason.ProtocolError : reader.End();
        }

        if (!reader.AtEnd)
        {
            packet.Reason = (MqttReason)reader.Byte();
            if (!reader.AtEnd)
            {
                ulong allowed = type == MqttPacketType.Auth ? MqttPropertySets.Auth : MqttPropertySets.Disconnect;
                packet.Properties = MqttProperties.Read(ref reader, allowed);
            }
        }

        if (!MqttReasons.IsAllowed(type, packet.Reason))
        {
            reader.Fail(MqttReason.ProtocolError);
        }

        return reader.End();
    }

    public readonly int Measure(MqttVersion version) => MqttFixedHeader.TotalOf(Length(version));

    public readonly int Write(Span<byte> target, MqttPacketType type, MqttVersion version)
    {
        int length = Length(version);
        var writer = new MqttWriter(target);
        writer.Header(type, length);
        if (length > 0)
        {
            writer.Byte((byte)Reason);
        }

        if (length > sizeof(byte))
        {
            writer.Properties(Properties);
        }

        return writer.Written;
    }

    private readonly int Length(MqttVersion version)
    {
        if (version != MqttVersion.V5 || (Reason == MqttReason.Success && Properties.IsEmpty))
        {
            return 0;
        }

        return sizeof(byte) + (Properties.IsEmpty ? 0 : Properties.Size);
    }
}
