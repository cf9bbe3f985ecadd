using System.Text;
using Nexo.Server.Security;

namespace Nexo.Server;

/// <summary>Who may connect. Without a token and without users nobody is asked.</summary>
public sealed record SecurityOptions
{
    /// <summary>SHA-256 of the token that clients may show; null: there is none.</summary>
    public TokenHash? Token { get; init; }

    /// <summary>Users that may log in with a password.</summary>
    public IReadOnlyList<UserCredential> Users { get; init; } = [];

    /// <summary>What users may do, those above and those of the file of users; empty: those above may do everything.</summary>
    public IReadOnlyList<AllowedRule> Allow { get; init; } = [];

    /// <summary>Which of the users above are always in one namespace, and in which; the others are in the default one.</summary>
    public IReadOnlyList<UserNamespace> Namespaces { get; init; } = [];

    /// <summary>What the users above may take of the server.</summary>
    public IReadOnlyList<LimitedUser> Limits { get; init; } = [];

    /// <summary>The file of users; null: <c>users.json</c> in the data directory, if there is one.</summary>
    public string? UsersFile { get; init; }

    /// <summary>Whether the HTTP port shows figures to who has not logged in, once somebody is asked at all.</summary>
    public bool MetricsOpen { get; init; }

    /// <summary>Passwords that are verified at once; each keeps a core busy for tens of milliseconds.</summary>
    public int VerifyConcurrency { get; init; } = 1;

    /// <summary>Verifications that may wait; one more is answered with a retryable error.</summary>
    public int VerifyQueueMax { get; init; } = 64;

    /// <summary>Failed logins that one remote address may have in a row before it has to slow down.</summary>
    public int FailureBurst { get; init; } = 10;

    /// <summary>How long it takes until a throttled address may fail once more.</summary>
    public int FailureRefillMs { get; init; } = 2_000;

    /// <summary>True when a client has to prove who it is, whatever the file of users says.</summary>
    public bool AsksForCredentials => Token is not null || Users.Count > 0;

    // Never print secrets, not even hashed.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"Token = {(Token is null ? "none" : "set")}, Users = {Users.Count}, Allow = {Allow.Count}");
        return true;
    }
}
