namespace Nexo.Server.Security;

/// <summary>A user that is in one namespace always, as <c>security.namespaces</c> has it.</summary>
public sealed record UserNamespace(string User, string Namespace);
