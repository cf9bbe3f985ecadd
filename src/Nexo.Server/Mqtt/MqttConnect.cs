using System.Security.Cryptography;
using System.Text;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>What a CONNECT has said, kept while its client is looked at.</summary>
internal sealed class MqttConnect
{
    // To be known as a token a client of MQTT 3.1.1 needs a user name.
    private const string TokenUser = "token";
    private const int MsPerSecond = 1_000;

    private readonly byte[] _willTopic = [];
    private readonly byte[] _willHeaders = [];
    private readonly byte[] _willPayload = [];
    private readonly byte _willQos;
    private readonly bool _willRetain;
    private readonly long? _willTtlMs;
    private readonly uint _willDelaySeconds;

    public MqttConnect(in ConnectPacket packet, long ttlMsMax)
    {
        Version = packet.Version;
        IsClean = packet.IsClean;
        KeepAliveSeconds = packet.KeepAliveSeconds;
        ClientId = Encoding.UTF8.GetString(packet.ClientId);
        MqttProperties properties = packet.Properties;
        SessionExpirySeconds = Version == MqttVersion.V5
            ? properties.Number(MqttProperty.SessionExpiry) ?? 0
            : packet.IsClean ? 0 : uint.MaxValue;
        ReceiveMaximum = (int)(properties.Number(MqttProperty.ReceiveMaximum) ?? ushort.MaxValue);
        PacketBytesMax = properties.Number(MqttProperty.MaximumPacketSize) ?? long.MaxValue;
        AliasesMax = (int)(properties.Number(MqttProperty.TopicAliasMaximum) ?? 0);
        HasAuthenticationMethod = properties.TryGet(MqttProperty.AuthenticationMethod, out _);
        User = packet.HasUser ? Encoding.UTF8.GetString(packet.User) : null;
        Password = packet.HasPassword ? Encoding.UTF8.GetString(packet.Password) : null;
        HasWill = packet.HasWill;
        if (!HasWill)
        {
            return;
        }

        using var headers = new FrameBuffer();
        HasWillTooLarge = !MqttHeaders.TryWrite(packet.WillProperties, packet.WillRetain ? packet.WillQos : null, headers);
        _willTopic = packet.WillTopic.ToArray();
        _willHeaders = headers.Written.ToArray();
        _willPayload = packet.WillPayload.ToArray();
        _willQos = packet.WillQos;
        _willRetain = packet.WillRetain;
        _willDelaySeconds = packet.WillProperties.Number(MqttProperty.WillDelay) ?? 0;
        _willTtlMs = MqttConnection.TtlMsOf(packet.WillProperties.Number(MqttProperty.MessageExpiry), ttlMsMax);
    }

    public MqttVersion Version { get; }

    public bool IsClean { get; }

    public ushort KeepAliveSeconds { get; }

    /// <summary>Empty: the server makes one up.</summary>
    public string ClientId { get; set; }

    /// <summary>0: its session ends with its connection.</summary>
    public uint SessionExpirySeconds { get; set; }

    public int ReceiveMaximum { get; }

    public long PacketBytesMax { get; }

    public int AliasesMax { get; }

    public bool HasAuthenticationMethod { get; }

    public string? User { get; }

    public string? Password { get; }

    public bool HasWill { get; }

    public ReadOnlySpan<byte> WillTopic => _willTopic;

    /// <summary>Its will has more properties than a message may have.</summary>
    public bool HasWillTooLarge { get; }

    /// <summary>What credentials are verified by: a password alone, or that of the user "token", is a token.</summary>
    public HelloRequest Credentials => Password is not null && User is null or TokenUser
        ? new HelloRequest { ClientName = ClientId, Token = Password }
        : new HelloRequest { ClientName = ClientId, User = User, Password = Password };

    /// <summary>By what a will is known again; a client identifier may be longer than that may be.</summary>
    public static byte[] SessionOf(string clientId) => SHA256.HashData(Encoding.UTF8.GetBytes(clientId));

    /// <summary>Leaves the will with the topics.</summary>
    public TopicStatus SetWill(TopicService topics, TopicOwner owner, string user)
    {
        // It comes when the session ends, at the latest.
        long delayMs = Math.Min(
            Math.Min(_willDelaySeconds, SessionExpirySeconds) * (long)MsPerSecond, topics.Limits.WillDelayMsMax);
        var message = new TopicMessage
        {
            Topic = _willTopic,
            Headers = _willHeaders,
            Body = _willPayload,
            Retain = _willRetain,
            TtlMs = _willTtlMs,
            Qos = TopicQos.AtMostOnce + _willQos,
            Publisher = owner,
        };

        // Without a delay it comes, whoever is back by then.
        return topics.Wills.Set(owner, user, delayMs > 0 ? SessionOf(ClientId) : [], delayMs, message);
    }
}
