using System.Text;

namespace Nexo.Bench.Compare.Matching;

/// <summary>
/// The rules of MQTT 5 §4.7 and §4.8.2 written down as plainly as they can be, and what Nexo adds to them: no code of the
/// engine's.
/// </summary>
internal static class TopicReference
{
    private const string Share = "$share/";
    private const int InboxNameBytesMin = 16;

    public static bool Matches(string filter, string topic)
    {
        if (topic[0] == '$' && filter[0] is '+' or '#')
        {
            return false;
        }

        return Matches(filter.Split('/'), 0, topic.Split('/'), 0);
    }

    /// <summary>Whether MQTT allows the filter, which has no share.</summary>
    public static bool IsFilter(string filter)
    {
        string[] levels = filter.Split('/');
        return filter.Length > 0 && levels.Index().All(level => level.Item switch
        {
            "+" => true,
            "#" => level.Index == levels.Length - 1,
            _ => !level.Item.Contains('+') && !level.Item.Contains('#'),
        });
    }

    /// <summary>Whether MQTT allows the topic.</summary>
    public static bool IsTopic(string topic) => topic.Length > 0 && !topic.Contains('+') && !topic.Contains('#');

    /// <summary>Splits <c>$share/GROUP/FILTER</c>; without a share the group is empty.</summary>
    public static (string Group, string Filter) Split(string filter)
    {
        if (!filter.StartsWith(Share, StringComparison.Ordinal))
        {
            return ("", filter);
        }

        string[] parts = filter.Split('/', 3);
        return (parts[1], parts.Length > 2 ? parts[2] : "");
    }

    /// <summary>Whether Nexo takes a filter that MQTT allows: an inbox is asked for by its whole name.</summary>
    public static bool IsNexoFilter(string filter) => filter.Split('/') is not ["$inbox", ..] levels || HasInboxName(levels);

    /// <summary>Whether Nexo takes a message to a topic that MQTT allows: of those with a dollar only inboxes.</summary>
    public static bool IsNexoTopic(string topic) =>
        topic[0] != '$' || (topic.Split('/') is ["$inbox", ..] levels && HasInboxName(levels));

    private static bool HasInboxName(string[] levels) => levels.Length > 1
        && Encoding.UTF8.GetByteCount(levels[1]) >= InboxNameBytesMin;

    private static bool Matches(string[] filter, int at, string[] topic, int topicAt)
    {
        if (at == filter.Length)
        {
            return topicAt == topic.Length;
        }

        if (filter[at] == "#")
        {
            // What follows may be nothing: the parent itself matches too.
            return true;
        }

        return topicAt < topic.Length
            && (filter[at] == "+" || filter[at] == topic[topicAt])
            && Matches(filter, at + 1, topic, topicAt + 1);
    }
}
