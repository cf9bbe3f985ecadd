using Nexo.Server.Security;

namespace Nexo.Server.Settings;

/// <summary>
/// Rules as they are configured: <c>ada: store read app:*, bob: queue consume jobs.*</c>, in a file also as a list of
/// <c>NAME: RULE</c>. A comma within a rule, between operations, is no end of it: what follows has no name before it.
/// </summary>
internal static class AllowedList
{
    private const string Colon = ": ";

    public static bool TryParse(string text, out IReadOnlyList<AllowedRule> allowed, out string? reason)
    {
        var read = new List<AllowedRule>();
        allowed = read;
        reason = null;
        foreach (string item in Items(text))
        {
            int colon = item.IndexOf(Colon, StringComparison.Ordinal);
            string user = colon > 0 ? item[..colon].Trim() : string.Empty;
            if (user.Length == 0)
            {
                reason = $"'{item}' does not begin with the name of a user, a colon and a space";
                return false;
            }

            if (!AccessRule.TryParse(item[(colon + Colon.Length)..], out AccessRule? rule, out string? fault))
            {
                reason = $"the rule of '{user}': {fault}";
                return false;
            }

            read.Add(new AllowedRule(user, rule));
        }

        // None is what the options have by default: two that are read alike are alike.
        allowed = read.Count == 0 ? Array.Empty<AllowedRule>() : read;
        return true;
    }

    public static string Print(IReadOnlyList<AllowedRule> allowed) =>
        string.Join(", ", allowed.Select(one => $"{one.User}{Colon}{one.Rule}"));

    private static IEnumerable<string> Items(string text)
    {
        string? item = null;
        foreach (string piece in text.Split(','))
        {
            if (item is not null && BeginsRule(piece))
            {
                yield return item;
                item = null;
            }

            item = item is null ? piece.Trim() : $"{item},{piece}";
        }

        if (!string.IsNullOrWhiteSpace(item))
        {
            yield return item.Trim();
        }
    }

    // NAME: and a space, before any other space.
    private static bool BeginsRule(string piece)
    {
        string trimmed = piece.TrimStart();
        int space = trimmed.IndexOf(' ', StringComparison.Ordinal);
        return space > 1 && trimmed[space - 1] == ':';
    }
}
