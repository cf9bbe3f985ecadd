namespace Nexo.Server.Security;

/// <summary>The file of users cannot be used: says which file, where in it, and what to do.</summary>
public sealed class UsersFileException(string message, Exception? cause = null) : Exception(message, cause);
