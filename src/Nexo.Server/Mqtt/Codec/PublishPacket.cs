namespace Nexo.Server.Mqtt.Codec;

/// <summary>PUBLISH (§3.3): <c>[str topic]{u16 packetId, with QoS 1 and 2}{properties}[payload]</c>.</summary>
internal ref struct PublishPacket
{
    public const byte DuplicateBit = 0x08;
    public const byte RetainBit = 0x01;
    public const int QosShift = 1;

    private const byte QosMask = 0x03;

    public bool IsDuplicate { get; set; }

    public byte Qos { get; set; }

    public bool Retain { get; set; }

    /// <summary>Empty: the alias among the properties stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; set; }

    /// <summary>0: it has none, with QoS 0.</summary>
    public ushort PacketId { get; set; }

    public MqttProperties Properties { get; set; }

    public ReadOnlySpan<byte> Payload { get; set; }

    /// <summary>Reads what follows the fixed header.</summary>
    /// <param name="body">It.</param>
    /// <param name="flags">Of the fixed header.</param>
    /// <param name="version">Of the connection.</param>
    /// <param name="allowed">What a client may say, or a server: <see cref="MqttPropertySets"/>.</param>
    /// <param name="packet">Spans over the body.</param>
    public static MqttReason TryRead(
        ReadOnlySpan<byte> body, byte flags, MqttVersion version, ulong allowed, out PublishPacket packet)
    {
        packet = new PublishPacket
        {
            IsDuplicate = (flags & DuplicateBit) != 0,
            Qos = (byte)((flags >> QosShift) & QosMask),
            Retain = (flags & RetainBit) != 0,
        };
        if (packet.Qos > 2 || (packet.IsDuplicate && packet.Qos == 0))
        {
            return MqttReason.MalformedPacket;
        }

        var reader = new MqttReader(body);
        packet.Topic = reader.Text();
        packet.PacketId = packet.Qos > 0 ? reader.PacketId() : (ushort)0;
        if (version == MqttVersion.V5)
        {
            packet.Properties = MqttProperties.Read(ref reader, allowed);
            CheckResponseTopic(packet.Properties, ref reader);
        }

        if (packet.Topic.ContainsAny((byte)'+', (byte)'#'))
        {
            reader.Fail(MqttReason.TopicNameInvalid);
        }

        if (packet.Topic.IsEmpty && packet.Properties.Number(MqttProperty.TopicAlias) is null)
        {
            reader.Fail(version == MqttVersion.V5 ? MqttReason.ProtocolError : MqttReason.MalformedPacket);
        }

        packet.Payload = reader.TakeRest();
        return reader.Fault;
    }

    public readonly int Measure(MqttVersion version) => MqttFixedHeader.TotalOf(Length(version));

    public readonly int Write(Span<byte> target, MqttVersion version)
    {
        var writer = new MqttWriter(target);
        writer.Header(FirstByte(Qos, IsDuplicate, Retain), Length(version));
        writer.Binary(Topic);
        if (Qos > 0)
        {
            writer.UInt16(PacketId);
        }

        if (version == MqttVersion.V5)
        {
            writer.Properties(Properties);
        }

        writer.Bytes(Payload);
        return writer.Written;
    }

    public static byte FirstByte(byte qos, bool isDuplicate, bool retain) => (byte)(((int)MqttPacketType.Publish << 4)
        | (isDuplicate ? DuplicateBit : 0)
        | (qos << QosShift)
        | (retain ? RetainBit : 0));

    /// <summary>A response topic is a topic: without wildcards (§3.3.2.3.5).</summary>
    public static void CheckResponseTopic(scoped MqttProperties properties, scoped ref MqttReader reader)
    {
        if (!properties.IsEmpty
            && properties.TryGet(MqttProperty.ResponseTopic, out ReadOnlySpan<byte> topic)
            && (topic.IsEmpty || topic.ContainsAny((byte)'+', (byte)'#')))
        {
            reader.Fail(MqttReason.ProtocolError);
        }
    }

    private readonly int Length(MqttVersion version) => sizeof(ushort) + Topic.Length
        + (Qos > 0 ? sizeof(ushort) : 0)
        + (version == MqttVersion.V5 ? Properties.Size : 0)
        + Payload.Length;
}
