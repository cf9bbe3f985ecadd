namespace Nexo.Server.Security;

/// <summary>Somebody who may log in, wherever it is written down.</summary>
/// <param name="Name">Who it is.</param>
/// <param name="Password">Null: it has none.</param>
/// <param name="Tokens">By which it is known too.</param>
/// <param name="Access">What it may do.</param>
/// <param name="Certificate">The name in a client certificate that is it; null: none.</param>
internal sealed record KnownUser(
    string Name, PasswordHash? Password, IReadOnlyList<UserToken> Tokens, Access Access, string? Certificate)
{
    /// <summary>What it may take of the server.</summary>
    public UserLimits Limits { get; init; } = UserLimits.None;

    /// <summary>The namespace that it is always in; null: none.</summary>
    public string? Namespace { get; init; }

    /// <summary>Whether it may be in a namespace.</summary>
    public bool MayBeIn(string space) => Access.MayBeIn(space, Namespace);
}
