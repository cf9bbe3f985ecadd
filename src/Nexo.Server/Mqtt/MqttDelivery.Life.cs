using System.Buffers.Binary;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

// Retained messages, which come page by page as there is room; and the end.
internal sealed partial class MqttDelivery
{
    // So many pages are read in one go; then others have the thread.
    private const int PagesAtOnce = 8;

    // What groups have given is given back in so many messages at a time.
    private const int GivenBackAtOnce = 256;

    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(50);

    private readonly Queue<TopicSubscriber> _retained = new();
    private bool _isReadingRetained;
    private bool _isEnded;

    // A page is asked for when nothing waits, so that nothing of it is dropped.
    private bool MayReadRetained => _retained.Count > 0 && !_isEnded && !_outbox.IsClosed
        && _outbox.HasRoom && _waiting.IsEmpty && _unsent.IsEmpty && (RoomForRetained?.Invoke() ?? 1) > 0;

    /// <summary>Of a session that lasts: how many retained messages it may be given now; null: as many as there are.</summary>
    public Func<int>? RoomForRetained { get; set; }

    /// <summary>The session may have room again. Under the lock.</summary>
    public void GoOnWithRetained()
    {
        if (_retained.Count > 0)
        {
            BeginReadingRetained();
        }
    }

    /// <summary>The SUBACK has been sent: what is retained for a subscription follows.</summary>
    public void SendRetained(TopicSubscriber subscriber)
    {
        lock (_outbox.Gate)
        {
            _retained.Enqueue(subscriber);
            BeginReadingRetained();
            if (!_isReadingRetained && !_outbox.HasRoom)
            {
                _outbox.Wait(this);
            }
        }
    }

    /// <summary>
    /// The connection has ended, and nothing comes from groups any more: what they have given is given to others, the rest is forgotten.
    /// </summary>
    public void End()
    {
        lock (_outbox.Gate)
        {
            _isEnded = true;
            _retained.Clear();
            if (_shares is null || (_waiting.IsEmpty && _unsent.IsEmpty && _given is null))
            {
                _waiting.Clear();
                _unsent.Clear();
                return;
            }
        }

        _connection.CountSubscriber(1);
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.GiveBack(), this, preferLocal: false);
    }

    // Under the lock.
    private void BeginReadingRetained()
    {
        if (_isReadingRetained || !MayReadRetained)
        {
            return;
        }

        _isReadingRetained = true;
        _connection.CountSubscriber(1);
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.ReadRetained(), this, preferLocal: false);
    }

    private void ReadRetained()
    {
        int pages = 0;
        while (TryBeginPage(out TopicSubscriber? subscriber))
        {
            bool isCrowded = _connection.All.TopicBuffers.IsCrowded;
            if (isCrowded || pages++ == PagesAtOnce)
            {
                _outbox.Flush();
                _ = ReadRetainedLaterAsync(isCrowded ? Later : TimeSpan.Zero);
                return;
            }

            if (!subscriber!.NextRetained(ChunkBytes, Math.Max(1, RoomForRetained?.Invoke() ?? int.MaxValue)))
            {
                EndPages(subscriber);
            }
        }

        _outbox.Flush();
        _connection.CountSubscriber(-1);
    }

    private async Task ReadRetainedLaterAsync(TimeSpan pause)
    {
        await Task.Delay(pause, _connection.All.Time).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ReadRetained();
    }

    private bool TryBeginPage(out TopicSubscriber? subscriber)
    {
        lock (_outbox.Gate)
        {
            subscriber = null;
            if (MayReadRetained)
            {
                subscriber = _retained.Peek();
                return true;
            }

            _isReadingRetained = false;
            if (_retained.Count > 0 && !_outbox.HasRoom)
            {
                _outbox.Wait(this);
            }

            return false;
        }
    }

    private void EndPages(TopicSubscriber subscriber)
    {
        lock (_outbox.Gate)
        {
            // More may have been asked for meanwhile: then it stands in the line again.
            if (_retained.TryPeek(out TopicSubscriber? first) && first == subscriber)
            {
                _retained.Dequeue();
            }
        }
    }

    private uint ShareNumber(TopicGroup? share)
    {
        if (share is null)
        {
            return 0;
        }

        _shares ??= [];
        int index = _shares.IndexOf(share);
        if (index < 0)
        {
            index = _shares.Count;
            _shares.Add(share);
        }

        return (uint)index + 1;
    }

    private void GiveBack()
    {
        var work = new TopicWork();
        using var item = new FrameBuffer();
        using var headers = new FrameBuffer();
        int taken = 0;
        while (TryTakeGiven(item, out TopicGroup? share) || TryTakeWaiting(item, out share))
        {
            if (share is not null)
            {
                GiveBack(item.Written.Span, share, headers, work);
            }

            if (++taken % GivenBackAtOnce == 0)
            {
                RunAll(work);
            }

            item.Clear();
        }

        RunAll(work);
        _connection.CountSubscriber(-1);
    }

    // What it has got with QoS 1 and not acknowledged comes first. With QoS 2 nobody else may get it ([MQTT-4.8.2-5]).
    private bool TryTakeGiven(FrameBuffer item, out TopicGroup? share)
    {
        lock (_outbox.Gate)
        {
            share = null;
            if (_given?.TryTakeFirst(item, out uint number) == true)
            {
                share = _shares![(int)number - 1];
                return true;
            }

            return false;
        }
    }

    private bool TryTakeWaiting(FrameBuffer item, out TopicGroup? share)
    {
        lock (_outbox.Gate)
        {
            bool isTaken = _unsent.TryTake(item, out uint number) || _waiting.TryTake(item, out number);
            share = isTaken && number > 0 ? _shares![(int)number - 1] : null;
            if (!isTaken)
            {
                _waiting.Clear();
                _unsent.Clear();
            }

            return isTaken;
        }
    }

    private void GiveBack(ReadOnlySpan<byte> item, TopicGroup share, FrameBuffer headers, TopicWork work)
    {
        long waitedMs = _connection.All.NowMs - BinaryPrimitives.ReadInt64LittleEndian(item);
        ReadOnlySpan<byte> bytes = item[StampBytes..];
        if (!MqttDeliveries.IsAlive(bytes, MqttVersion.V5, waitedMs))
        {
            _counters.CountExpired();
            return;
        }

        MqttFixedHeader.TryRead(bytes, out MqttFixedHeader header);
        Span<byte> body = bytes[header.Size..].ToArray();
        MarkPacketId(header, body);
        MqttReason fault = PublishPacket.TryRead(
            body, header.Flags, MqttVersion.V5, MqttPropertySets.Delivery, out PublishPacket packet);
        if (fault != MqttReason.Success)
        {
            return;
        }

        headers.Clear();
        MqttHeaders.TryWrite(packet.Properties, retainedQos: null, headers);
        uint? expiry = packet.Properties.Number(MqttProperty.MessageExpiry);
        var message = new TopicMessage
        {
            Topic = packet.Topic,
            Headers = headers.Written.Span,
            Body = packet.Payload,
            Qos = TopicQos.AtMostOnce + packet.Qos,
            TtlMs = (expiry * 1_000L) - waitedMs,
        };
        _connection.Broker.Topics.GiveBack(share, message, work);
    }

    // It has none yet, and a packet without one is not valid.
    private static void MarkPacketId(in MqttFixedHeader header, Span<byte> body)
    {
        if (((header.Flags >> PublishPacket.QosShift) & 0x03) > 0)
        {
            int at = sizeof(ushort) + BinaryPrimitives.ReadUInt16BigEndian(body);
            body[at + 1] = 1;
        }
    }

    private static void RunAll(TopicWork work)
    {
        while (work.Run())
        {
        }
    }
}
