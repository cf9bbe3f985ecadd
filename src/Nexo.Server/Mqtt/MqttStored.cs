using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using Nexo.Engine.Sessions;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Mqtt.Sessions;
using Nexo.Server.Security;

namespace Nexo.Server.Mqtt;

/// <summary>
/// What goes to a client from its session that lasts: messages with QoS 1 and 2 are taken from there as its receive maximum and its
/// connection have room, in their order, at first those again that it has not acknowledged. What comes with QoS 0 passes the session by.
/// </summary>
internal sealed class MqttStored : OutboxSource, IMqttReceiver, ISessionHolder
{
    private const int ChunkBytes = 64 * 1_024;
    private const byte DuplicateFlag = 0x08;

    // By which messages with QoS 0 come.
    private const int SubscriptionsMax = 1_024;

    private readonly MqttConnection _connection;
    private readonly Outbox _outbox;
    private readonly MqttDelivery _delivery;
    private readonly MqttCounters _counters;
    private readonly MqttDeliveryTerms _terms;
    private readonly ConcurrentDictionary<(byte Options, uint Identifier), MqttSubscription> _subscriptions = [];
    private int _count;

    // All that follows is guarded by the outbox's lock.
    private readonly ArrayBufferWriter<byte> _packet = new();
    private int _inFlight;
    private bool _hasBegun;
    private bool _isEnded;

    public MqttStored(MqttConnection connection, MqttDelivery delivery, MqttCounters counters)
    {
        _counters = counters;
        _connection = connection;
        _outbox = connection.Outbox;
        _delivery = delivery;
        _terms = delivery.Terms;
        delivery.RoomForRetained = () => Session.RoomForRetained;
    }

    /// <summary>The connection's hold on the session; set before anything else is asked of this.</summary>
    public SessionLink Link { get; set; } = null!;

    public MqttSession Session { get; set; } = null!;

    public long Load => _delivery.Load;

    /// <summary>The CONNACK has been sent: the session may follow.</summary>
    public void Begin()
    {
        lock (_outbox.Gate)
        {
            if (_isEnded)
            {
                // Its connection has ended before its CONNACK was durable: the session may be another's.
                return;
            }

            _hasBegun = true;
            Session.Receiver = this;
        }

        Session.ForRetained(_delivery.SendRetained);
        Flush();
    }

    public void End()
    {
        lock (_outbox.Gate)
        {
            _isEnded = true;
            if (ReferenceEquals(Session.Receiver, this))
            {
                Session.Receiver = null;
            }
        }
    }

    public int Deliver(TopicRun run, in SessionSubscription by)
    {
        MqttSubscription subscription = Of(by);
        return subscription.Terms.Qos == 0 ? _delivery.Deliver(run, subscription) : _delivery.DeliverUnsure(run, subscription);
    }

    public void Flush()
    {
        lock (_outbox.Gate)
        {
            Send(int.MaxValue);
        }

        _outbox.Flush();
    }

    public void Wake() => Flush();

    /// <summary>A message is acknowledged for good, so that there is room for another.</summary>
    public void OnSettled()
    {
        lock (_outbox.Gate)
        {
            _inFlight = Math.Max(0, _inFlight - 1);
            Send(int.MaxValue);
            _delivery.GoOnWithRetained();
        }
    }

    protected internal override bool Fill() => Send(ChunkBytes);

    protected internal override void CloseFrame(FrameBuffer frames)
    {
        // Packets are whole when they are written.
    }

    /// <summary>True: there may be more that only wants room.</summary>
    private bool Send(int bytesMax)
    {
        int written = 0;
        while (_hasBegun && !_isEnded && !_outbox.IsClosed && _inFlight < _terms.ReceiveMaximum)
        {
            if (!_outbox.HasRoom || written >= bytesMax)
            {
                _outbox.Wait(this);
                return true;
            }

            if (!Link.TryNext(out SessionDelivery delivery))
            {
                return false;
            }

            written += Write(in delivery);
            delivery.Dispose();
        }

        return false;
    }

    private int Write(in SessionDelivery delivery)
    {
        if (delivery.IsRelease)
        {
            var release = new AckPacket { PacketId = delivery.PacketId };
            FrameBuffer target = _outbox.Open(this, out _);
            int size = release.Write(target.GetSpan(AckPacket.PlainSize + 1), MqttPacketType.Pubrel, _terms.Version);
            target.Advance(size);
            _counters.CountSent(MqttPacketType.Pubrel);
            return size;
        }

        if (!_connection.Access.Allows(AccessBroker.Topics, AccessOperation.Read, delivery.Topic))
        {
            // It came by a rule that is no more: as if it had been sent.
            Link.Refused(delivery.PacketId);
            return 0;
        }

        var message = new TopicMessage
        {
            Topic = delivery.Topic,
            Headers = delivery.Headers,
            Body = delivery.Body,
            Retain = delivery.Retain,
            TtlMs = delivery.ExpiresInMs < 0 ? null : Math.Max(1, delivery.ExpiresInMs),
            Qos = delivery.IsExactlyOnce ? TopicQos.ExactlyOnce : TopicQos.AtLeastOnce,
        };
        _packet.ResetWrittenCount();
        MqttEncoder.Of(_terms.Version, qosMax: 2, keepsRetain: true).Write(_packet, message, retained: false, delivery.Identifier);
        int length = _packet.WrittenCount;
        if (length > _terms.PacketBytesMax)
        {
            // As if it had been sent (§3.1.2.11.4).
            Link.Refused(delivery.PacketId);
            return 0;
        }

        if (length > ChunkBytes)
        {
            _outbox.TryTakeLarge(length, isForced: true);
        }

        FrameBuffer frames = _outbox.Open(this, out _);
        Span<byte> packet = frames.GetSpan(length)[..length];
        _packet.WrittenSpan.CopyTo(packet);
        packet[0] |= delivery.IsDuplicate ? DuplicateFlag : (byte)0;
        MqttFixedHeader.TryRead(packet, out MqttFixedHeader header);
        BinaryPrimitives.WriteUInt16BigEndian(packet[(header.Size + sizeof(ushort) + delivery.Topic.Length)..], delivery.PacketId);
        frames.Advance(length);
        _counters.CountSent(MqttPacketType.Publish);
        _inFlight++;
        return length;
    }

    private MqttSubscription Of(in SessionSubscription by)
    {
        if (_subscriptions.TryGetValue((by.Options, by.Identifier), out MqttSubscription? known))
        {
            return known;
        }

        if (_count >= SubscriptionsMax)
        {
            // A client that never stops subscribing by new identifiers; what it has now is made anew.
            _subscriptions.Clear();
            _count = 0;
        }

        Interlocked.Increment(ref _count);
        return _subscriptions.GetOrAdd(
            (by.Options, by.Identifier),
            static (key, self) =>
            {
                var options = new MqttSubscribeOptions(key.Options);
                var terms = new MqttTerms(options.Qos, options.NoLocal, options.RetainAsPublished, WithRetained: false, key.Identifier);
                return new MqttSubscription(self._delivery, terms, self._terms.Version);
            },
            this);
    }
}
