namespace Nexo.Engine.Tests.Topics;

/// <summary>MQTT's rules as they are told, level by level: what the engine is compared with.</summary>
internal static class NaiveTopics
{
    public static bool Matches(string filter, string topic)
    {
        string[] wanted = filter.Split('/');
        string[] levels = topic.Split('/');
        if (topic.StartsWith('$') && (wanted[0] == "+" || wanted[0] == "#"))
        {
            return false;
        }

        return MatchesFrom(wanted, levels, 0);
    }

    private static bool MatchesFrom(string[] wanted, string[] levels, int at)
    {
        if (at == wanted.Length)
        {
            return at == levels.Length;
        }

        if (wanted[at] == "#")
        {
            return true;
        }

        return at < levels.Length && (wanted[at] == "+" || wanted[at] == levels[at]) && MatchesFrom(wanted, levels, at + 1);
    }
}
