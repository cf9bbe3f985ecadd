using System.Buffers;
using System.Text.Unicode;

namespace Nexo.Engine.Topics;

/// <summary>
/// What a topic and a filter may be, and which belong together: MQTT 5 §4.7. Empty levels are levels. Of the topics that begin with
/// <c>$</c> clients have those under <c>$inbox/</c>, whose next level is a secret of at least 16 bytes.
/// </summary>
public static class TopicRules
{
    /// <summary>The shortest name of an inbox: it cannot be guessed.</summary>
    public const int InboxNameBytesMin = 16;

    private static readonly SearchValues<byte> NotInTopics = SearchValues.Create("+#\0"u8);

    /// <summary>Between levels.</summary>
    internal const byte Separator = (byte)'/';

    private static ReadOnlySpan<byte> Inbox => "$inbox/"u8;

    /// <summary>Whether a client may publish to this topic.</summary>
    public static bool IsTopic(ReadOnlySpan<byte> topic, TopicLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (!HasForm(topic, limits) || topic.ContainsAny(NotInTopics))
        {
            return false;
        }

        return topic[0] != (byte)'$' || (IsInbox(topic) && HasInboxName(topic));
    }

    /// <summary>Whether this is a filter, with or without <c>$share/GROUP/</c> before it.</summary>
    public static bool IsFilter(ReadOnlySpan<byte> filter, TopicLimits limits) =>
        TopicFilter.TryParse(filter, limits, out _);

    /// <summary>True of the topics that are known to their owner only, and are never listed.</summary>
    public static bool IsInbox(ReadOnlySpan<byte> topic) => topic.StartsWith(Inbox);

    /// <summary>Whether a filter, without a share, matches a topic; both are valid. Iterative, without allocation.</summary>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic)
    {
        if (topic[0] == (byte)'$' && filter[0] is (byte)'+' or (byte)'#')
        {
            return false;
        }

        while (true)
        {
            ReadOnlySpan<byte> wanted = FirstLevel(filter);
            if (wanted is [(byte)'#'])
            {
                return true;
            }

            ReadOnlySpan<byte> level = FirstLevel(topic);
            if (!(wanted is [(byte)'+'] || wanted.SequenceEqual(level)))
            {
                return false;
            }

            bool filterEnds = wanted.Length == filter.Length;
            bool topicEnds = level.Length == topic.Length;
            if (filterEnds || topicEnds)
            {
                // `a/#` matches `a` too.
                return topicEnds && (filterEnds || filter[(wanted.Length + 1)..] is [(byte)'#']);
            }

            filter = filter[(wanted.Length + 1)..];
            topic = topic[(level.Length + 1)..];
        }
    }

    /// <summary>
    /// Whether a filter matches every topic that another one matches; neither has a share, and both are valid. Iterative, without
    /// allocation; exact, but that <c>/#</c> is held to match an empty topic, which there is none of.
    /// </summary>
    public static bool Covers(ReadOnlySpan<byte> wide, ReadOnlySpan<byte> narrow)
    {
        // A wildcard in the first level matches no topic that begins with a dollar; a filter that begins with one matches no other.
        if (narrow[0] == (byte)'$' && wide[0] is (byte)'+' or (byte)'#')
        {
            return false;
        }

        if (narrow is [(byte)'#'])
        {
            // Every topic has a first level.
            return wide is [(byte)'#'] || wide.SequenceEqual("+/#"u8);
        }

        while (true)
        {
            ReadOnlySpan<byte> allowed = FirstLevel(wide);
            if (allowed is [(byte)'#'])
            {
                return true;
            }

            ReadOnlySpan<byte> wanted = FirstLevel(narrow);
            if (wanted is [(byte)'#'] || !(allowed is [(byte)'+'] || allowed.SequenceEqual(wanted)))
            {
                return false;
            }

            bool allowedEnds = allowed.Length == wide.Length;
            bool wantedEnds = wanted.Length == narrow.Length;
            if (allowedEnds || wantedEnds)
            {
                // `a/#` matches `a` too.
                return wantedEnds && (allowedEnds || wide[(allowed.Length + 1)..] is [(byte)'#']);
            }

            wide = wide[(allowed.Length + 1)..];
            narrow = narrow[(wanted.Length + 1)..];
        }
    }

    /// <summary>What stands before the first separator, or everything.</summary>
    internal static ReadOnlySpan<byte> FirstLevel(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf(Separator);
        return end < 0 ? text : text[..end];
    }

    /// <summary>The rules that topics and filters share: length, levels, encoding.</summary>
    internal static bool HasForm(ReadOnlySpan<byte> text, TopicLimits limits) =>
        !text.IsEmpty
        && text.Length <= limits.TopicBytesMax
        && text.Count(Separator) < limits.LevelsMax
        && Utf8.IsValid(text);

    /// <summary>Of a topic or filter under <c>$inbox/</c>: its name is there, long enough and no wildcard.</summary>
    internal static bool HasInboxName(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> name = FirstLevel(text[Inbox.Length..]);
        return name.Length >= InboxNameBytesMin;
    }
}
