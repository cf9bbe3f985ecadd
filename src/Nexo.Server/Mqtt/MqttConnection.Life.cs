using System.Text;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

// How a connection ends.
internal sealed partial class MqttConnection
{
    // What is told when the base ends the connection; Success: what its error says.
    private MqttReason _endReason;
    private bool _keepsWill = true;

    protected override string HelloTimeoutMessage => "No CONNECT came in time.";

    /// <summary>
    /// The client has come again, on another connection: this one has no session any more when it returns, and ends. From any thread.
    /// </summary>
    public void TakeOver()
    {
        const string Reason = "its client has connected again";

        // Nothing is delivered behind a DISCONNECT.
        Detach();
        using (var packet = new FrameBuffer())
        {
            WriteDisconnect(packet, MqttReason.SessionTakenOver, Reason);
            Post(packet);
        }

        Leave(Reason);
        Input.CancelPendingRead();
    }

    internal override int TakeBack(ReadOnlySpan<byte> replies, object? note, FrameBuffer instead)
    {
        int failed = 0;
        while (MqttFixedHeader.TryRead(replies, out MqttFixedHeader header) == MqttHeaderStatus.Complete)
        {
            replies = replies[header.TotalSize..];
            failed++;
        }

        // Without its CONNACK nothing of the session may follow.
        (note as MqttStored)?.End();

        // Nothing is acknowledged that may be lost: the client finds out when it is back.
        ThreadPool.UnsafeQueueUserWorkItem(
            static self => self.EndSoon(ErrorCode.StorageFailed, Connections.HeldReplies.FailedMessage), this, preferLocal: false);
        return failed;
    }

    protected override void Refuse(ErrorCode code, string message)
    {
        CountError();
        WriteDisconnect(Replies, ReasonOfEnd(code), message);
        End(code, message);
    }

    protected override void PostGoAway(ErrorCode code, string message)
    {
        using var packet = new FrameBuffer();
        WriteDisconnect(packet, _endReason == MqttReason.Success ? ReasonOfEnd(code) : _endReason, message);
        if (!packet.IsEmpty)
        {
            Post(packet);
        }
    }

    protected override void CheckIdle(long nowMs, long idleMs)
    {
        // One and a half times what was agreed on (§3.1.2.10).
        if (_keepAliveMs > 0 && idleMs > _keepAliveMs + (_keepAliveMs / 2))
        {
            _endReason = MqttReason.KeepAliveTimeout;
            EndSoon(ErrorCode.IdleTimeout, "Nothing was heard for one and a half times the keep-alive.");
        }
    }

    protected override void CloseOpen() => Detach();

    protected override void EndWill()
    {
        lock (_life)
        {
            if (!HasWill)
            {
                return;
            }

            HasWill = false;
            if (_keepsWill && !All.IsStopping)
            {
                // It comes when the session ends, at the latest.
                Server.Topics.Wills.Lost(TopicOwner, _expiryAtEnd is { } expiry ? expiry * (long)MsPerSecond : long.MaxValue);
            }
            else
            {
                Server.Topics.Wills.Clear(TopicOwner);
            }
        }
    }

    private void OnDisconnect(ReadOnlySpan<byte> body)
    {
        MqttReason fault = DisconnectPacket.TryRead(body, MqttPacketType.Disconnect, _version, out DisconnectPacket packet);
        if (fault != MqttReason.Success)
        {
            Fail(fault, "The DISCONNECT is malformed, or says what it may not.");
            return;
        }

        if (packet.Properties.Number(MqttProperty.SessionExpiry) is { } expiry)
        {
            if (expiry > 0 && _expirySeconds == 0)
            {
                Fail(MqttReason.ProtocolError, "A session that ends with its connection cannot be made to last when that ends.");
                return;
            }

            _expiryAtEnd = expiry;
        }

        _keepsWill = packet.Reason != MqttReason.Success;
        Leave("the client said that it goes away");
    }

    /// <summary>Ends what the connection has of the topics. Who calls it second waits until it has been done.</summary>
    private void Detach()
    {
        lock (_life)
        {
            if (_isDetached)
            {
                return;
            }

            _isDetached = true;
            foreach (MqttSubscription subscription in _subscriptions.Values)
            {
                subscription.Subscriber!.Dispose();
            }

            _subscriptions.Clear();
            _filters.Clear();
            CloseSession();
            _delivery?.End();

            // Before the client may be another connection's, which is to find the will that waits for it.
            EndWill();
        }

        if (_key.ClientId is not null)
        {
            Server.Leave(_key, this);
        }
    }

    /// <summary>Says why, if the client's version has a word for it, and ends the connection. Only for the reading thread.</summary>
    private void Fail(MqttReason reason, string message)
    {
        if (_delivery is null)
        {
            RefuseConnect(reason, message);
            return;
        }

        CountError();
        WriteDisconnect(Replies, reason, message);
        End(ErrorOf(reason), message);
    }

    private void WriteDisconnect(FrameBuffer target, MqttReason reason, string message)
    {
        // MQTT 3.1.1 has none from a server; before the CONNACK nobody has.
        if (_version != MqttVersion.V5 || _delivery is null)
        {
            return;
        }

        Span<byte> block = stackalloc byte[ReasonBytesMax];
        var properties = new MqttPropertyWriter(block);
        properties.Binary(MqttProperty.ReasonString, Encoding.UTF8.GetBytes(message));
        var packet = new DisconnectPacket { Reason = reason, Properties = properties.Written };
        if (packet.Measure(_version) > _packetBytesMax)
        {
            packet.Properties = default;
        }

        Server.Counters.CountSent(MqttPacketType.Disconnect);
        target.Advance(packet.Write(target.GetSpan(packet.Measure(_version)), MqttPacketType.Disconnect, _version));
    }

    private static MqttReason ReasonOfEnd(ErrorCode code) => code switch
    {
        ErrorCode.ShuttingDown => MqttReason.ServerShuttingDown,
        ErrorCode.Recovering or ErrorCode.TooManyConnections or ErrorCode.OutOfMemory => MqttReason.ServerBusy,
        ErrorCode.IdleTimeout => MqttReason.KeepAliveTimeout,
        ErrorCode.StorageFull => MqttReason.QuotaExceeded,
        ErrorCode.Cancelled => MqttReason.AdministrativeAction,
        ErrorCode.AuthenticationFailed or ErrorCode.PermissionDenied => MqttReason.NotAuthorized,
        _ => MqttReason.UnspecifiedError,
    };

    private static ErrorCode ErrorOf(MqttReason reason) => reason switch
    {
        MqttReason.UnsupportedProtocolVersion => ErrorCode.UnsupportedVersion,
        MqttReason.BadUserNameOrPassword => ErrorCode.AuthenticationFailed,
        MqttReason.NotAuthorized => ErrorCode.AuthenticationRequired,
        MqttReason.ConnectionRateExceeded => ErrorCode.AuthenticationThrottled,
        MqttReason.PacketTooLarge => ErrorCode.FrameTooLarge,
        MqttReason.ServerShuttingDown => ErrorCode.ShuttingDown,
        MqttReason.TopicNameInvalid => ErrorCode.TopicInvalid,
        MqttReason.QuotaExceeded => ErrorCode.RetainedFull,
        _ => ErrorCode.Malformed,
    };
}
