namespace Nexo.Server.Mqtt.Codec;

/// <summary>The reason codes of MQTT 5, §2.4; from 0x80 up something was refused.</summary>
internal enum MqttReason : byte
{
    /// <summary>Also: normal disconnection, granted QoS 0.</summary>
    Success = 0x00,
    GrantedQos1 = 0x01,
    GrantedQos2 = 0x02,
    DisconnectWithWill = 0x04,
    NoMatchingSubscribers = 0x10,
    NoSubscriptionExisted = 0x11,
    ContinueAuthentication = 0x18,
    Reauthenticate = 0x19,
    UnspecifiedError = 0x80,
    MalformedPacket = 0x81,
    ProtocolError = 0x82,
    ImplementationSpecificError = 0x83,
    UnsupportedProtocolVersion = 0x84,
    ClientIdentifierNotValid = 0x85,
    BadUserNameOrPassword = 0x86,
    NotAuthorized = 0x87,
    ServerUnavailable = 0x88,
    ServerBusy = 0x89,
    Banned = 0x8A,
    ServerShuttingDown = 0x8B,
    BadAuthenticationMethod = 0x8C,
    KeepAliveTimeout = 0x8D,
    SessionTakenOver = 0x8E,
    TopicFilterInvalid = 0x8F,
    TopicNameInvalid = 0x90,
    PacketIdentifierInUse = 0x91,
    PacketIdentifierNotFound = 0x92,
    ReceiveMaximumExceeded = 0x93,
    TopicAliasInvalid = 0x94,
    PacketTooLarge = 0x95,
    MessageRateTooHigh = 0x96,
    QuotaExceeded = 0x97,
    AdministrativeAction = 0x98,
    PayloadFormatInvalid = 0x99,
    RetainNotSupported = 0x9A,
    QosNotSupported = 0x9B,
    UseAnotherServer = 0x9C,
    ServerMoved = 0x9D,
    SharedSubscriptionsNotSupported = 0x9E,
    ConnectionRateExceeded = 0x9F,
    MaximumConnectTime = 0xA0,
    SubscriptionIdentifiersNotSupported = 0xA1,
    WildcardSubscriptionsNotSupported = 0xA2,
}

/// <summary>Which packet may carry which reason, and what MQTT 3.1.1 says in its place.</summary>
internal static class MqttReasons
{
    /// <summary>True when the specification names this reason for this packet.</summary>
    public static bool IsAllowed(MqttPacketType type, MqttReason reason) => type switch
    {
        MqttPacketType.Connack => IsForConnack(reason),
        MqttPacketType.Puback or MqttPacketType.Pubrec => IsForPublish(reason),
        MqttPacketType.Pubrel or MqttPacketType.Pubcomp =>
            reason is MqttReason.Success or MqttReason.PacketIdentifierNotFound,
        MqttPacketType.Suback => reason is <= MqttReason.GrantedQos2 or MqttReason.UnspecifiedError
            or MqttReason.ImplementationSpecificError or MqttReason.NotAuthorized or MqttReason.TopicFilterInvalid
            or MqttReason.PacketIdentifierInUse or MqttReason.QuotaExceeded or MqttReason.SharedSubscriptionsNotSupported
            or MqttReason.SubscriptionIdentifiersNotSupported or MqttReason.WildcardSubscriptionsNotSupported,
        MqttPacketType.Unsuback => reason is MqttReason.Success or MqttReason.NoSubscriptionExisted
            or MqttReason.UnspecifiedError or MqttReason.ImplementationSpecificError or MqttReason.NotAuthorized
            or MqttReason.TopicFilterInvalid or MqttReason.PacketIdentifierInUse,
        MqttPacketType.Disconnect => IsForDisconnect(reason),
        MqttPacketType.Auth =>
            reason is MqttReason.Success or MqttReason.ContinueAuthentication or MqttReason.Reauthenticate,
        _ => false,
    };

    /// <summary>The return code of a CONNACK of MQTT 3.1.1, §3.2.2.3; null: it has none for this, and only closes.</summary>
    public static byte? ConnectReturnCode(MqttReason reason) => reason switch
    {
        MqttReason.Success => 0,
        MqttReason.UnsupportedProtocolVersion => 1,
        MqttReason.ClientIdentifierNotValid => 2,
        MqttReason.ServerUnavailable or MqttReason.ServerBusy or MqttReason.ServerShuttingDown
            or MqttReason.ConnectionRateExceeded or MqttReason.QuotaExceeded => 3,
        MqttReason.BadUserNameOrPassword => 4,
        MqttReason.NotAuthorized or MqttReason.Banned => 5,
        _ => null,
    };

    private static bool IsForConnack(MqttReason reason) => reason is MqttReason.Success
        or (>= MqttReason.UnspecifiedError and <= MqttReason.Banned)
        or MqttReason.BadAuthenticationMethod
        or MqttReason.TopicNameInvalid
        or MqttReason.PacketTooLarge
        or MqttReason.QuotaExceeded
        or (>= MqttReason.PayloadFormatInvalid and <= MqttReason.ServerMoved)
        or MqttReason.ConnectionRateExceeded;

    private static bool IsForPublish(MqttReason reason) => reason is MqttReason.Success
        or MqttReason.NoMatchingSubscribers
        or MqttReason.UnspecifiedError
        or MqttReason.ImplementationSpecificError
        or MqttReason.NotAuthorized
        or MqttReason.TopicNameInvalid
        or MqttReason.PacketIdentifierInUse
        or MqttReason.QuotaExceeded
        or MqttReason.PayloadFormatInvalid;

    private static bool IsForDisconnect(MqttReason reason) => reason is MqttReason.Success
        or MqttReason.DisconnectWithWill
        or (>= MqttReason.UnspecifiedError and <= MqttReason.ImplementationSpecificError)
        or MqttReason.NotAuthorized
        or MqttReason.ServerBusy
        or MqttReason.ServerShuttingDown
        or (>= MqttReason.BadAuthenticationMethod and <= MqttReason.TopicNameInvalid)
        or (>= MqttReason.ReceiveMaximumExceeded and <= MqttReason.WildcardSubscriptionsNotSupported);
}
