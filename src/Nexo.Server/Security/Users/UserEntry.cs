namespace Nexo.Server.Security;

/// <summary>A user as the file of users has it.</summary>
public sealed record UserEntry(string Name)
{
    /// <summary>Null: nobody logs in with a password.</summary>
    public PasswordHash? Password { get; init; }

    public IReadOnlyList<UserToken> Tokens { get; init; } = [];

    /// <summary>What it may do: what no rule allows is refused.</summary>
    public IReadOnlyList<AccessRule> Rules { get; init; } = [];

    /// <summary>The name in a client certificate, its CN or one of its subject alternative names, that is this user; null: none.</summary>
    public string? Certificate { get; init; }

    /// <summary>What it may take of the server.</summary>
    public UserLimits Limits { get; init; } = UserLimits.None;

    /// <summary>The namespace that it is always in; null: the default one, unless it asks for another and manages the server.</summary>
    public string? Namespace { get; init; }
}

/// <summary>A token of a user; the token itself is not kept.</summary>
/// <param name="Id">What people call it.</param>
/// <param name="Hash">By which it is known again.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends; null: never.</param>
public sealed record UserToken(string Id, TokenHash Hash, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
