using Nexo.Server.Brokers;
using Nexo.Server.Security;

namespace Nexo.Server.Settings;

/// <summary>Namespaces as they are configured: <c>shop,billing</c>; and whose they are: <c>ada:shop,token:billing</c>.</summary>
internal static class NamespaceLists
{
    private const StringSplitOptions Trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    public static bool TryParse(string text, out IReadOnlyList<string> names, out string? reason)
    {
        string[] read = text.Split(',', Trimmed);
        string? twice = read.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
        reason = read
            .Select(name => Namespaces.FaultOf(name) is { } fault ? $"'{name}': {fault}" : null)
            .FirstOrDefault(fault => fault is not null)
            ?? (twice is not null ? $"'{twice}' is there twice"
                : read.Length > Namespaces.CountMax ? $"there are {read.Length}, and at most {Namespaces.CountMax} may be"
                : null);

        // None is what the options have by default: two that are read alike are alike.
        names = read.Length == 0 ? Array.Empty<string>() : read;
        return reason is null;
    }

    public static string Print(IReadOnlyList<string> names) => string.Join(',', names);

    public static bool TryParseUsers(string text, out IReadOnlyList<UserNamespace> users, out string? reason)
    {
        var read = new List<UserNamespace>();
        users = Array.Empty<UserNamespace>();
        reason = null;
        foreach (string item in text.Split(',', Trimmed))
        {
            int colon = item.LastIndexOf(':');
            string user = colon > 0 ? item[..colon].Trim() : string.Empty;
            string name = item[(colon + 1)..].Trim();
            reason = user.Length == 0 ? $"'{item}' does not begin with the name of a user and a colon"
                : Namespaces.FaultOf(name) is { } fault ? $"the namespace of '{user}': {fault}"
                : read.Exists(one => one.User == user) ? $"'{user}' is there twice"
                : null;
            if (reason is not null)
            {
                return false;
            }

            read.Add(new UserNamespace(user, name));
        }

        users = read.Count == 0 ? users : read;
        return true;
    }

    public static string Print(IReadOnlyList<UserNamespace> users) =>
        string.Join(", ", users.Select(one => $"{one.User}:{one.Namespace}"));
}
