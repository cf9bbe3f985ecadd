using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Resp;

// What a client has subscribed to. Changed by the thread that handles its commands; counted by others.
internal sealed partial class RespConnection
{
    private readonly Dictionary<string, RespSubscription> _patterns = [];
    private List<RespSubscription>? _paused;

    /// <summary>The channels of SUBSCRIBE.</summary>
    public RespChannelSet Channels { get; private set; }

    /// <summary>The channels of SSUBSCRIBE.</summary>
    public RespChannelSet Shards { get; private set; }

    /// <summary>Channels and patterns.</summary>
    public int Subscriptions => Channels.Count + PatternCount;

    /// <summary>True when it has subscribed to anything.</summary>
    public bool IsSubscriber => Subscriptions + Shards.Count > 0;

    public int PatternCount => _patterns.Count;

    public void SubscribePatterns(RespArguments patterns)
    {
        for (int i = 0; i < patterns.Count; i++)
        {
            if (!TrySubscribePattern(patterns[i]))
            {
                return;
            }

            Confirm("psubscribe"u8, patterns[i], Subscriptions);
        }
    }

    public void UnsubscribePatterns(RespArguments patterns)
    {
        if (patterns.Count == 0)
        {
            UnsubscribePatterns(answers: true);
            return;
        }

        for (int i = 0; i < patterns.Count; i++)
        {
            RemovePattern(RespChannelSet.KeyOf(patterns[i]));
            Confirm("punsubscribe"u8, patterns[i], Subscriptions);
        }
    }

    /// <summary>More waits for it than may: from any thread.</summary>
    public void EndForSlowness() => EndSoon(
        ErrorCode.SlowConsumer, "more messages waited for a client of Redis than topics.outbox-bytes allows");

    /// <summary>Has a subscription keep what comes until the client has been told of it.</summary>
    public void PauseUntilTold(RespSubscription subscription)
    {
        subscription.Pause();
        _heard[subscription] = true;
        (_paused ??= []).Add(subscription);
    }

    /// <summary>Tells the client of a change of what it has subscribed to.</summary>
    public void Confirm(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> channel, int count)
    {
        Writer.Push(3);
        Writer.Bulk(kind);
        Writer.Bulk(channel);
        Writer.Integer(count);
    }

    public void ConfirmNothing(ReadOnlySpan<byte> kind, int count)
    {
        Writer.Push(3);
        Writer.Bulk(kind);
        Writer.Null();
        Writer.Integer(count);
    }

    internal override void OnSent(object note)
    {
        foreach (RespSubscription subscription in (List<RespSubscription>)note)
        {
            subscription.Resume();
        }
    }

    protected override object? TakeNote()
    {
        List<RespSubscription>? paused = _paused;
        _paused = null;
        return paused;
    }

    protected override void CloseOpen()
    {
        Channels.End();
        Shards.End();
        foreach (RespSubscription subscription in _patterns.Values)
        {
            subscription.End();
        }
    }

    private void UnsubscribeAll()
    {
        Channels.UnsubscribeAll(answers: false);
        Shards.UnsubscribeAll(answers: false);
        UnsubscribePatterns(answers: false);
    }

    // False: it was answered with an error.
    private bool TrySubscribePattern(ReadOnlySpan<byte> pattern)
    {
        string key = RespChannelSet.KeyOf(pattern);
        if (_patterns.ContainsKey(key))
        {
            return true;
        }

        var subscription = new RespSubscription(this, RespSubscriptionKind.Pattern, pattern.ToArray());
        PauseUntilTold(subscription);
        TopicStatus status = subscription.Begin(RespChannels.FiltersOf(pattern, Server.Topics.Limits));
        if (status != TopicStatus.Ok)
        {
            subscription.End();
            Fail($"ERR the pattern was refused: {status}");
            return false;
        }

        _patterns.Add(key, subscription);
        return true;
    }

    private void UnsubscribePatterns(bool answers)
    {
        string[] patterns = [.. _patterns.Keys];
        foreach (string pattern in patterns)
        {
            RemovePattern(pattern);
            if (answers)
            {
                Confirm("punsubscribe"u8, RespChannelSet.BytesOf(pattern), Subscriptions);
            }
        }

        if (answers && patterns.Length == 0)
        {
            ConfirmNothing("punsubscribe"u8, Subscriptions);
        }
    }

    private void RemovePattern(string key)
    {
        if (_patterns.Remove(key, out RespSubscription? subscription))
        {
            subscription.End();
        }
    }
}
