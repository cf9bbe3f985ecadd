using System.Buffers.Binary;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Topics;

namespace Nexo.Server.Mqtt;

/// <summary>
/// What goes to one client. As long as it takes what it is sent, a message with QoS 0 is copied once, straight into what is on its
/// way, under the outbox's lock. What there is no room for waits, and what with QoS 1 and 2 the client has no room for by its receive
/// maximum; each kind in a <see cref="TopicOutbox"/> of its own. The other half (<c>MqttDelivery.Life.cs</c>) is retained messages and
/// the end.
/// </summary>
internal sealed partial class MqttDelivery : OutboxSource
{
    // So much is written before it is looked whether there is room still.
    private const int ChunkBytes = 64 * 1_024;

    // When a message began to wait; before it in its ring.
    private const int StampBytes = sizeof(long);

    private readonly MqttConnection _connection;
    private readonly Outbox _outbox;
    private readonly MqttCounters _counters;
    private readonly MqttVersion _version;
    private readonly long _packetBytesMax;

    // All that follows is guarded by the outbox's lock.
    private readonly TopicOutbox _waiting;
    private readonly TopicOutbox _unsent;
    private readonly MqttWindow _window;
    private readonly MqttAliases? _aliases;
    private readonly FrameBuffer _item = new();
    private readonly FrameBuffer _encoded = new();
    private List<TopicGroup>? _shares;
    private MqttGiven? _given;
    private int _messageBytes;
    private long _load;

    public MqttDelivery(MqttConnection connection, MqttDeliveryTerms terms)
    {
        _connection = connection;
        Terms = terms;
        _outbox = connection.Outbox;
        _counters = connection.Server.Counters;
        _version = terms.Version;
        _packetBytesMax = terms.PacketBytesMax;
        _window = new MqttWindow(terms.ReceiveMaximum);
        _aliases = terms.AliasesMax > 0 ? new MqttAliases(terms.AliasesMax) : null;
        _waiting = new TopicOutbox(terms.WaitingBytesMax, TopicWhenSlow.DropOldest, _outbox.TopicRoom);
        _unsent = new TopicOutbox(terms.WaitingBytesMax, TopicWhenSlow.DropNewest, _outbox.TopicRoom);
    }

    /// <summary>What its client takes.</summary>
    public MqttDeliveryTerms Terms { get; }

    /// <summary>Of a shared group the member with the least gets the next message.</summary>
    public long Load => _outbox.LooksFull ? long.MaxValue : Volatile.Read(ref _load);

    /// <summary>Messages with QoS 1 and 2 that are not acknowledged.</summary>
    public int InFlight
    {
        get
        {
            lock (_outbox.Gate)
            {
                return _window.Count;
            }
        }
    }

    // Nobody looks into the packets on their way.
    private bool IsPlain => _aliases is null && _packetBytesMax == long.MaxValue;

    /// <summary>Takes the messages of a run for one of the subscriptions, and says how many were dropped for it.</summary>
    public int Deliver(TopicRun run, MqttSubscription by)
    {
        lock (_outbox.Gate)
        {
            if (_isEnded || (_outbox.IsClosed && run.Share is null))
            {
                return 0;
            }

            if (by.Terms.Identifier > 0)
            {
                return DeliverWithIdentifier(run, by);
            }

            TopicEncoding encoded = run.Encoded(EncoderOf(by, run.Share));
            int sent = by.Terms.Qos == 0 && IsPlain && _waiting.IsEmpty && (run.Share is null || _version == MqttVersion.V5)
                ? SendAll(encoded, run.Count) : 0;
            int dropped = 0;
            int start = sent == 0 ? 0 : encoded.Ends[sent - 1];
            for (int i = sent; i < run.Count; i++)
            {
                dropped += Take(encoded.Bytes[start..encoded.Ends[i]], run.Share);
                start = encoded.Ends[i];
            }

            NoteLoad();
            return dropped;
        }
    }

    /// <summary>The same, only for the messages with QoS 0 among them.</summary>
    public int DeliverUnsure(TopicRun run, MqttSubscription by)
    {
        int dropped = 0;
        lock (_outbox.Gate)
        {
            for (int i = 0; i < run.Count && !_isEnded && !_outbox.IsClosed; i++)
            {
                TopicMessage message = run[i];
                if (MqttHeaders.QosOf(message, run.IsRetained) == 0)
                {
                    _encoded.Clear();
                    EncoderOf(by, run.Share).Write(_encoded, message, run.IsRetained, by.Terms.Identifier);
                    dropped += Take(_encoded.Written.Span, run.Share);
                }
            }

            _encoded.Clear();
            NoteLoad();
        }

        return dropped;
    }

    public void Flush() => _outbox.Flush();

    /// <summary>An acknowledgement has come: PUBACK, PUBREC with a refusal, or PUBCOMP.</summary>
    /// <returns>False: nothing is known of this packet.</returns>
    public bool End(ushort packetId, MqttFlight expected)
    {
        lock (_outbox.Gate)
        {
            if (_window.StateOf(packetId) != expected)
            {
                return false;
            }

            _window.End(packetId);
            _given?.Forget(packetId);
            SendWaiting();
            NoteLoad();
            return true;
        }
    }

    /// <summary>PUBREC has come: PUBREL is to follow, also when it comes again.</summary>
    public bool Release(ushort packetId)
    {
        lock (_outbox.Gate)
        {
            if (_window.StateOf(packetId) is not (MqttFlight.AwaitsPubrec or MqttFlight.AwaitsPubcomp))
            {
                return false;
            }

            _window.Release(packetId);
            return true;
        }
    }

    protected internal override bool Fill()
    {
        SendWaiting();
        return WantsRoom;
    }

    protected internal override void CloseFrame(FrameBuffer frames)
    {
        // Packets are whole when they are written.
    }

    private bool WantsRoom => !_isEnded && (!_waiting.IsEmpty || (!_unsent.IsEmpty && _window.HasRoom));

    // The identifier lies among the properties, so nobody else has these packets.
    private int DeliverWithIdentifier(TopicRun run, MqttSubscription by)
    {
        int dropped = 0;
        for (int i = 0; i < run.Count; i++)
        {
            _encoded.Clear();
            EncoderOf(by, run.Share).Write(_encoded, run[i], run.IsRetained, by.Terms.Identifier);
            dropped += Take(_encoded.Written.Span, run.Share);
        }

        _encoded.Clear();
        NoteLoad();
        return dropped;
    }

    /// <summary>Copies as many packets as there is room for, and says how many.</summary>
    private int SendAll(TopicEncoding encoded, int count)
    {
        int sent = 0;
        int at = 0;
        while (sent < count && _outbox.HasRoom)
        {
            int end = encoded.Ends[sent];
            if (end - at > ChunkBytes && !_outbox.TryTakeLarge(end - at, isForced: false))
            {
                break;
            }

            sent++;
            if (encoded.Ends[count - 1] - at <= ChunkBytes)
            {
                end = encoded.Ends[count - 1];
                sent = count;
            }

            while (sent < count && encoded.Ends[sent] - at <= ChunkBytes)
            {
                end = encoded.Ends[sent++];
            }

            _outbox.Open(this, out _).Write(encoded.Bytes[at..end]);
            at = end;
        }

        _counters.CountSent(MqttPacketType.Publish, sent);
        return sent;
    }

    /// <summary>Sends a packet, or has it wait; says how many messages were dropped for it.</summary>
    private int Take(ReadOnlySpan<byte> packet, TopicGroup? share)
    {
        if (packet.Length > _packetBytesMax)
        {
            // As if it had been sent (§3.1.2.11.4).
            return 1;
        }

        _messageBytes = packet.Length;
        bool isSure = QosOf(packet) > 0;
        TopicOutbox line = isSure ? _unsent : _waiting;
        uint number = ShareNumber(share);
        if (line.IsEmpty && TrySend(packet, number, isForced: false))
        {
            return 0;
        }

        _item.Clear();
        Span<byte> stamp = stackalloc byte[StampBytes];
        BinaryPrimitives.WriteInt64LittleEndian(stamp, _connection.All.NowMs);
        _item.Write(stamp);
        _item.Write(packet);
        int dropped = line.Add(_item.Written.Span, [_item.Count], 0, number);
        _item.Clear();
        if (WantsRoom && !_outbox.HasRoom)
        {
            _outbox.Wait(this);
        }

        return dropped;
    }

    /// <summary>False: there is no room for it, here or, by its receive maximum, with the client.</summary>
    private bool TrySend(ReadOnlySpan<byte> packet, uint share, bool isForced, long waitedMs = 0)
    {
        byte qos = QosOf(packet);
        if (_outbox.IsClosed || !_outbox.HasRoom || (qos > 0 && !_window.HasRoom)
            || (packet.Length > ChunkBytes && !_outbox.TryTakeLarge(packet.Length, isForced)))
        {
            return false;
        }

        ushort id = qos == 0 ? (ushort)0 : _window.Take(qos == 1 ? MqttFlight.AwaitsPuback : MqttFlight.AwaitsPubrec);
        if (share > 0 && qos == 1)
        {
            (_given ??= new MqttGiven(_outbox.TopicRoom)).Keep(id, packet, share, _connection.All.NowMs - waitedMs);
        }

        FrameBuffer frames = _outbox.Open(this, out _);
        if (share > 0 && _version == MqttVersion.V311)
        {
            MqttDeliveries.WriteWithoutProperties(frames, packet, id);
        }
        else if (_aliases is null)
        {
            MqttDeliveries.Write(frames, packet, id, waitedMs);
        }
        else
        {
            MqttDeliveries.WriteWithAlias(frames, packet, id, waitedMs, _aliases, _packetBytesMax);
        }

        _counters.CountSent(MqttPacketType.Publish);
        return true;
    }

    /// <summary>Sends what waits, as far as there is room.</summary>
    private void SendWaiting()
    {
        SendFrom(_unsent);
        SendFrom(_waiting);
        BeginReadingRetained();
        if (WantsRoom && !_outbox.HasRoom)
        {
            _outbox.Wait(this);
        }
    }

    private void SendFrom(TopicOutbox line)
    {
        int written = 0;
        while (!line.IsEmpty && !_isEnded && !_outbox.IsClosed && _outbox.HasRoom && written < ChunkBytes
            && (line == _waiting || _window.HasRoom))
        {
            _item.Clear();
            line.TryTake(_item, out uint share);
            ReadOnlySpan<byte> item = _item.Written.Span;
            long waitedMs = _connection.All.NowMs - BinaryPrimitives.ReadInt64LittleEndian(item);
            ReadOnlySpan<byte> packet = item[StampBytes..];
            if (!MayHave(packet))
            {
                Withhold(item, share);
            }
            else if (MqttDeliveries.IsAlive(packet, share > 0 ? MqttVersion.V5 : _version, waitedMs))
            {
                // It has its room already, if it is large.
                TrySend(packet, share, isForced: true, waitedMs);
                written += packet.Length;
            }
            else
            {
                _counters.CountExpired();
            }
        }

        _item.Clear();
    }

    // What its client has got and not acknowledged counts too: it is still at work on it.
    private void NoteLoad()
    {
        bool hasRoom = !_isEnded && !_outbox.IsClosed && _waiting.IsEmpty && _unsent.IsEmpty;
        Volatile.Write(ref _load, hasRoom ? (long)_window.Count * Math.Max(1, _messageBytes) : long.MaxValue);
    }

    // What may be given back is kept in the form that has everything, whatever its receiver speaks.
    private static MqttEncoder EncoderOf(MqttSubscription by, TopicGroup? share) =>
        share is null ? by.Encoder : MqttEncoder.Of(MqttVersion.V5, by.Terms.Qos, by.Terms.RetainAsPublished);

    private static byte QosOf(ReadOnlySpan<byte> packet) => (byte)((packet[0] >> PublishPacket.QosShift) & 0x03);
}
