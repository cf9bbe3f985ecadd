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
        }
    }

    private async ValueTask FinishConnectAsync(MqttConnect connect)
    {
        if (!MayGoOn(connect))
        {
            _connect = null;
            return;
        }

        if (All.Authenticator.Required)
        {
            IsVerifying = true;
            AuthResult result = await All.Authenticator.VerifyAsync(connect.Credentials, RemoteEndPoint, ConnectionClosed);
            IsVerifying = false;
            if (result.Code != ErrorCode.None)
            {
                _connect = null;
                RefuseConnect(ReasonOf(result.Code), result.Message);
                return;
            }

            User = result.User;
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
        _packetBytesMax = connect.PacketBytesMax;
        _key = new MqttClientKey(User, connect.ClientId);
        Server.Take(_key, this);
        Server.Topics.Wills.ComeBack(User, MqttConnect.SessionOf(connect.ClientId), hasEnded: connect.IsClean);
        uint expiryAsked = connect.SessionExpirySeconds;
        if (connect.HasWill && !TrySetWill(connect))
        {
            Detach();
            return;
        }

        var delivery = new MqttDelivery(this, new MqttDeliveryTerms
        {
            Version = _version,
            ReceiveMaximum = Math.Min(connect.ReceiveMaximum, Server.Options.InFlightMax),
            PacketBytesMax = connect.PacketBytesMax,
            AliasesMax = Math.Min(connect.AliasesMax, Server.Options.TopicAliasesMax),
            WaitingBytesMax = Server.WaitingBytesMax,
        });
        if (!TryOpenSession(connect, delivery, expiryAsked))
        {
            // It was never connected.
            _keepsWill = false;
            Detach();
            return;
        }

        _delivery = delivery;
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

    private bool TrySetWill(MqttConnect connect)
    {
        TopicStatus status = connect.HasWillTooLarge ? TopicStatus.BodyTooLarge : connect.SetWill(Server.Topics, TopicOwner, User);
        if (status == TopicStatus.Ok)
        {
            HasWill = true;
            return true;
        }

        RefuseConnect(
            status == TopicStatus.TopicInvalid ? MqttReason.TopicNameInvalid : MqttReason.QuotaExceeded,
            status == TopicStatus.TopicInvalid
                ? "The topic of the will is not one that clients may publish to."
                : "The will is too large, or the wills of all clients take as much room as they may.");
        return false;
    }

    /// <summary>Says why in a CONNACK, if the client's version has a word for it, and ends the connection.</summary>
    private void RefuseConnect(MqttReason reason, string message)
    {
        CountError();
        if (_version == MqttVersion.V5)
        {
            Span<byte> block = stackalloc byte[ReasonBytesMax];
            var properties = new MqttPropertyWriter(block);
            properties.Binary(MqttProperty.ReasonString, System.Text.Encoding.UTF8.GetBytes(message));
            WriteConnack(new ConnackPacket { Reason = reason, Properties = properties.Written });
        }
        else if (_version == MqttVersion.V311 && MqttReasons.ConnectReturnCode(reason) is { } code)
        {
            WriteConnack(new ConnackPacket { Reason = (MqttReason)code });
        }

        End(ErrorOf(reason), message);
    }

    private void WriteConnack(ConnackPacket packet) =>
        Replies.Advance(packet.Write(Replies.GetSpan(packet.Measure(_version)), _version));

    private static MqttReason ReasonOf(ErrorCode code) => code switch
    {
        ErrorCode.AuthenticationRequired => MqttReason.NotAuthorized,
        ErrorCode.AuthenticationThrottled => MqttReason.ConnectionRateExceeded,
        _ => MqttReason.BadUserNameOrPassword,
    };
}
