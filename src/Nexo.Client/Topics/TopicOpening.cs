using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>One opening of a subscription to topics on one connection.</summary>
internal sealed class TopicOpening(TopicFeed feed, int credits, bool isAgain) : Subscription
{
    // Messages that the server may send yet.
    private int _credits = credits;
    private volatile bool _hasEnded;

    /// <summary>With how many it is opened.</summary>
    public int Credits { get; } = credits;

    public bool HasEnded => _hasEnded;

    /// <summary>The server has opened it; nothing was pushed yet.</summary>
    public void OnOpened()
    {
        if (isAgain)
        {
            feed.Receiver.Take(new TopicDelivery { Opening = this, Gap = new TopicGap(0, Reconnected: true) });
        }
    }

    /// <summary>A message came that was paid for.</summary>
    public void Use() => Interlocked.Decrement(ref _credits);

    /// <summary>Lets the server send so many messages in all, if that is enough more than it may by now; for one thread at a
    /// time.</summary>
    public void Ask(int messages, int least)
    {
        int more = messages - Volatile.Read(ref _credits);
        if (more >= least && Connection is { } connection)
        {
            Interlocked.Add(ref _credits, more);
            connection.AddCredit(this, (uint)more);
        }
    }

    public override bool OnPush(ReadOnlySpan<byte> body)
    {
        if (!TopicPush.TryRead(body, out TopicPush push) || push.Count > Volatile.Read(ref _credits))
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
