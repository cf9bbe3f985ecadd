using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Security;

namespace Nexo.Server.Mqtt;

// How a connection begins: CONNECT, who the client is, CONNACK.
internal sealed partial class MqttConnection
{
    private const int ClientIdBytesMax = 1_024;
    private const int ReasonBytesMax = 512;

    // The largest CONNACK of a client that is welcome, and what the identifier that one is given takes of it.
    private const int WelcomeBytesMax = 24;
    private const int AssignedBytes = 40;

    private MqttConnect? _connect;
    private MqttClientKey _key;
    private long _keepAliveMs;
    private long _packetBytesMax = long.MaxValue;

    private void OnFirstPacket(ReadOnlySpan<byte> body)
    {
        MqttReason fault = ConnectPacket.TryRead(body, out ConnectPacket packet);
        _version = packet.Version;
        if (fault != MqttReason.Success)
        {
            RefuseConnect(fault, fault == MqttReason.UnsupportedProtocolVersion
                ? "This server speaks MQTT 3.1.1 and 5."
                : "The CONNECT is malformed, or says what it may not.");
        }
        else if (packet.HasWill && packet.WillTopic.ContainsAny((byte)'+', (byte)'#'))
        {
            RefuseConnect(MqttReason.TopicNameInvalid, "The topic of the will has a wildcard.");
        }
        else
        {
            _connect = new MqttConnect(packet, Server.Topics.Limits.TtlMsMax);
            _packetBytesMax = _connect.PacketBytesMax;
        }
    }

    private async ValueTask FinishConnectAsync(MqttConnect connect)
    {
        if (!MayGoOn(connect))
        {
            _connect = null;
            return;
        }

        IsVerifying = true;
        AuthResult result = await All.Authenticator.VerifyAsync(connect.Credentials, CertificateNames, RemoteEndPoint, ConnectionClosed);
        IsVerifying = false;
        if (result.Code != ErrorCode.None)
        {
            _connect = null;
            RefuseConnect(ReasonOf(result.Code), result.Message);
            return;
        }

        if (Broker.All.Choose(result, asked: null, out (ErrorCode Code, string Message) refusal) is not { } broker)
        {
            _connect = null;
            RefuseConnect(MqttReason.NotAuthorized, refusal.Message);
            return;
        }

        // Nothing was answered before a CONNECT.
        TryEnter(broker);
        result = Admit(result);
        if (result.Code != ErrorCode.None)
        {
            _connect = null;
            RefuseConnect(ReasonOf(result.Code), result.Message);
            return;
        }

        _connect = null;
        if (IsGoingAway)
        {
            RefuseConnect(MqttReason.ServerShuttingDown, "The server is shutting down.");
            return;
        }

        Welcome(connect);
    }

    private bool MayGoOn(MqttConnect connect)
    {
        if (connect.HasAuthenticationMethod)
        {
            RefuseConnect(MqttReason.BadAuthenticationMethod, "There is no enhanced authentication here: use user name and password.");
            return false;
        }

        bool isNameless = connect.ClientId.Length == 0;
        if (connect.ClientId.Length > ClientIdBytesMax || (isNameless && connect.Version == MqttVersion.V311 && !connect.IsClean))
        {
            RefuseConnect(
                MqttReason.ClientIdentifierNotValid,
                isNameless
                    ? "A client without an identifier has a clean session."
                    : $"A client identifier has at most {ClientIdBytesMax} bytes here.");
            return false;
        }

        if (connect.PacketBytesMax < (isNameless ? WelcomeBytesMax + AssignedBytes : WelcomeBytesMax))
        {
            RefuseConnect(MqttReason.PacketTooLarge, "What a client is told first is larger than the packets that it takes.");
            return false;
        }

        return true;
    }

    private void Welcome(MqttConnect connect)
    {
        bool isAssigned = connect.ClientId.Length == 0;
        if (isAssigned)
        {
            connect.ClientId = $"nexo-{Guid.NewGuid():N}";
        }

        ClientName = connect.ClientId;
        _key = new MqttClientKey(User, connect.ClientId);
        Server.Take(_key, this);
        uint expiryAsked = connect.SessionExpirySeconds;
        if (!TryBegin(connect, out MqttReason refused, out string message))
        {
            if (refused != MqttReason.Success)
            {
                // It was never connected.
                _keepsWill = false;
                Detach();
                RefuseConnect(refused, message);
            }

            return;
        }

        int keepAlive = connect.KeepAliveSeconds;
        int keepAliveMax = Server.Options.KeepAliveMaxSeconds;
        bool isShortened = _version == MqttVersion.V5 && keepAliveMax > 0 && (keepAlive == 0 || keepAlive > keepAliveMax);
        keepAlive = isShortened ? keepAliveMax : keepAlive;
        _keepAliveMs = keepAlive * (long)MsPerSecond;
        _assembler.PacketBytesMax = Server.PacketBytesMax;
        MarkReady();

        Span<byte> block = stackalloc byte[ReasonBytesMax];
        var properties = new MqttPropertyWriter(block);
        if (expiryAsked != _expirySeconds)
        {
            properties.UInt32(MqttProperty.SessionExpiry, _expirySeconds);
        }

        properties.UInt16(MqttProperty.ReceiveMaximum, (ushort)Server.Options.ReceiveMaximum);
        properties.UInt32(MqttProperty.MaximumPacketSize, (uint)Server.PacketBytesMax);
        properties.UInt16(MqttProperty.TopicAliasMaximum, (ushort)Server.Options.TopicAliasesMax);
        if (isAssigned)
        {
            properties.Binary(MqttProperty.AssignedClientIdentifier, System.Text.Encoding.UTF8.GetBytes(connect.ClientId));
        }

        if (isShortened)
        {
            properties.UInt16(MqttProperty.ServerKeepAlive, (ushort)keepAlive);
        }

        WriteConnack(new ConnackPacket { IsSessionPresent = _wasPresent, Properties = properties.Written });
    }

    /// <summary>
    /// Leaves the will and opens the session; false: it is refused, or, with <see cref="MqttReason.Success"/>, the client has come again
    /// meanwhile, on another connection, whose the session is then.
    /// </summary>
    private bool TryBegin(MqttConnect connect, out MqttReason refused, out string message)
    {
        refused = MqttReason.Success;
        message = string.Empty;
        lock (_life)
        {
            if (_isDetached)
            {
                return false;
            }

            uint expiryAsked = connect.SessionExpirySeconds;
            connect.SessionExpirySeconds = Math.Min(expiryAsked, Server.Sessions.Service.Limits.ExpirySecondsMax);
            Server.Topics.Wills.ComeBack(User, MqttConnect.SessionOf(connect.ClientId), hasEnded: connect.IsClean);
            if (connect.HasWill)
            {
                if (!Access.Allows(AccessBroker.Topics, AccessOperation.Write, connect.WillTopic))
                {
                    All.Audit.Operation(User, RemoteEndPoint, "will", connect.WillTopic, isAllowed: false);
                    refused = MqttReason.NotAuthorized;
                    message = "No rule of the user allows to publish to the topic of the will.";
                    return false;
                }

                TopicStatus status = connect.HasWillTooLarge
                    ? TopicStatus.BodyTooLarge
                    : connect.SetWill(Server.Topics, TopicOwner, User);
                if (status != TopicStatus.Ok)
                {
                    refused = status == TopicStatus.TopicInvalid ? MqttReason.TopicNameInvalid : MqttReason.QuotaExceeded;
                    message = status == TopicStatus.TopicInvalid
                        ? "The topic of the will is not one that clients may publish to."
                        : "The will is too large, or the wills of all clients take as much room as they may.";
                    return false;
                }

                HasWill = true;
                NoteWill(connect.WillTopic);
            }

            var delivery = new MqttDelivery(this, new MqttDeliveryTerms
            {
                Version = _version,
                ReceiveMaximum = Math.Min(connect.ReceiveMaximum, Server.Options.InFlightMax),
                PacketBytesMax = connect.PacketBytesMax,
                AliasesMax = Math.Min(connect.AliasesMax, Server.Options.TopicAliasesMax),
                WaitingBytesMax = Server.WaitingBytesMax,
            });
            if (!TryOpenSession(connect, delivery, expiryAsked, out refused, out message))
            {
                return false;
            }

            _delivery = delivery;
            return true;
        }
    }

    /// <summary>Says why in a CONNACK, if the client's version has a word for it, and ends the connection.</summary>
    private void RefuseConnect(MqttReason reason, string message)
    {
        CountError();
        Server.Counters.CountRefusedConnect();
        if (_version == MqttVersion.V5)
        {
            Span<byte> block = stackalloc byte[ReasonBytesMax];
            var properties = new MqttPropertyWriter(block);
            properties.Binary(MqttProperty.ReasonString, System.Text.Encoding.UTF8.GetBytes(message));
            var packet = new ConnackPacket { Reason = reason, Properties = properties.Written };
            if (packet.Measure(_version) > _packetBytesMax)
            {
                packet.Properties = default;
            }

            WriteConnack(packet);
        }
        else if (_version == MqttVersion.V311 && MqttReasons.ConnectReturnCode(reason) is { } code)
        {
            WriteConnack(new ConnackPacket { Reason = (MqttReason)code });
        }

        End(ErrorOf(reason), message);
    }

    private void WriteConnack(ConnackPacket packet)
    {
        Server.Counters.CountSent(MqttPacketType.Connack);
        Replies.Advance(packet.Write(Replies.GetSpan(packet.Measure(_version)), _version));
    }

    private static MqttReason ReasonOf(ErrorCode code) => code switch
    {
        ErrorCode.AuthenticationRequired => MqttReason.NotAuthorized,
        ErrorCode.AuthenticationThrottled => MqttReason.ConnectionRateExceeded,
        ErrorCode.OutOfMemory => MqttReason.ServerBusy,
        ErrorCode.UserLimitExceeded => MqttReason.QuotaExceeded,
        _ => MqttReason.BadUserNameOrPassword,
    };
}
