using Nexo.Protocol;

namespace Nexo.Server.Security;

/// <summary>
/// The outcome of a verification: <see cref="ErrorCode.None"/> with the user's name, or the error and what to tell the
/// client about it.
/// </summary>
public readonly record struct AuthResult(ErrorCode Code, string User, string Message)
{
    public static AuthResult Accepted(string user) => new(ErrorCode.None, user, string.Empty);

    public static AuthResult Refused(ErrorCode code, string message) => new(code, string.Empty, message);
}
