using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Security;

namespace Nexo.Server.Mqtt;

// What a client publishes.
internal sealed partial class MqttConnection
{
    private const int MsPerSecond = 1_000;

    // Of the message that is being published.
    private readonly FrameBuffer _headers = new();

    // Identifiers of messages with QoS 2 that were taken, and not released yet.
    private HashSet<ushort>? _inbound;
    private byte[]?[]? _inboundAliases;

    /// <summary>How long a message is to be delivered; null: for ever.</summary>
    public static long? TtlMsOf(uint? seconds, long ttlMsMax) =>
        seconds is { } given ? Math.Clamp(given * (long)MsPerSecond, 1, ttlMsMax) : null;

    private void OnPublish(in MqttFixedHeader header, ReadOnlySpan<byte> body)
    {
        MqttReason fault = PublishPacket.TryRead(body, header.Flags, _version, MqttPropertySets.Publish, out PublishPacket packet);
        if (fault != MqttReason.Success)
        {
            Fail(fault, "The PUBLISH is malformed, or says what it may not.");
            return;
        }

        ReadOnlySpan<byte> topic = packet.Topic;
        if (!packet.Properties.IsEmpty && !TryResolveAlias(packet, ref topic))
        {
            return;
        }

        if (IsGoingAway && packet.Qos > 0)
        {
            // Not acknowledged: it is sent again, elsewhere or later.
            return;
        }

        if (packet.Qos == 2 && !TryBeginInbound(packet.PacketId))
        {
            return;
        }

        MqttReason reason = Publish(packet, topic, out bool mustEnd);
        if (packet.Qos == 2 && reason >= MqttReason.UnspecifiedError && !TryFreeInbound(packet.PacketId))
        {
            EndUnkept();
        }
        else if (mustEnd)
        {
            End(ErrorCode.StorageFull, "A message could not be kept, and MQTT 3.1.1 has no word for that: it is to be sent again.");
        }
        else if (packet.Qos > 0)
        {
            Acknowledge(packet.Qos == 1 ? MqttPacketType.Puback : MqttPacketType.Pubrec, packet.PacketId, reason);
        }
    }

    private MqttReason Publish(in PublishPacket packet, ReadOnlySpan<byte> topic, out bool mustEnd)
    {
        mustEnd = false;
        long? ttlMs = null;
        if (!Access.Allows(AccessBroker.Topics, AccessOperation.Write, topic))
        {
            // MQTT 3.1.1 has no word for it: it is taken, and goes nowhere.
            All.Audit.Operation(User, RemoteEndPoint, "publish", topic, isAllowed: false);
            CountRefused();
            return MqttReason.NotAuthorized;
        }

        _headers.Clear();
        if (packet.Retain || !packet.Properties.IsEmpty)
        {
            ttlMs = TtlMsOf(packet.Properties.Number(MqttProperty.MessageExpiry), Server.Topics.Limits.TtlMsMax);
            if (!MqttHeaders.TryWrite(packet.Properties, packet.Retain ? packet.Qos : null, _headers))
            {
                CountRefused();
                return MqttReason.QuotaExceeded;
            }
        }

        var message = new TopicMessage
        {
            Topic = topic,
            Headers = _headers.Written.Span,
            Body = packet.Payload,
            Retain = packet.Retain,
            TtlMs = ttlMs,
            Qos = TopicQos.AtMostOnce + packet.Qos,
            Publisher = TopicOwner.StandsFor,
        };
        TopicStatus status = Server.Topics.Publish(message, TopicWork, out TopicPublished published);
        NoteHandedOver(published.Receivers);
        if (message.Retain || published.Bindings > 0 || published.WaitsForLog)
        {
            NoteWritten();
        }

        if (published.WaitsForLog)
        {
            AwaitLog();
        }

        if (status == TopicStatus.Ok)
        {
            bool isHeard = message.Retain || published.Receivers + published.Bindings > 0;
            return isHeard ? MqttReason.Success : MqttReason.NoMatchingSubscribers;
        }

        CountRefused();
        mustEnd = _version == MqttVersion.V311 && packet.Qos > 0 && !IsHopeless(status);
        return ReasonOf(status);
    }

    /// <summary>Keeps a new alias, or finds the topic of one; false: the connection ends for it.</summary>
    private bool TryResolveAlias(in PublishPacket packet, ref ReadOnlySpan<byte> topic)
    {
        if (packet.Properties.Number(MqttProperty.TopicAlias) is not { } alias)
        {
            return true;
        }

        int max = Server.Options.TopicAliasesMax;
        if (alias > max)
        {
            Fail(MqttReason.TopicAliasInvalid, $"A topic alias is 1 to {max} here.");
            return false;
        }

        _inboundAliases ??= new byte[max + 1][];
        if (!topic.IsEmpty)
        {
            // Own the bytes here: they belong to the socket and die with this packet. Of one that is too long the rest is not needed to
            // refuse it.
            _inboundAliases[alias] = topic[..Math.Min(topic.Length, Server.Topics.Limits.TopicBytesMax + 1)].ToArray();
            return true;
        }

        topic = _inboundAliases[alias];
        if (topic.IsEmpty)
        {
            Fail(MqttReason.ProtocolError, "Nothing has this topic alias.");
        }

        return !topic.IsEmpty;
    }

    /// <summary>False: it is not to be published, since it was already, or more are under way than may be.</summary>
    private bool TryBeginInbound(ushort packetId)
    {
        if (_stored is { } stored)
        {
            return TryBeginInboundStored(stored, packetId);
        }

        _inbound ??= [];
        if (_inbound.Contains(packetId))
        {
            Acknowledge(MqttPacketType.Pubrec, packetId, MqttReason.Success);
            return false;
        }

        if (_version == MqttVersion.V5 && _inbound.Count >= Server.Options.ReceiveMaximum)
        {
            Fail(MqttReason.ReceiveMaximumExceeded, $"At most {Server.Options.ReceiveMaximum} messages may wait for their PUBREL.");
            return false;
        }

        _inbound.Add(packetId);
        return true;
    }

    /// <summary>A message was refused: the next with its identifier is another one. False: that could not be kept.</summary>
    private bool TryFreeInbound(ushort packetId)
    {
        _inbound?.Remove(packetId);
        return _stored is not { } stored
            || stored.Link.EndInbound(packetId, out _) is SessionStatus.Ok or SessionStatus.NotFound;
    }

    private void EndInbound(ushort packetId)
    {
        if (_stored is { } stored)
        {
            EndInboundStored(stored, packetId);
            return;
        }

        bool existed = _inbound?.Remove(packetId) == true;
        Acknowledge(MqttPacketType.Pubcomp, packetId, existed ? MqttReason.Success : MqttReason.PacketIdentifierNotFound);
    }

    private void CountRefused()
    {
        CountError();
        Server.Counters.CountRefusedMessage();
    }

    // To send it again would change nothing: it is taken and forgotten.
    private static bool IsHopeless(TopicStatus status) => status is TopicStatus.TopicInvalid or TopicStatus.BodyTooLarge;

    private static MqttReason ReasonOf(TopicStatus status) => status switch
    {
        TopicStatus.TopicInvalid => MqttReason.TopicNameInvalid,
        TopicStatus.BindingRefused => MqttReason.ImplementationSpecificError,
        TopicStatus.LogFailed => MqttReason.UnspecifiedError,
        _ => MqttReason.QuotaExceeded,
    };
}
