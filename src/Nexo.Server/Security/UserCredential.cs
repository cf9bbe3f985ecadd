namespace Nexo.Server.Security;

/// <summary>A user that may log in.</summary>
public sealed record UserCredential(string Name, PasswordHash Password);
