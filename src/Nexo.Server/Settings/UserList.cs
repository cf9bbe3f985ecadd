using Nexo.Server.Security;

namespace Nexo.Server.Settings;

/// <summary>
/// Users as they are configured: <c>ada:pbkdf2-sha256:…,bob:pbkdf2-sha256:…</c>, in a file also as a list of
/// <c>NAME:HASH</c>.
/// </summary>
internal static class UserList
{
    private const int NameLengthMax = 128;

    public static bool TryParse(string text, out IReadOnlyList<UserCredential> users, out string? reason)
    {
        var read = new List<UserCredential>();
        users = read;
        reason = null;
        string[] items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < items.Length; i++)
        {
            int colon = items[i].IndexOf(':', StringComparison.Ordinal);
            string name = colon > 0 ? items[i][..colon] : string.Empty;
            if (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl))
            {
                // The item itself may be a password that was put here by mistake: do not repeat it.
                reason = $"user {i + 1} of {items.Length} does not begin with a name and a colon";
            }
            else if (!PasswordHash.TryParse(items[i][(colon + 1)..], out PasswordHash? password))
            {
                reason = $"what follows '{name}:' is no password hash that nexo config hash-password prints";
            }
            else if (read.Exists(user => user.Name == name))
            {
                reason = $"user '{name}' is there twice";
            }
            else
            {
                read.Add(new UserCredential(name, password!));
                continue;
            }

            return false;
        }

        return true;
    }

    public static string Print(IReadOnlyList<UserCredential> users) =>
        string.Join(',', users.Select(user => $"{user.Name}:{user.Password.Format()}"));
}
