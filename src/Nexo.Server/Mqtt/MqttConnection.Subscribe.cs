using System.Buffers;
using System.Buffers.Binary;
using Nexo.Engine;
using Nexo.Engine.Topics;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Security;

namespace Nexo.Server.Mqtt;

// What a client subscribes to. Filters with the same terms are one subscription to the topics.
internal sealed partial class MqttConnection
{
    private readonly Lock _life = new();
    private readonly Dictionary<byte[], MqttSubscription> _filters = new(BytesComparer.Instance);
    private readonly Dictionary<MqttTerms, MqttSubscription> _subscriptions = [];

    // Subscriptions with something retained, to be sent behind the SUBACK.
    private List<TopicSubscriber>? _withRetained;
    private bool _isDetached;

    private static ReadOnlySpan<byte> Share => "$share/"u8;

    internal override void OnSent(object note)
    {
        if (note is MqttStored beginning)
        {
            beginning.Begin();
            return;
        }

        foreach (TopicSubscriber subscriber in (List<TopicSubscriber>)note)
        {
            _delivery!.SendRetained(subscriber);
        }
    }

    protected override object? TakeNote()
    {
        if (_isBeginning)
        {
            // The batch with the CONNACK: nothing else can be in it.
            _isBeginning = false;
            return _stored;
        }

        List<TopicSubscriber>? taken = _withRetained;
        _withRetained = null;
        return taken;
    }

    private void OnSubscribe(ReadOnlySpan<byte> body)
    {
        MqttReason fault = SubscribePacket.TryRead(body, _version, out SubscribePacket packet);
        if (fault != MqttReason.Success)
        {
            Fail(fault, "The SUBSCRIBE is malformed, or says what it may not.");
            return;
        }

        if (IsGoingAway)
        {
            return;
        }

        uint identifier = packet.Properties.Number(MqttProperty.SubscriptionIdentifier) ?? 0;
        byte[] reasons = ArrayPool<byte>.Shared.Rent(packet.Count);
        int count = 0;
        lock (_life)
        {
            foreach (SubscribePacket.Item item in packet)
            {
                MqttReason reason = _isDetached ? MqttReason.UnspecifiedError : Subscribe(item.Filter, item.Options, identifier);
                reasons[count++] = (byte)(_version == MqttVersion.V311 && reason > MqttReason.UnspecifiedError
                    ? MqttReason.UnspecifiedError
                    : reason);
            }
        }

        WriteSuback(MqttPacketType.Suback, packet.PacketId, reasons.AsSpan(0, count));
        ArrayPool<byte>.Shared.Return(reasons);
    }

    private void OnUnsubscribe(ReadOnlySpan<byte> body)
    {
        MqttReason fault = UnsubscribePacket.TryRead(body, _version, out UnsubscribePacket packet);
        if (fault != MqttReason.Success)
        {
            Fail(fault, "The UNSUBSCRIBE is malformed.");
            return;
        }

        byte[] reasons = ArrayPool<byte>.Shared.Rent(packet.Count);
        int count = 0;
        lock (_life)
        {
            foreach (ReadOnlySpan<byte> filter in packet)
            {
                reasons[count++] = (byte)Unsubscribe(filter);
            }
        }

        WriteSuback(MqttPacketType.Unsuback, packet.PacketId, reasons.AsSpan(0, count));
        ArrayPool<byte>.Shared.Return(reasons);
    }

    private MqttReason Subscribe(ReadOnlySpan<byte> filter, MqttSubscribeOptions options, uint identifier)
    {
        if (!Access.Covers(AccessOperation.Read, filter))
        {
            CountError();
            All.Audit.Operation(User, RemoteEndPoint, "subscribe", filter, isAllowed: false);
            return MqttReason.NotAuthorized;
        }

        if (_stored is { } stored)
        {
            return SubscribeStored(stored, filter, options, identifier);
        }

        _filters.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(filter, out MqttSubscription? old);
        bool isShared = filter.StartsWith(Share);
        bool wantsRetained = !isShared && (options.RetainHandling == MqttRetainHandling.Always
            || (options.RetainHandling == MqttRetainHandling.WhenNew && old is null));
        var terms = new MqttTerms(options.Qos, options.NoLocal, options.RetainAsPublished, wantsRetained, identifier);
        if (old is not null && old.Terms with { WithRetained = wantsRetained } == terms)
        {
            // Nothing changes, and nothing is missed meanwhile (§3.8.4).
            if (wantsRetained)
            {
                old.Subscriber!.AskRetained(ListOf(filter));
                NoteRetained(old.Subscriber);
            }

            return (MqttReason)options.Qos;
        }

        TopicStatus status = Add(terms, filter, out MqttSubscription? subscription);
        if (status != TopicStatus.Ok)
        {
            CountError();
            return status == TopicStatus.FilterInvalid ? MqttReason.TopicFilterInvalid : MqttReason.QuotaExceeded;
        }

        // The new one first, then the old one goes: a message may come twice then, but none is missed.
        if (old is not null)
        {
            Remove(filter, old);
        }

        _filters[filter.ToArray()] = subscription!;
        if (wantsRetained && subscription!.Subscriber!.HasRetained)
        {
            NoteRetained(subscription.Subscriber);
        }

        return (MqttReason)options.Qos;
    }

    private MqttReason Unsubscribe(ReadOnlySpan<byte> filter)
    {
        if (_stored is { } stored && !_isDetached)
        {
            return UnsubscribeStored(stored, filter);
        }

        Dictionary<byte[], MqttSubscription>.AlternateLookup<ReadOnlySpan<byte>> lookup =
            _filters.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (_isDetached || !lookup.Remove(filter, out _, out MqttSubscription? subscription))
        {
            return MqttReason.NoSubscriptionExisted;
        }

        Remove(filter, subscription);
        return MqttReason.Success;
    }

    private TopicStatus Add(MqttTerms terms, ReadOnlySpan<byte> filter, out MqttSubscription? subscription)
    {
        TopicStatus status;
        if (_subscriptions.TryGetValue(terms, out subscription))
        {
            status = subscription.Subscriber!.Change(ListOf(filter), default);
        }
        else
        {
            subscription = new MqttSubscription(_delivery!, terms, _version);
            var options = new TopicSubscribeOptions(TopicOwner, terms.WithRetained, terms.NoLocal, TopicWhenSlow.DropOldest);
            status = Server.Topics.Subscribe(subscription, options, ListOf(filter), out TopicSubscriber? subscriber);
            subscription.Subscriber = subscriber;
            if (status == TopicStatus.Ok)
            {
                _subscriptions.Add(terms, subscription);
            }
        }

        subscription.Filters += status == TopicStatus.Ok ? 1 : 0;
        return status;
    }

    private void Remove(ReadOnlySpan<byte> filter, MqttSubscription subscription)
    {
        if (--subscription.Filters > 0)
        {
            subscription.Subscriber!.Change(default, ListOf(filter));
        }
        else
        {
            _subscriptions.Remove(subscription.Terms);
            subscription.Subscriber!.Dispose();
        }
    }

    private void NoteRetained(TopicSubscriber subscriber)
    {
        _withRetained ??= [];
        if (!_withRetained.Contains(subscriber))
        {
            _withRetained.Add(subscriber);
        }
    }

    private void WriteSuback(MqttPacketType type, ushort packetId, ReadOnlySpan<byte> reasons)
    {
        CountAnswer(type);
        var packet = new SubackPacket { PacketId = packetId, Reasons = reasons };
        Replies.Advance(packet.Write(Replies.GetSpan(packet.Measure(type, _version)), type, _version));
    }

    // A list of one, as the topics read it.
    private TopicFilterList ListOf(ReadOnlySpan<byte> filter)
    {
        int size = sizeof(uint) + filter.Length;
        if (_list.Length < size)
        {
            _list = new byte[size];
        }

        BinaryPrimitives.WriteInt32LittleEndian(_list, filter.Length);
        filter.CopyTo(_list.AsSpan(sizeof(uint)));
        return new TopicFilterList(_list.AsSpan(0, size), 1);
    }

    private byte[] _list = [];
}
