using System.Text;
using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Mqtt.Sessions;

namespace Nexo.Server.Mqtt;

// A session that outlives its connection.
internal sealed partial class MqttConnection
{
    // Nothing of the log is written while a group is open, of nobody: it ends when so many have got what it is about, or some more.
    private const int HandedOverMax = 1_024;

    // Null: the session ends with the connection, and is all in here.
    private MqttStored? _stored;
    private uint? _expiryAtEnd;
    private uint _expirySeconds;
    private bool _wasPresent;
    private bool _isBeginning;

    // All that the messages of this batch change is in the log, or nothing of it.
    private bool _isHandingOver;
    private int _handedOver;

    private bool MustEndHandover => _handedOver >= HandedOverMax;

    protected override bool HoldsUpLog => _isHandingOver;

    protected override void OnFannedOut()
    {
        if (_isHandingOver)
        {
            _isHandingOver = false;
            _handedOver = 0;
            Server.Sessions.Service.EndHandover();
        }
    }

    private void NoteHandedOver(int receivers) => _handedOver += _isHandingOver ? receivers : 0;

    /// <summary>Opens the session of the client, if it lasts, or ends the one that it has had; false: it is refused.</summary>
    private bool TryOpenSession(
        MqttConnect connect, MqttDelivery delivery, uint expirySeconds, out MqttReason refused, out string message)
    {
        refused = MqttReason.Success;
        message = string.Empty;
        byte[] client = Encoding.UTF8.GetBytes(connect.ClientId);
        SessionService service = Server.Sessions.Service;
        if (expirySeconds == 0 && (connect.IsClean || !service.Contains(User, client)))
        {
            if (service.Remove(User, client, out _, out bool waits))
            {
                NoteWritten();
                AwaitLogIf(waits);
            }

            return true;
        }

        var stored = new MqttStored(this, delivery, Server.Counters);
        SessionStatus status = Server.Sessions.Open(
            User, client, new SessionTerms(connect.IsClean, expirySeconds), stored, out SessionOpened opened, out MqttSession? session);
        if (status != SessionStatus.Ok)
        {
            refused = status == SessionStatus.LogFailed ? MqttReason.ServerUnavailable : MqttReason.QuotaExceeded;
            message = status == SessionStatus.TooManySessions
                ? "There are as many sessions as there may be."
                : "A session could not be kept: the disk is full, or has failed.";
            return false;
        }

        stored.Link = opened.Link;
        stored.Session = session!;
        _stored = stored;
        TopicOwner.StandsFor = session!.Owner;
        _wasPresent = opened.WasPresent;
        _expirySeconds = opened.ExpirySeconds;
        _isBeginning = true;
        NoteWritten();
        AwaitLogIf(opened.Waits);
        return true;
    }

    private void CloseSession()
    {
        if (_stored is { } stored)
        {
            stored.End();
            stored.Link.Close(_expiryAtEnd);
        }
    }

    private MqttReason SubscribeStored(MqttStored stored, ReadOnlySpan<byte> filter, MqttSubscribeOptions options, uint identifier)
    {
        MqttSession session = stored.Session;
        bool wantsRetained = !filter.StartsWith(Share) && (options.RetainHandling == MqttRetainHandling.Always
            || (options.RetainHandling == MqttRetainHandling.WhenNew && !session.Has(filter)));
        var wanted = new SessionSubscription(filter.ToArray(), options.Bits, identifier);
        SessionStatus status = session.Subscribe(
            stored.Link, wanted, wantsRetained, out TopicStatus refused, out TopicSubscriber? subscriber, out bool waits);
        NoteWritten();
        AwaitLogIf(waits);
        if (status != SessionStatus.Ok || refused != TopicStatus.Ok)
        {
            CountError();
            return refused == TopicStatus.FilterInvalid ? MqttReason.TopicFilterInvalid : MqttReason.QuotaExceeded;
        }

        if (wantsRetained && subscriber!.HasRetained)
        {
            NoteRetained(subscriber);
        }

        return (MqttReason)options.Qos;
    }

    private MqttReason UnsubscribeStored(MqttStored stored, ReadOnlySpan<byte> filter)
    {
        SessionStatus status = stored.Session.Unsubscribe(stored.Link, filter, out bool waits);
        NoteWritten();
        AwaitLogIf(waits);
        return status switch
        {
            SessionStatus.Ok => MqttReason.Success,
            SessionStatus.NotFound => MqttReason.NoSubscriptionExisted,
            _ => MqttReason.UnspecifiedError,
        };
    }

    private void OnAcknowledgementStored(MqttStored stored, MqttPacketType type, in AckPacket ack)
    {
        NoteWritten();
        ushort id = ack.PacketId;
        SessionStatus status;
        switch (type)
        {
            case MqttPacketType.Puback:
                status = stored.Link.Acknowledge(id);
                break;
            case MqttPacketType.Pubrec when ack.Reason >= MqttReason.UnspecifiedError:
                status = stored.Link.Refused(id);
                break;
            case MqttPacketType.Pubrec:
                OnReceivedStored(stored, id);
                return;
            default:
                status = stored.Link.Complete(id);
                break;
        }

        if (status == SessionStatus.Ok)
        {
            stored.OnSettled();
            _mustFlush = true;
        }
    }

    private void OnReceivedStored(MqttStored stored, ushort id)
    {
        SessionStatus status = stored.Link.Received(id, out bool waits);
        if (status is SessionStatus.Ok or SessionStatus.NotFound)
        {
            AwaitLogIf(waits);
            Acknowledge(MqttPacketType.Pubrel, id, status == SessionStatus.Ok ? MqttReason.Success : MqttReason.PacketIdentifierNotFound);
        }
        else
        {
            EndUnkept();
        }
    }

    /// <summary>False: it is not to be published, since it was already, or could not be kept.</summary>
    private bool TryBeginInboundStored(MqttStored stored, ushort packetId)
    {
        if (!_isHandingOver)
        {
            _isHandingOver = true;
            Server.Sessions.Service.BeginHandover();
        }

        NoteWritten();
        SessionStatus status = stored.Link.BeginInbound(packetId, out bool isNew, out bool waits);
        if (status == SessionStatus.DiskFull && _version == MqttVersion.V5)
        {
            CountRefused();
            Acknowledge(MqttPacketType.Pubrec, packetId, MqttReason.QuotaExceeded);
            return false;
        }

        if (status != SessionStatus.Ok)
        {
            EndUnkept();
            return false;
        }

        if (isNew && _version == MqttVersion.V5 && stored.Link.Session.Inbound > Server.Options.ReceiveMaximum)
        {
            stored.Link.EndInbound(packetId, out _);
            Fail(MqttReason.ReceiveMaximumExceeded, $"At most {Server.Options.ReceiveMaximum} messages may wait for their PUBREL.");
            return false;
        }

        AwaitLogIf(waits);
        if (!isNew)
        {
            Acknowledge(MqttPacketType.Pubrec, packetId, MqttReason.Success);
        }

        return isNew;
    }

    private void EndInboundStored(MqttStored stored, ushort packetId)
    {
        NoteWritten();
        SessionStatus status = stored.Link.EndInbound(packetId, out bool waits);
        if (status is SessionStatus.Ok or SessionStatus.NotFound)
        {
            AwaitLogIf(waits);
            Acknowledge(
                MqttPacketType.Pubcomp, packetId, status == SessionStatus.Ok ? MqttReason.Success : MqttReason.PacketIdentifierNotFound);
        }
        else
        {
            EndUnkept();
        }
    }

    // Not acknowledged: it is sent again when the client is back.
    private void EndUnkept() => Refuse(ErrorCode.StorageFull, "What was sent could not be kept: the disk is full, or has failed.");

    private void AwaitLogIf(bool waits)
    {
        if (waits)
        {
            AwaitLog();
        }
    }
}
