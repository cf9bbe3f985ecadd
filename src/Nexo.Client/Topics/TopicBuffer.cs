using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Messages that wait for their reader, of which there is one. Their number is bounded by the credits that were given, their bytes
/// here, by the subscription's own rule: and while more than half of what may wait does, no credits are given, so that messages wait
/// at the server.
/// </summary>
internal sealed class TopicBuffer(int bytesMax, SlowPolicy whenSlow) : ITopicReceiver
{
    // What a message costs besides its bytes.
    private const int OverheadBytes = 96;

    private readonly Lock _gate = new();

    // For more than one reader: the receiving thread takes out what is dropped.
    private readonly Channel<TopicDelivery> _waiting = Channel.CreateUnbounded<TopicDelivery>();

    private long _bytes;
    private TopicGap _before;
    private long _droppedLast;
    private bool _closed;

    /// <summary>Called, under no lock, when there is no room and that is to be the end.</summary>
    public Action? OnOverflow { get; set; }

    /// <summary>Why nothing comes any more; null while something does, and when it was to be so.</summary>
    public NexoException? Error { get; private set; }

    /// <summary>False at the end.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _waiting.Reader.WaitToReadAsync(cancel);

    public bool TryTake(out TopicDelivery delivery)
    {
        lock (_gate)
        {
            if (_closed || !_waiting.Reader.TryRead(out delivery))
            {
                delivery = new TopicDelivery { Opening = null!, Gap = new TopicGap(_droppedLast, Reconnected: false) };
                _droppedLast = 0;
                return !_closed && !delivery.Gap.IsNone;
            }

            _bytes -= SizeOf(delivery);
            if (!_before.IsNone)
            {
                delivery = delivery with { Gap = _before.And(delivery.Gap) };
                _before = default;
            }

            if (delivery.IsMessage)
            {
                delivery.Opening.Release(mayGive: _bytes <= bytesMax / 2);
            }

            return true;
        }
    }

    /// <summary>Nothing is read any more: what waits is let go.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            while (_waiting.Reader.TryRead(out _))
            {
            }

            _bytes = 0;
        }

        _waiting.Writer.TryComplete();
    }

    public void Take(in TopicDelivery delivery)
    {
        lock (_gate)
        {
            if (_closed || TryMakeRoom(delivery))
            {
                Add(delivery);
                return;
            }
        }

        if (whenSlow == SlowPolicy.End)
        {
            OnOverflow?.Invoke();
        }
    }

    public void End(NexoException? error)
    {
        Error = error;
        _waiting.Writer.TryComplete();
    }

    private static long SizeOf(in TopicDelivery delivery) => OverheadBytes + delivery.Bytes.Length;

    /// <summary>False when the message itself is what is dropped, or all ends.</summary>
    private bool TryMakeRoom(in TopicDelivery delivery)
    {
        long size = SizeOf(delivery);
        if (_bytes == 0 || _bytes + size <= bytesMax || !delivery.IsMessage)
        {
            return true;
        }

        if (whenSlow == SlowPolicy.DropOldest)
        {
            while (_bytes + size > bytesMax && _waiting.Reader.TryRead(out TopicDelivery oldest))
            {
                _bytes -= SizeOf(oldest);
                _before = _before.And(oldest.Gap);
                Drop(oldest, ref _before);
            }

            return true;
        }

        var last = new TopicGap(_droppedLast + delivery.Gap.Missed, Reconnected: false);
        Drop(delivery, ref last);
        _droppedLast = last.Missed;
        return false;
    }

    private static void Drop(in TopicDelivery delivery, ref TopicGap gap)
    {
        if (delivery.IsMessage)
        {
            gap = gap with { Missed = gap.Missed + 1 };
            delivery.Opening.Release(mayGive: false);
        }
    }

    private void Add(in TopicDelivery delivery)
    {
        if (_closed)
        {
            return;
        }

        TopicDelivery added = _droppedLast == 0
            ? delivery
            : delivery with { Gap = new TopicGap(_droppedLast, Reconnected: false).And(delivery.Gap) };
        if (_waiting.Writer.TryWrite(added))
        {
            _droppedLast = 0;
            _bytes += SizeOf(added);
        }
    }
}
