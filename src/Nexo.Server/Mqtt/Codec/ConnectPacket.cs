namespace Nexo.Server.Mqtt.Codec;

/// <summary>
/// CONNECT (§3.1): <c>[str protocol][u8 level][u8 flags][u16 keepAlive]{properties}[str clientId]</c>, then, as the flags say,
/// <c>{will properties}[str topic][binary payload]</c>, <c>[str user]</c>, <c>[binary password]</c>.
/// </summary>
internal ref struct ConnectPacket
{
    private const byte CleanBit = 0x02;
    private const byte WillBit = 0x04;
    private const byte WillRetainBit = 0x20;
    private const byte PasswordBit = 0x40;
    private const byte UserBit = 0x80;
    private const byte ReservedBit = 0x01;
    private const int WillQosShift = 3;
    private const byte LevelOf31 = 3;

    public MqttVersion Version { get; set; }

    /// <summary>Clean Start, of 3.1.1 Clean Session.</summary>
    public bool IsClean { get; set; }

    public ushort KeepAliveSeconds { get; set; }

    public MqttProperties Properties { get; set; }

    public ReadOnlySpan<byte> ClientId { get; set; }

    public bool HasWill { get; set; }

    public byte WillQos { get; set; }

    public bool WillRetain { get; set; }

    public MqttProperties WillProperties { get; set; }

    public ReadOnlySpan<byte> WillTopic { get; set; }

    public ReadOnlySpan<byte> WillPayload { get; set; }

    public bool HasUser { get; set; }

    public ReadOnlySpan<byte> User { get; set; }

    public bool HasPassword { get; set; }

    public ReadOnlySpan<byte> Password { get; set; }

    private static ReadOnlySpan<byte> Protocol => "MQTT"u8;

    private static ReadOnlySpan<byte> ProtocolOf31 => "MQIsdp"u8;

    /// <summary>Reads what follows the fixed header.</summary>
    /// <returns>
    /// What is wrong. With <see cref="MqttReason.UnsupportedProtocolVersion"/> the version is the one in whose form that can be told, or 0:
    /// it is not MQTT at all.
    /// </returns>
    public static MqttReason TryRead(ReadOnlySpan<byte> body, out ConnectPacket packet)
    {
        packet = default;
        var reader = new MqttReader(body);
        ReadOnlySpan<byte> protocol = reader.Text();
        byte level = reader.Byte();
        if (reader.Fault != MqttReason.Success)
        {
            return reader.Fault;
        }

        if (!protocol.SequenceEqual(Protocol) || level is not ((byte)MqttVersion.V311 or (byte)MqttVersion.V5))
        {
            bool isOld = protocol.SequenceEqual(ProtocolOf31) || level <= LevelOf31;
            bool isMqtt = protocol.SequenceEqual(Protocol) || protocol.SequenceEqual(ProtocolOf31);
            packet.Version = !isMqtt ? 0 : isOld ? MqttVersion.V311 : MqttVersion.V5;
            return MqttReason.UnsupportedProtocolVersion;
        }

        packet.Version = (MqttVersion)level;
        return packet.ReadRest(reader.Rest);
    }

    /// <summary>Bytes of the whole packet.</summary>
    public readonly int Measure() => MqttFixedHeader.TotalOf(Length());

    /// <summary>Writes the whole packet.</summary>
    public readonly int Write(Span<byte> target)
    {
        var writer = new MqttWriter(target);
        writer.Header(MqttPacketType.Connect, Length());
        writer.Binary(Protocol);
        writer.Byte((byte)Version);
        writer.Byte(Flags());
        writer.UInt16(KeepAliveSeconds);
        if (Version == MqttVersion.V5)
        {
            writer.Properties(Properties);
        }

        writer.Binary(ClientId);
        if (HasWill)
        {
            if (Version == MqttVersion.V5)
            {
                writer.Properties(WillProperties);
            }

            writer.Binary(WillTopic);
            writer.Binary(WillPayload);
        }

        if (HasUser)
        {
            writer.Binary(User);
        }

        if (HasPassword)
        {
            writer.Binary(Password);
        }

        return writer.Written;
    }

    private MqttReason ReadRest(ReadOnlySpan<byte> rest)
    {
        var reader = new MqttReader(rest);
        byte flags = reader.Byte();
        IsClean = (flags & CleanBit) != 0;
        HasWill = (flags & WillBit) != 0;
        WillQos = (byte)((flags >> WillQosShift) & 0x03);
        WillRetain = (flags & WillRetainBit) != 0;
        HasUser = (flags & UserBit) != 0;
        HasPassword = (flags & PasswordBit) != 0;
        bool hasOrphans = !HasWill && (WillQos > 0 || WillRetain);

        // A password alone is MQTT 5's.
        bool hasLonePassword = Version == MqttVersion.V311 && HasPassword && !HasUser;
        if ((flags & ReservedBit) != 0 || WillQos > 2 || hasOrphans || hasLonePassword)
        {
            return MqttReason.MalformedPacket;
        }

        KeepAliveSeconds = reader.UInt16();
        if (Version == MqttVersion.V5)
        {
            Properties = MqttProperties.Read(ref reader, MqttPropertySets.Connect);
            if (!Properties.TryGet(MqttProperty.AuthenticationMethod, out _)
                && Properties.TryGet(MqttProperty.AuthenticationData, out _))
            {
                reader.Fail(MqttReason.ProtocolError);
            }
        }

        ClientId = reader.Text();
        if (HasWill)
        {
            ReadWill(ref reader);
        }

        User = HasUser ? reader.Text() : default;
        Password = HasPassword ? reader.Binary() : default;
        return reader.End();
    }

    private void ReadWill(scoped ref MqttReader reader)
    {
        if (Version == MqttVersion.V5)
        {
            WillProperties = MqttProperties.Read(ref reader, MqttPropertySets.Will);
            PublishPacket.CheckResponseTopic(WillProperties, ref reader);
        }

        WillTopic = reader.Text();
        WillPayload = reader.Binary();
    }

    private readonly byte Flags() => (byte)((IsClean ? CleanBit : 0)
        | (HasWill ? WillBit : 0)
        | (WillQos << WillQosShift)
        | (WillRetain ? WillRetainBit : 0)
        | (HasPassword ? PasswordBit : 0)
        | (HasUser ? UserBit : 0));

    private readonly int Length()
    {
        bool isV5 = Version == MqttVersion.V5;
        int length = sizeof(ushort) + Protocol.Length + sizeof(byte) + sizeof(byte) + sizeof(ushort);
        length += (isV5 ? Properties.Size : 0) + sizeof(ushort) + ClientId.Length;
        length += HasWill
            ? (isV5 ? WillProperties.Size : 0) + sizeof(ushort) + WillTopic.Length + sizeof(ushort) + WillPayload.Length
            : 0;
        length += HasUser ? sizeof(ushort) + User.Length : 0;
        return length + (HasPassword ? sizeof(ushort) + Password.Length : 0);
    }
}
