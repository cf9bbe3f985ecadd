namespace Nexo.Server.Settings;

/// <summary>Finds what somebody may have meant.</summary>
internal static class NearestNames
{
    private const int SuggestionsMax = 3;

    // Far more than any setting's name; longer ones are not compared, because the cost grows with the length.
    private const int LengthMax = 64;

    public static IReadOnlyList<string> Find(string wrong)
    {
        if (wrong.Length > LengthMax)
        {
            return [];
        }

        string bare = Bare(wrong);
        var near =
            from setting in SettingCatalog.All
            let key = setting.Name[(setting.Section.Length + 1)..]
            let distance = Math.Min(Distance(bare, Bare(setting.Name)), Distance(bare, Bare(key)))
            where distance <= Math.Max(1, bare.Length / 4)
            orderby distance
            select (setting.Name, distance);
        (string Name, int Distance)[] found = [.. near];
        return
        [
            .. found.TakeWhile(one => one.Distance <= found[0].Distance + 1)
                .Take(SuggestionsMax)
                .Select(one => one.Name),
        ];
    }

    // How words are joined is what people remember least.
    private static string Bare(string name) =>
        string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>Levenshtein's distance, one row at a time.</summary>
    private static int Distance(string one, string other)
    {
        Span<int> row = stackalloc int[other.Length + 1];
        for (int i = 0; i <= other.Length; i++)
        {
            row[i] = i;
        }

        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int substituted = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[other.Length];
    }
}
