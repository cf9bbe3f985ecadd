namespace Nexo.Server.Hosting;

/// <summary>The server cannot start; the message says why and what to do, in one line, and is all that a person needs.</summary>
public sealed class ServerStartException(string message, Exception? cause = null) : Exception(message, cause);
