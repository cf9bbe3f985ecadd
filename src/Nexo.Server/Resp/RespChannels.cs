using System.Buffers;
using System.Text;
using Nexo.Engine.Topics;

namespace Nexo.Server.Resp;

/// <summary>
/// Channels are topics. Most channel names are topics as they are; one that cannot be, because it has a <c>+</c>, a <c>#</c>, a NUL,
/// begins with <c>$</c>, is no UTF-8, empty, or too deep, is the topic <c>%redis/NAME</c>, in which each byte but letters, digits and
/// <c>- . _ : ~</c> is written as <c>%XX</c>. So are names that begin with <c>%redis/</c> themselves.
/// </summary>
internal static class RespChannels
{
    /// <summary>Below it lie the channels that are no topics as they are.</summary>
    public static ReadOnlySpan<byte> EscapedPrefix => "%redis/"u8;

    /// <summary>
    /// Below it lie the channels of SSUBSCRIBE, a name space of their own: no wildcard matches a topic below <c>$inbox/</c>.
    /// </summary>
    /// <summary>Below it lie the channels of SSUBSCRIBE.</summary>
    public static ReadOnlySpan<byte> ShardPrefix => "$inbox/redis-shard-channels/"u8;

    private const int EscapedBytes = 3;

    private static readonly SearchValues<byte> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:~"u8);

    /// <summary>The topic of a channel; false: its name is too long.</summary>
    /// <param name="channel">Any bytes.</param>
    /// <param name="limits">Of topics.</param>
    /// <param name="topic">The channel itself, or a name of its own.</param>
    public static bool TryTopic(ReadOnlySpan<byte> channel, TopicLimits limits, out ReadOnlySpan<byte> topic)
    {
        topic = channel;
        if (TopicRules.IsTopic(channel, limits) && channel[0] != (byte)'$' && !channel.StartsWith(EscapedPrefix))
        {
            return true;
        }

        return TryEscape(EscapedPrefix, channel, limits, out topic);
    }

    /// <summary>The topic of a channel of SSUBSCRIBE; false: its name is too long.</summary>
    public static bool TryShardTopic(ReadOnlySpan<byte> channel, TopicLimits limits, out ReadOnlySpan<byte> topic) =>
        TryEscape(ShardPrefix, channel, limits, out topic);

    /// <summary>The channel of a topic: the topic itself, but for those that stand for a name that is none.</summary>
    public static ReadOnlySpan<byte> ChannelOf(ReadOnlySpan<byte> topic) =>
        topic.StartsWith(EscapedPrefix) ? Unescape(EscapedPrefix, topic)
        : topic.StartsWith(ShardPrefix) ? Unescape(ShardPrefix, topic)
        : topic;

    /// <summary>
    /// Filters that match all topics whose channel a pattern matches, and others too: <see cref="RespGlob"/> has the last word.
    /// </summary>
    public static byte[] FiltersOf(ReadOnlySpan<byte> pattern, TopicLimits limits)
    {
        byte[] prefix = RespGlob.Prefix(pattern, out _);
        int end = prefix.AsSpan().LastIndexOf((byte)'/');
        string escaped = Encoding.ASCII.GetString(EscapedPrefix) + "#";
        if (end > 0)
        {
            byte[] filter = [.. prefix.AsSpan(0, end + 1), (byte)'#'];
            if (TopicRules.IsFilter(filter, limits)
                && filter.AsSpan(0, filter.Length - 1).IndexOfAny((byte)'+', (byte)'#') < 0
                && filter[0] != (byte)'$')
            {
                return TopicFilterList.Encode(Encoding.UTF8.GetString(filter), escaped);
            }
        }

        return TopicFilterList.Encode("#");
    }

    /// <summary>How many filters <see cref="FiltersOf"/> has given.</summary>
    public static int CountOf(ReadOnlySpan<byte> filters)
    {
        int count = 0;
        while (!filters.IsEmpty)
        {
            filters = filters[(sizeof(uint) + BitConverter.ToInt32(filters))..];
            count++;
        }

        return count;
    }

    private static bool TryEscape(
        ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> channel, TopicLimits limits, out ReadOnlySpan<byte> topic)
    {
        topic = default;
        if (prefix.Length + channel.Length > limits.TopicBytesMax)
        {
            return false;
        }

        byte[] escaped = Escape(prefix, channel);
        topic = escaped;
        return escaped.Length <= limits.TopicBytesMax;
    }

    private static byte[] Escape(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> channel)
    {
        var escaped = new ArrayBufferWriter<byte>(prefix.Length + (EscapedBytes * channel.Length) + 1);
        escaped.Write(prefix);
        foreach (byte value in channel)
        {
            if (Plain.Contains(value))
            {
                escaped.Write([value]);
            }
            else
            {
                escaped.Write(Encoding.ASCII.GetBytes($"%{value:X2}"));
            }
        }

        return escaped.WrittenSpan.ToArray();
    }

    // What is not as it was written here is a topic of others: then its name is its channel.
    private static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> topic)
    {
        ReadOnlySpan<byte> escaped = topic[prefix.Length..];
        byte[] channel = new byte[escaped.Length];
        int length = 0;
        for (int at = 0; at < escaped.Length; at++)
        {
            if (escaped[at] != (byte)'%')
            {
                channel[length++] = escaped[at];
                continue;
            }

            if (escaped.Length - at < EscapedBytes
                || Convert.FromHexString(escaped.Slice(at + 1, 2), channel.AsSpan(length, 1), out _, out _) != OperationStatus.Done)
            {
                return topic;
            }

            length++;
            at += 2;
        }

        return Escape(prefix, channel.AsSpan(0, length)).AsSpan().SequenceEqual(topic) ? channel.AsSpan(0, length) : topic;
    }
}
