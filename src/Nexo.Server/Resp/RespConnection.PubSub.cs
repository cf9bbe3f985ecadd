using System.Text;
using Nexo.Engine.Topics;
using Nexo.Protocol;

namespace Nexo.Server.Resp;

// What a client has subscribed to. Changed by the thread that handles its commands; counted by others.
internal sealed partial class RespConnection
{
    private readonly Dictionary<string, byte[]> _channels = [];
    private readonly Dictionary<string, RespSubscription> _patterns = [];
    private RespSubscription? _ofChannels;
    private List<RespSubscription>? _paused;

    /// <summary>Channels and patterns.</summary>
    public int Subscriptions => ChannelCount + PatternCount;

    public int ChannelCount => _channels.Count;

    public int PatternCount => _patterns.Count;

    public void Subscribe(RespArguments channels)
    {
        var added = new FilterWriter();
        var fresh = new HashSet<string>();
        for (int i = 0; i < channels.Count; i++)
        {
            if (!RespChannels.TryTopic(channels[i], Server.Topics.Limits, out ReadOnlySpan<byte> topic))
            {
                Fail("ERR the name of the channel is too long"u8);
                return;
            }

            string key = KeyOf(channels[i]);
            if (!_channels.ContainsKey(key) && fresh.Add(key))
            {
                added.Add(topic);
            }
        }

        if (!TryChange(added, default))
        {
            return;
        }

        int known = Subscriptions;
        int begun = known;
        lock (_channels)
        {
            foreach (string key in fresh)
            {
                _channels.Add(key, Encoding.Latin1.GetBytes(key));
            }
        }

        for (int i = 0; i < channels.Count; i++)
        {
            begun += fresh.Remove(KeyOf(channels[i])) ? 1 : 0;
            Confirm("subscribe"u8, channels[i], begun);
        }
    }

    public void Unsubscribe(RespArguments channels)
    {
        if (channels.Count == 0)
        {
            UnsubscribeChannels(answers: true);
            return;
        }

        for (int i = 0; i < channels.Count; i++)
        {
            Remove(channels[i]);
            Confirm("unsubscribe"u8, channels[i], Subscriptions);
        }
    }

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

    // False: it was answered with an error.
    private bool TrySubscribePattern(ReadOnlySpan<byte> pattern)
    {
        string key = KeyOf(pattern);
        if (_patterns.GetValueOrDefault(key) is not null)
        {
            return true;
        }

        var subscription = new RespSubscription(this, pattern.ToArray());
        PauseUntilTold(subscription);
        TopicStatus status = subscription.Begin(RespChannels.FiltersOf(pattern, Server.Topics.Limits));
        if (status != TopicStatus.Ok)
        {
            subscription.End();
            Fail($"ERR the pattern was refused: {status}");
            return false;
        }

        lock (_channels)
        {
            _patterns.Add(key, subscription);
        }

        return true;
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
            RemovePattern(KeyOf(patterns[i]));
            Confirm("punsubscribe"u8, patterns[i], Subscriptions);
        }
    }

    /// <summary>Its channels, from any thread.</summary>
    public byte[][] ListChannels()
    {
        lock (_channels)
        {
            return [.. _channels.Values];
        }
    }

    /// <summary>Whether it has subscribed to a channel, from any thread.</summary>
    public bool HasChannel(string key)
    {
        lock (_channels)
        {
            return _channels.ContainsKey(key);
        }
    }

    /// <summary>What a channel, or a pattern, is known by here.</summary>
    public static string KeyOf(ReadOnlySpan<byte> channel) => Encoding.Latin1.GetString(channel);

    /// <summary>More waits for it than may: from any thread.</summary>
    public void EndForSlowness() => EndSoon(
        ErrorCode.SlowConsumer, "more messages waited for a client of Redis than topics.outbox-bytes allows");

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
        _ofChannels?.End();
        foreach (RespSubscription subscription in _patterns.Values)
        {
            subscription.End();
        }
    }

    private void UnsubscribeAll()
    {
        UnsubscribeChannels(answers: false);
        UnsubscribePatterns(answers: false);
    }

    private void UnsubscribeChannels(bool answers)
    {
        byte[][] channels = ListChannels();
        foreach (byte[] channel in channels)
        {
            Remove(channel);
            if (answers)
            {
                Confirm("unsubscribe"u8, channel, Subscriptions);
            }
        }

        if (answers && channels.Length == 0)
        {
            ConfirmNothing("unsubscribe"u8);
        }
    }

    private void UnsubscribePatterns(bool answers)
    {
        string[] patterns = [.. _patterns.Keys];
        foreach (string pattern in patterns)
        {
            RemovePattern(pattern);
            if (answers)
            {
                Confirm("punsubscribe"u8, Encoding.Latin1.GetBytes(pattern), Subscriptions);
            }
        }

        if (answers && patterns.Length == 0)
        {
            ConfirmNothing("punsubscribe"u8);
        }
    }

    private void Remove(ReadOnlySpan<byte> channel)
    {
        bool wasThere;
        lock (_channels)
        {
            wasThere = _channels.Remove(KeyOf(channel));
        }

        if (wasThere && RespChannels.TryTopic(channel, Server.Topics.Limits, out ReadOnlySpan<byte> topic))
        {
            var removed = new FilterWriter();
            removed.Add(topic);
            _ofChannels?.Change(default, removed.List);
        }
    }

    private void RemovePattern(string key)
    {
        RespSubscription? subscription;
        lock (_channels)
        {
            _patterns.Remove(key, out subscription);
        }

        subscription?.End();
    }

    private bool TryChange(FilterWriter added, TopicFilterList removed)
    {
        if (added.Count == 0)
        {
            return true;
        }

        _ofChannels ??= new RespSubscription(this, pattern: null);
        PauseUntilTold(_ofChannels);
        TopicStatus status = _ofChannels.Change(added.List, removed);
        if (status != TopicStatus.Ok)
        {
            Fail($"ERR the subscription was refused: {status}");
        }

        return status == TopicStatus.Ok;
    }

    private void PauseUntilTold(RespSubscription subscription)
    {
        subscription.Pause();
        (_paused ??= []).Add(subscription);
    }

    private void Confirm(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> channel, int count)
    {
        Writer.Push(3);
        Writer.Bulk(kind);
        Writer.Bulk(channel);
        Writer.Integer(count);
    }

    private void ConfirmNothing(ReadOnlySpan<byte> kind)
    {
        Writer.Push(3);
        Writer.Bulk(kind);
        Writer.Null();
        Writer.Integer(Subscriptions);
    }

    /// <summary>Filters as the topics take them.</summary>
    private sealed class FilterWriter
    {
        private readonly List<byte> _bytes = [];

        public int Count { get; private set; }

        public TopicFilterList List => new(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes), Count);

        public void Add(ReadOnlySpan<byte> filter)
        {
            _bytes.AddRange(BitConverter.GetBytes(filter.Length));
            _bytes.AddRange(filter);
            Count++;
        }
    }
}
