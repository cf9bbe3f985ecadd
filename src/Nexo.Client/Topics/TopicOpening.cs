using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>One opening of a subscription to topics on one connection.</summary>
internal sealed class TopicOpening(TopicFeed feed, int credits, bool isAgain) : Subscription
{
    private CreditWindow _window = new(credits);
    private volatile bool _hasEnded;

    public bool HasEnded => _hasEnded;

    /// <summary>The server has opened it; nothing was pushed yet.</summary>
    public void OnOpened()
    {
        if (isAgain)
        {
            feed.Receiver.Take(new TopicDelivery { Opening = this, Gap = new TopicGap(0, Reconnected: true) });
        }
    }

    /// <summary>A message of this opening has left; for one thread at a time.</summary>
    public void Release(bool mayGive) => _window.Release(this, mayGive);

    public override bool OnPush(ReadOnlySpan<byte> body)
    {
        if (!TopicPush.TryRead(body, out TopicPush push) || !_window.TryHold((int)push.Count))
        {
            return false;
        }

        var gap = new TopicGap((long)Math.Min(push.Missed, long.MaxValue), Reconnected: false);
        if (push.Count == 0 && !gap.IsNone)
        {
            feed.Receiver.Take(new TopicDelivery { Opening = this, Gap = gap });
        }

        var bytes = new MessageBytes(body.Length);
        while (push.TryTake(out PublishedMessage message))
        {
            feed.Receiver.Take(new TopicDelivery
            {
                Opening = this,
                Bytes = bytes.Own(message.Topic, message.Headers, message.Body),
                TopicBytes = message.Topic.Length,
                HeaderBytes = message.Headers.Length,
                IsRetained = message.IsRetained,
                Gap = gap,
            });
            gap = default;
        }

        return true;
    }

    public override void OnEnd(NexoException? error)
    {
        _hasEnded = true;
        feed.OnEnded(error);
    }
}

/// <summary>The answer to TOPIC SUBSCRIBE, read before anything that is pushed.</summary>
internal readonly struct TopicOpenedReader(TopicOpening opening) : IReplyReader<bool>
{
    public bool TryRead(ReadOnlySpan<byte> body, out bool result)
    {
        result = body.IsEmpty;
        if (result)
        {
            opening.OnOpened();
        }

        return result;
    }
}
