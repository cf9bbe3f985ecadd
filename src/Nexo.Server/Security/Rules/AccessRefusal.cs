using System.Text;

namespace Nexo.Server.Security;

/// <summary>What is told to who may not do something: what he may not, and which rule would allow it.</summary>
internal static class AccessRefusal
{
    private const int NameBytesMax = 128;

    public static string MessageOf(
        string user, AccessBroker broker, AccessOperation operation, ReadOnlySpan<byte> name, AccessReach reach)
    {
        string shown = Shown(name);
        string pattern = reach switch
        {
            AccessReach.Prefix when broker == AccessBroker.Topics => $"{shown[..(shown.LastIndexOf('/') + 1)]}#",
            AccessReach.Prefix => $"{shown}*",
            AccessReach.Any => broker == AccessBroker.Topics ? "#" : "*",
            _ => shown,
        };
        string who = user.Length == 0 ? "This client" : $"The user '{user}'";
        string needed = broker == AccessBroker.Admin
            ? $"{AccessNames.Of(broker)} {AccessNames.Of(operation)}"
            : $"{AccessNames.Of(broker)} {AccessNames.Of(operation)} {pattern}";
        return $"{who} may not do this: no rule allows '{needed}'.";
    }

    // It goes into a line of text.
    private static string Shown(ReadOnlySpan<byte> name)
    {
        string text = Encoding.UTF8.GetString(name[..Math.Min(name.Length, NameBytesMax)]);
        return string.Concat(text.Select(one => char.IsControl(one) ? '?' : one)) + (name.Length > NameBytesMax ? "…" : string.Empty);
    }
}
