namespace Nexo.Crash.Server;

/// <summary>The server ended, or said nothing for too long, before its ready line.</summary>
internal sealed class ServerStartException(string message) : Exception(message);
