namespace Nexo.Server.Security;

/// <summary>A rule of a user, as <c>security.allow</c> has it.</summary>
public sealed record AllowedRule(string User, AccessRule Rule);
