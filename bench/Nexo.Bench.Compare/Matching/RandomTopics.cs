namespace Nexo.Bench.Compare.Matching;

/// <summary>Topics and filters from few words, so that they often meet; and filters that are none.</summary>
internal sealed class RandomTopics(Random random)
{
    private const int LevelsMax = 5;
    private const string Inbox = "$inbox/0123456789abcdef";

    // No word begins with $share: mosquitto 2.0 drops what is published to $shared too. Empty levels, words that begin alike, other scripts, a dollar within.
    private static readonly string[] Words = ["", "a", "b", "ab", "a b", "é", "日本", "a$", "$a", "0"];
    private static readonly string[] Firsts = [.. Words, "$other", "$shar", Inbox, "$inbox/short"];
    private static readonly string[] Groups = ["g", "h", "日本", "$"];

    public string Topic()
    {
        while (true)
        {
            string topic = string.Join('/', Levels(wildcards: 0));
            if (TopicReference.IsTopic(topic))
            {
                return topic;
            }
        }
    }

    public string Filter()
    {
        while (true)
        {
            List<string> levels = Levels(wildcards: 0.3);
            if (random.NextDouble() < 0.3)
            {
                levels.Add("#");
            }

            string filter = string.Join('/', levels);
            if (TopicReference.IsFilter(filter))
            {
                return filter;
            }
        }
    }

    public string SharedFilter() => $"$share/{Groups[random.Next(Groups.Length)]}/{Filter()}";

    /// <summary>A filter in which a few characters were changed, put in or taken out: mostly wrong, sometimes right.</summary>
    public string MaybeFilter()
    {
        const string Characters = "+#/a";
        string filter = Filter();
        for (int i = random.Next(3); i >= 0; i--)
        {
            int at = random.Next(filter.Length + 1);
            int taken = Math.Min(random.Next(2), filter.Length - at);
            string put = random.Next(3) == 0 ? "" : $"{Characters[random.Next(Characters.Length)]}";
            filter = filter[..at] + put + filter[(at + taken)..];
        }

        return filter;
    }

    private List<string> Levels(double wildcards)
    {
        var levels = new List<string>();
        for (int i = random.Next(LevelsMax); i >= 0; i--)
        {
            string[] words = levels.Count == 0 && random.Next(3) == 0 ? Firsts : Words;
            levels.Add(random.NextDouble() < wildcards ? "+" : words[random.Next(words.Length)]);
        }

        return levels;
    }
}
