using Nexo.Engine.Topics;

namespace Nexo.Server.Resp;

/// <summary>
/// The channels of all clients of Redis, of one of two name spaces: those of SUBSCRIBE, and those of SSUBSCRIBE. Knows how many
/// clients have subscribed to each. Thread-safe.
/// </summary>
/// <param name="isSharded">Those of SSUBSCRIBE.</param>
internal sealed class RespChannelSpace(bool isSharded)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _counts = [];

    public bool IsSharded { get; } = isSharded;

    /// <summary>How it is told that a client has subscribed.</summary>
    public ReadOnlySpan<byte> Subscribed => IsSharded ? "ssubscribe"u8 : "subscribe"u8;

    public ReadOnlySpan<byte> Unsubscribed => IsSharded ? "sunsubscribe"u8 : "unsubscribe"u8;

    /// <summary>The topic of a channel; false: its name is too long.</summary>
    public bool TryTopic(ReadOnlySpan<byte> channel, TopicLimits limits, out ReadOnlySpan<byte> topic) => IsSharded
        ? RespChannels.TryShardTopic(channel, limits, out topic)
        : RespChannels.TryTopic(channel, limits, out topic);

    /// <summary>A client has subscribed to a channel, or has ended that.</summary>
    public void Count(string channel, int change)
    {
        lock (_gate)
        {
            int count = _counts.GetValueOrDefault(channel) + change;
            if (count > 0)
            {
                _counts[channel] = count;
            }
            else
            {
                _counts.Remove(channel);
            }
        }
    }

    /// <summary>How many clients have subscribed to a channel.</summary>
    public int CountOf(string channel)
    {
        lock (_gate)
        {
            return _counts.GetValueOrDefault(channel);
        }
    }

    /// <summary>The channels to which somebody has subscribed.</summary>
    public string[] List()
    {
        lock (_gate)
        {
            return [.. _counts.Keys];
        }
    }
}
