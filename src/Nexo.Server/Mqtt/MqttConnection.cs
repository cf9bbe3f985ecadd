using Microsoft.AspNetCore.Connections;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>
/// One client of MQTT: handles every whole packet that has come. Other parts of the class are its beginning (<c>.Connect</c>), what it
/// publishes (<c>.Publish</c>), what it subscribes to (<c>.Subscribe</c>) and its end (<c>.Life</c>).
/// </summary>
internal sealed partial class MqttConnection : ClientConnection, IMqttPacketSink
{
    // So many are handled before others have a look at the connection.
    private const int PacketsAtOnce = 1_024;

    private const byte ConnectByte = (byte)MqttPacketType.Connect << 4;

    private readonly MqttAssembler _assembler;
    private MqttVersion _version;
    private MqttDelivery? _delivery;
    private int _packetsLeft;
    private bool _mustFlush;
    private MqttPacketCounts _counts;

    public MqttConnection(ConnectionContext transport, MqttServer server)
        : base(transport, server.Clients, server.Broker)
    {
        Server = server;
        _assembler = new MqttAssembler(All.Options.PreAuthBytesMax);
    }

    public override ClientProtocol Protocol => ClientProtocol.Mqtt;

    public MqttServer Server { get; private set; }

    public bool OnPacket(in MqttFixedHeader header, ReadOnlySpan<byte> body)
    {
        CountRequest();
        _counts.Received[(int)header.Type]++;
        if (!header.HasFlagsOfType || (_version == MqttVersion.V5 && !header.IsMinimal))
        {
            Fail(MqttReason.MalformedPacket, "The first bytes of a packet are not those of its type.");
            return false;
        }

        if (_delivery is null)
        {
            OnFirstPacket(body);
            return false;
        }

        switch (header.Type)
        {
            case MqttPacketType.Publish:
                OnPublish(header, body);
                break;
            case MqttPacketType.Puback or MqttPacketType.Pubrec or MqttPacketType.Pubrel or MqttPacketType.Pubcomp:
                OnAcknowledgement(header, body);
                break;
            case MqttPacketType.Subscribe:
                OnSubscribe(body);
                break;
            case MqttPacketType.Unsubscribe:
                OnUnsubscribe(body);
                break;
            case MqttPacketType.Pingreq when body.IsEmpty:
                Replies.Write([(byte)MqttPacketType.Pingresp << 4, 0]);
                CountAnswer(MqttPacketType.Pingresp);
                break;
            case MqttPacketType.Disconnect:
                OnDisconnect(body);
                break;
            case MqttPacketType.Auth when _version == MqttVersion.V5:
                Fail(MqttReason.ProtocolError, "No authentication method was agreed on.");
                break;
            default:
                Fail(MqttReason.ProtocolError, $"A client does not send {header.Type} here.");
                break;
        }

        return --_packetsLeft > 0 && !MustPause && !MustEndHandover;
    }

    public void OnBroken(MqttReason reason) => Fail(
        reason,
        reason == MqttReason.PacketTooLarge
            ? $"A packet has at most {_assembler.PacketBytesMax} bytes here."
            : "The length of a packet takes more than four bytes.");

    protected override void OnEntered(Broker broker) => Server = broker.Mqtt;

    protected override int Feed(ReadOnlySpan<byte> bytes)
    {
        _packetsLeft = PacketsAtOnce;
        if (_delivery is null && !_assembler.IsInPacket && bytes[0] != ConnectByte)
        {
            // Whatever it speaks, its length may be one that never comes.
            End(ErrorCode.HelloExpected, "The first packet of a client is a CONNECT.");
            return bytes.Length;
        }

        int taken = _assembler.Feed(bytes, this);
        Server.Counters.Take(ref _counts);
        return taken;
    }

    protected override int PartialBytes => _assembler.PartialBytes;

    protected override ValueTask AfterFeedAsync()
    {
        if (_connect is { } connect)
        {
            return FinishConnectAsync(connect);
        }

        if (_mustFlush)
        {
            _mustFlush = false;
            Outbox.Flush();
        }

        return MustEndHandover ? SendAllAsync() : ValueTask.CompletedTask;
    }

    protected override void DisposeParts()
    {
        _assembler.Dispose();
        _headers.Dispose();
    }

    // Only for the reading thread.
    private void CountAnswer(MqttPacketType type) => _counts.Sent[(int)type]++;

    private void OnAcknowledgement(in MqttFixedHeader header, ReadOnlySpan<byte> body)
    {
        MqttReason fault = AckPacket.TryRead(body, header.Type, _version, out AckPacket ack);
        if (fault != MqttReason.Success)
        {
            Fail(fault, $"The {header.Type} is malformed.");
            return;
        }

        if (_stored is { } stored && header.Type != MqttPacketType.Pubrel)
        {
            OnAcknowledgementStored(stored, header.Type, ack);
            return;
        }

        ushort id = ack.PacketId;
        switch (header.Type)
        {
            case MqttPacketType.Puback:
                _mustFlush |= _delivery!.End(id, MqttFlight.AwaitsPuback);
                break;
            case MqttPacketType.Pubrec when ack.Reason >= MqttReason.UnspecifiedError:
                _mustFlush |= _delivery!.End(id, MqttFlight.AwaitsPubrec);
                break;
            case MqttPacketType.Pubrec:
                Acknowledge(MqttPacketType.Pubrel, id, _delivery!.Release(id) ? MqttReason.Success : MqttReason.PacketIdentifierNotFound);
                break;
            case MqttPacketType.Pubcomp:
                _mustFlush |= _delivery!.End(id, MqttFlight.AwaitsPubcomp);
                break;
            default:
                EndInbound(id);
                break;
        }
    }

    /// <summary>Writes a PUBACK, PUBREC, PUBREL or PUBCOMP behind the other replies.</summary>
    private void Acknowledge(MqttPacketType type, ushort packetId, MqttReason reason)
    {
        CountAnswer(type);
        var packet = new AckPacket { PacketId = packetId, Reason = reason };
        Replies.Advance(packet.Write(Replies.GetSpan(AckPacket.PlainSize + 1), type, _version));
    }
}
