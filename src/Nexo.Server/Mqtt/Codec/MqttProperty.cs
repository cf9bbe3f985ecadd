namespace Nexo.Server.Mqtt.Codec;

/// <summary>The properties of MQTT 5, §2.2.2.2.</summary>
internal enum MqttProperty : byte
{
    None = 0x00,
    PayloadFormat = 0x01,
    MessageExpiry = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0B,
    SessionExpiry = 0x11,
    AssignedClientIdentifier = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelay = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1A,
    ServerReference = 0x1C,
    ReasonString = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2A,
}

/// <summary>Which properties a packet may have, a bit each.</summary>
internal static class MqttPropertySets
{
    public const ulong Will = PayloadFormat | MessageExpiry | ContentType | ResponseTopic | CorrelationData | WillDelay | User;

    public const ulong Connect = SessionExpiry | AuthenticationMethod | AuthenticationData | RequestProblem | RequestResponse
        | ReceiveMaximum | TopicAliasMaximum | MaximumPacketSize | User;

    public const ulong Connack = SessionExpiry | AssignedClientIdentifier | ServerKeepAlive | AuthenticationMethod
        | AuthenticationData | ResponseInformation | ServerReference | ReasonString | ReceiveMaximum | TopicAliasMaximum
        | MaximumQos | RetainAvailable | MaximumPacketSize | Wildcards | SubscriptionIdentifiers | Shared | User;

    /// <summary>Of a client.</summary>
    public const ulong Publish = PayloadFormat | MessageExpiry | ContentType | ResponseTopic | CorrelationData | TopicAlias | User;

    /// <summary>Of a server.</summary>
    public const ulong Delivery = Publish | SubscriptionIdentifier;

    /// <summary>PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK.</summary>
    public const ulong Acknowledgement = ReasonString | User;

    public const ulong Subscribe = SubscriptionIdentifier | User;

    public const ulong Unsubscribe = User;

    public const ulong Disconnect = SessionExpiry | ServerReference | ReasonString | User;

    public const ulong Auth = AuthenticationMethod | AuthenticationData | ReasonString | User;

    private const ulong PayloadFormat = 1UL << (int)MqttProperty.PayloadFormat;
    private const ulong MessageExpiry = 1UL << (int)MqttProperty.MessageExpiry;
    private const ulong ContentType = 1UL << (int)MqttProperty.ContentType;
    private const ulong ResponseTopic = 1UL << (int)MqttProperty.ResponseTopic;
    private const ulong CorrelationData = 1UL << (int)MqttProperty.CorrelationData;
    private const ulong SubscriptionIdentifier = 1UL << (int)MqttProperty.SubscriptionIdentifier;
    private const ulong SessionExpiry = 1UL << (int)MqttProperty.SessionExpiry;
    private const ulong AssignedClientIdentifier = 1UL << (int)MqttProperty.AssignedClientIdentifier;
    private const ulong ServerKeepAlive = 1UL << (int)MqttProperty.ServerKeepAlive;
    private const ulong AuthenticationMethod = 1UL << (int)MqttProperty.AuthenticationMethod;
    private const ulong AuthenticationData = 1UL << (int)MqttProperty.AuthenticationData;
    private const ulong RequestProblem = 1UL << (int)MqttProperty.RequestProblemInformation;
    private const ulong WillDelay = 1UL << (int)MqttProperty.WillDelay;
    private const ulong RequestResponse = 1UL << (int)MqttProperty.RequestResponseInformation;
    private const ulong ResponseInformation = 1UL << (int)MqttProperty.ResponseInformation;
    private const ulong ServerReference = 1UL << (int)MqttProperty.ServerReference;
    private const ulong ReasonString = 1UL << (int)MqttProperty.ReasonString;
    private const ulong ReceiveMaximum = 1UL << (int)MqttProperty.ReceiveMaximum;
    private const ulong TopicAliasMaximum = 1UL << (int)MqttProperty.TopicAliasMaximum;
    private const ulong TopicAlias = 1UL << (int)MqttProperty.TopicAlias;
    private const ulong MaximumQos = 1UL << (int)MqttProperty.MaximumQos;
    private const ulong RetainAvailable = 1UL << (int)MqttProperty.RetainAvailable;
    private const ulong User = 1UL << (int)MqttProperty.UserProperty;
    private const ulong MaximumPacketSize = 1UL << (int)MqttProperty.MaximumPacketSize;
    private const ulong Wildcards = 1UL << (int)MqttProperty.WildcardSubscriptionAvailable;
    private const ulong SubscriptionIdentifiers = 1UL << (int)MqttProperty.SubscriptionIdentifierAvailable;
    private const ulong Shared = 1UL << (int)MqttProperty.SharedSubscriptionAvailable;
}
