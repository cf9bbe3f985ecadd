using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Messages that wait for their reader, of which there is one. As many are asked for, by credits, as fill half of what may wait, going
/// by the size of those that came lately: the others wait at the server, which has its own rule for those that are too many. The other
/// half is for messages that are larger than those before; what does not fit there either is dropped here.
/// </summary>
internal sealed class TopicBuffer(int messagesMax, int bytesMax, SlowPolicy whenSlow) : ITopicReceiver
{
    // Nothing is known of their size before the first ones are here.
    private const int CreditsAtFirst = 16;

    // What a message costs besides its bytes.
    private const int OverheadBytes = 96;

    private readonly Lock _gate = new();

    // For more than one reader: the receiving thread takes out what is dropped.
    private readonly Channel<TopicDelivery> _waiting = Channel.CreateUnbounded<TopicDelivery>();

    private readonly long _askBytesMax = Math.Max(1, bytesMax / 2);
    private TopicOpening? _newest;
    private long _bytes;
    private int _count;
    private long _sizeLately = Math.Max(1, bytesMax / 2 / CreditsAtFirst);
    private TopicGap _before;
    private TopicGap _last;
    private bool _closed;

    /// <summary>Called, under no lock, when there is no room and that is to be the end.</summary>
    public Action? OnOverflow { get; set; }

    /// <summary>Why nothing comes any more; null while something does, and when it was to be so.</summary>
    public NexoException? Error { get; private set; }

    public int Credits
    {
        get
        {
            lock (_gate)
            {
                return (int)Math.Max(1, Room);
            }
        }
    }

    // Messages for which there is room yet, if they are as those that came lately.
    private long Room => Math.Max(
        _count == 0 ? 1 : 0, Math.Min(messagesMax - _count, (_askBytesMax - _bytes) / _sizeLately));

    /// <summary>False at the end.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _waiting.Reader.WaitToReadAsync(cancel);

    public bool TryTake(out TopicDelivery delivery)
    {
        lock (_gate)
        {
            if (_closed || !_waiting.Reader.TryRead(out delivery))
            {
                delivery = new TopicDelivery { Opening = null!, Gap = _last };
                _last = default;
                return !_closed && !delivery.Gap.IsNone;
            }

            Remove(delivery);
            if (!_before.IsNone)
            {
                delivery = delivery with { Gap = _before.And(delivery.Gap) };
                _before = default;
            }

            if (delivery.IsMessage)
            {
                Ask(delivery.Opening.HasEnded ? _newest : delivery.Opening);
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

            (_bytes, _count) = (0, 0);
        }

        _waiting.Writer.TryComplete();
    }

    public void Take(in TopicDelivery delivery)
    {
        lock (_gate)
        {
            _newest = delivery.Opening;
            Weigh(delivery);
            if (!delivery.IsMessage && _waiting.Reader.Count > 0)
            {
                // Told with what comes next, or at the end of what waits: gaps alone would fill what a reader does not empty.
                _last = _last.And(delivery.Gap);
                return;
            }

            if (_closed || TryMakeRoom(delivery))
            {
                Add(delivery);
                Ask(delivery.Opening);
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

    /// <summary>A message has used a credit, and shows how large they are now: larger ones count at once, smaller ones by and
    /// by.</summary>
    private void Weigh(in TopicDelivery delivery)
    {
        if (delivery.IsMessage)
        {
            delivery.Opening.Use();
            long more = SizeOf(delivery) - _sizeLately;
            _sizeLately += more / (more > 0 ? 2 : 4);
        }
    }

    /// <summary>Asks for what there is room for, when it is worth a notice: half of all, so that the server never waits for one while the
    /// reader keeps up.</summary>
    private void Ask(TopicOpening? opening)
    {
        if (!_closed && opening is not null)
        {
            long all = Math.Min(messagesMax, _askBytesMax / _sizeLately);
            opening.Ask((int)Room, least: (int)Math.Max(1, all / 2));
        }
    }

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
                Remove(oldest);
                _before = WithDropped(_before, oldest);
            }

            return true;
        }

        _last = WithDropped(_last, delivery);
        return false;
    }

    private static TopicGap WithDropped(TopicGap gap, in TopicDelivery dropped) =>
        gap.And(dropped.Gap).And(new TopicGap(dropped.IsMessage ? 1 : 0, Reconnected: false));

    private void Remove(in TopicDelivery delivery)
    {
        _bytes -= SizeOf(delivery);
        _count -= delivery.IsMessage ? 1 : 0;
    }

    private void Add(in TopicDelivery delivery)
    {
        if (_closed)
        {
            return;
        }

        TopicDelivery added = _last.IsNone ? delivery : delivery with { Gap = _last.And(delivery.Gap) };
        if (_waiting.Writer.TryWrite(added))
        {
            _last = default;
            _bytes += SizeOf(added);
            _count += added.IsMessage ? 1 : 0;
        }
    }
}
