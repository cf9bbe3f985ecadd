namespace Nexo.Server.Security;

/// <summary>What users, and their tokens, may be called.</summary>
public static class UserNames
{
    /// <summary>Who comes with <c>security.token-sha256</c>.</summary>
    public const string Token = "token";

    // What clients of Redis are called that give a password alone.
    private const string Default = "default";
    private const int LengthMax = 128;

    /// <summary>Null: it may be; else what is wrong with it.</summary>
    public static string? FaultOf(string name) =>
        name.Length is 0 or > LengthMax ? $"a name has 1 to {LengthMax} characters"
        : name.Any(one => char.IsControl(one) || char.IsWhiteSpace(one)) ? "a name has no spaces and no control characters"
        : name.AsSpan().ContainsAny(':', ',') ? "a name has no colon and no comma"
        : name is Token or Default ? $"'{name}' is not free: it is who comes with a token alone"
        : null;
}
