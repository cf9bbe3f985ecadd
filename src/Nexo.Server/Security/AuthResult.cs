using Nexo.Protocol;

namespace Nexo.Server.Security;

/// <summary>
/// The outcome of a verification: <see cref="ErrorCode.None"/> with who it is and what he may do, or the error and what to tell the
/// client about it.
/// </summary>
internal readonly record struct AuthResult(ErrorCode Code, string User, string Message, Access Access)
{
    /// <summary>By what somebody has logged in.</summary>
    public Credential Credential { get; init; }

    /// <summary>The namespace that he is always in; null: none.</summary>
    public string? Namespace { get; init; }

    /// <summary>When that ends; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Nobody was asked.</summary>
    public static AuthResult Anonymous => new(ErrorCode.None, string.Empty, string.Empty, Access.Everything);

    public static AuthResult Accepted(KnownUser user, Credential credential) =>
        new(ErrorCode.None, user.Name, string.Empty, user.Access) { Credential = credential, Namespace = user.Namespace };

    public static AuthResult Refused(ErrorCode code, string message) => new(code, string.Empty, message, Access.Nothing);
}
