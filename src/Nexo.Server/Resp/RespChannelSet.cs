using System.Text;
using Nexo.Engine.Topics;

namespace Nexo.Server.Resp;

/// <summary>
/// The channels of one name space to which a client has subscribed: together they are one subscription to topics. Changed by the
/// thread that handles the client's commands.
/// </summary>
internal sealed class RespChannelSet(RespConnection connection, RespChannelSpace space)
{
    private readonly HashSet<string> _channels = [];
    private RespSubscription? _subscription;

    /// <summary>How many there are: from any thread.</summary>
    public int Count => _channels.Count;

    /// <summary>What a channel is known by here.</summary>
    public static string KeyOf(ReadOnlySpan<byte> channel) => Encoding.Latin1.GetString(channel);

    public static byte[] BytesOf(string key) => Encoding.Latin1.GetBytes(key);

    /// <summary>Subscribes to all of these, or to none: then why was answered.</summary>
    public void Subscribe(RespArguments channels)
    {
        var added = new FilterWriter();
        var fresh = new HashSet<string>();
        for (int i = 0; i < channels.Count; i++)
        {
            if (!space.TryTopic(channels[i], connection.Server.Topics.Limits, out ReadOnlySpan<byte> topic))
            {
                connection.Fail("ERR the name of the channel is too long"u8);
                return;
            }

            string key = KeyOf(channels[i]);
            if (!_channels.Contains(key) && fresh.Add(key))
            {
                added.Add(topic);
            }
        }

        if (!TryAdd(added))
        {
            return;
        }

        for (int i = 0; i < channels.Count; i++)
        {
            string key = KeyOf(channels[i]);
            if (fresh.Remove(key))
            {
                _channels.Add(key);
                space.Count(key, 1);
            }

            connection.Confirm(space.Subscribed, channels[i], Told);
        }
    }

    public void Unsubscribe(RespArguments channels)
    {
        if (channels.Count == 0)
        {
            UnsubscribeAll(answers: true);
            return;
        }

        for (int i = 0; i < channels.Count; i++)
        {
            Remove(channels[i]);
            connection.Confirm(space.Unsubscribed, channels[i], Told);
        }
    }

    public void UnsubscribeAll(bool answers)
    {
        string[] channels = [.. _channels];
        foreach (string key in channels)
        {
            byte[] channel = BytesOf(key);
            Remove(channel);
            if (answers)
            {
                connection.Confirm(space.Unsubscribed, channel, Told);
            }
        }

        if (answers && channels.Length == 0)
        {
            connection.ConfirmNothing(space.Unsubscribed, Told);
        }
    }

    /// <summary>The client has gone. May be called again.</summary>
    public void End()
    {
        _subscription?.End();
        foreach (string key in _channels)
        {
            space.Count(key, -1);
        }

        _channels.Clear();
    }

    // Patterns are counted with channels, but not with those of the other space.
    private int Told => space.IsSharded ? Count : connection.Subscriptions;

    private bool TryAdd(FilterWriter added)
    {
        if (added.Count == 0)
        {
            return true;
        }

        _subscription ??= new RespSubscription(connection, space.IsSharded ? RespSubscriptionKind.Shards : RespSubscriptionKind.Channels);
        connection.PauseUntilTold(_subscription);
        TopicStatus status = _subscription.Change(added.List, default);
        if (status != TopicStatus.Ok)
        {
            connection.Fail($"ERR the subscription was refused: {status}");
        }

        return status == TopicStatus.Ok;
    }

    private void Remove(ReadOnlySpan<byte> channel)
    {
        string key = KeyOf(channel);
        if (_channels.Remove(key) && space.TryTopic(channel, connection.Server.Topics.Limits, out ReadOnlySpan<byte> topic))
        {
            space.Count(key, -1);
            var removed = new FilterWriter();
            removed.Add(topic);
            _subscription?.Change(default, removed.List);
        }
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
