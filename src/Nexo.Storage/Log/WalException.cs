namespace Nexo.Storage;

/// <summary>Why the log does not do what was asked.</summary>
public enum WalError
{
    /// <summary>A write or a sync has failed. Nothing is acknowledged any more until the process starts anew.</summary>
    Failed,

    /// <summary>The disk has no room for what must be written now: at a start, or at a stop.</summary>
    Full,

    /// <summary>The log was closed before this was durable.</summary>
    Closed,
}

/// <summary>The log cannot make something durable.</summary>
public sealed class WalException(WalError error, string message, Exception? cause = null) : IOException(message, cause)
{
    public WalError Error { get; } = error;
}
