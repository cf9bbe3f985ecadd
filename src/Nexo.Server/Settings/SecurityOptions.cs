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

    /// <summary>Passwords that are verified at once; each keeps a core busy for tens of milliseconds.</summary>
    public int VerifyConcurrency { get; init; } = 1;

    /// <summary>Verifications that may wait; one more is answered with a retryable error.</summary>
    public int VerifyQueueMax { get; init; } = 64;

    /// <summary>Failed logins that one remote address may have in a row before it has to slow down.</summary>
    public int FailureBurst { get; init; } = 10;

    /// <summary>How long it takes until a throttled address may fail once more.</summary>
    public int FailureRefillMs { get; init; } = 2_000;

    /// <summary>True when a client has to prove who it is.</summary>
    public bool AsksForCredentials => Token is not null || Users.Count > 0;

    // Never print secrets, not even hashed.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"Token = {(Token is null ? "none" : "set")}, Users = {Users.Count}");
        return true;
    }
}
