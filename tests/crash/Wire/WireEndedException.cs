namespace Nexo.Crash.Wire;

/// <summary>The connection is gone, or never came about: what was under way has no answer.</summary>
internal sealed class WireEndedException(string message, Exception? cause = null) : Exception(message, cause);
