namespace Nexo.Server.Security;

/// <summary>How a login has ended.</summary>
internal enum LoginOutcome
{
    Accepted,
    Failed,
    Throttled,
}
