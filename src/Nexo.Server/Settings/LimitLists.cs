using Nexo.Server.Security;

namespace Nexo.Server.Settings;

/// <summary>What users may take, as it is configured: <c>ada: connections=10 rate=1000, bob: in-flight-bytes=16mb</c>.</summary>
internal static class LimitLists
{
    private const string Colon = ": ";

    public static bool TryParse(string text, out IReadOnlyList<LimitedUser> users, out string? reason)
    {
        var read = new List<LimitedUser>();
        users = Array.Empty<LimitedUser>();
        reason = null;
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = item.IndexOf(Colon, StringComparison.Ordinal);
            string user = colon > 0 ? item[..colon].Trim() : string.Empty;
            if (user.Length == 0)
            {
                reason = $"'{item}' does not begin with the name of a user, a colon and a space";
                return false;
            }

            if (read.Exists(one => one.User == user))
            {
                reason = $"'{user}' is there twice";
                return false;
            }

            if (!UserLimits.TryParse(item[(colon + Colon.Length)..], out UserLimits? limits, out string? fault))
            {
                reason = $"the limits of '{user}': {fault}";
                return false;
            }

            read.Add(new LimitedUser(user, limits));
        }

        // None is what the options have by default: two that are read alike are alike.
        users = read.Count == 0 ? users : read;
        return true;
    }

    public static string Print(IReadOnlyList<LimitedUser> users) =>
        string.Join(", ", users.Select(one => $"{one.User}{Colon}{one.Limits}"));
}
