namespace Nexo.Server.Mqtt.Codec;

/// <summary>
/// SUBACK and UNSUBACK (§3.9, §3.11): <c>[u16 packetId]{properties}([u8 reason])*</c>, one for each filter. An UNSUBACK of MQTT 3.1.1 has
/// none.
/// </summary>
internal ref struct SubackPacket
{
    public ushort PacketId { get; set; }

    public MqttProperties Properties { get; set; }

    /// <summary>A byte for each filter.</summary>
    public ReadOnlySpan<byte> Reasons { get; set; }

    public static MqttReason TryRead(
        ReadOnlySpan<byte> body, MqttPacketType type, MqttVersion version, out SubackPacket packet)
    {
        packet = default;
        var reader = new MqttReader(body);
        packet.PacketId = reader.PacketId();
        if (version == MqttVersion.V5)
        {
            packet.Properties = MqttProperties.Read(ref reader, MqttPropertySets.Acknowledgement);
        }

        bool hasReasons = version == MqttVersion.V5 || type == MqttPacketType.Suback;
        packet.Reasons = hasReasons ? reader.TakeRest() : default;
        if (hasReasons && packet.Reasons.IsEmpty)
        {
            reader.Fail(MqttReason.ProtocolError);
        }

        foreach (byte reason in packet.Reasons)
        {
            bool isKnown = version == MqttVersion.V5
                ? MqttReasons.IsAllowed(type, (MqttReason)reason)
                : (MqttReason)reason is <= MqttReason.GrantedQos2 or MqttReason.UnspecifiedError;
            if (!isKnown)
            {
                reader.Fail(MqttReason.ProtocolError);
            }
        }

        return reader.End();
    }

    public readonly int Measure(MqttPacketType type, MqttVersion version) => MqttFixedHeader.TotalOf(Length(type, version));

    public readonly int Write(Span<byte> target, MqttPacketType type, MqttVersion version)
    {
        var writer = new MqttWriter(target);
        writer.Header(type, Length(type, version));
        writer.UInt16(PacketId);
        if (version == MqttVersion.V5)
        {
            writer.Properties(Properties);
        }

        if (version == MqttVersion.V5 || type == MqttPacketType.Suback)
        {
            writer.Bytes(Reasons);
        }

        return writer.Written;
    }

    private readonly int Length(MqttPacketType type, MqttVersion version) => version == MqttVersion.V5
        ? sizeof(ushort) + Properties.Size + Reasons.Length
        : sizeof(ushort) + (type == MqttPacketType.Suback ? Reasons.Length : 0);
}
