namespace Nexo.Engine.Sessions;

/// <summary>How a command of the sessions ended. An expected refusal is a value here, never an exception.</summary>
public enum SessionStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The client id is empty or too long.</summary>
    ClientIdInvalid,

    /// <summary>There are as many sessions as there may be.</summary>
    TooManySessions,

    /// <summary>The session has as many subscriptions as it may have.</summary>
    TooManySubscriptions,

    /// <summary>What was named is not there.</summary>
    NotFound,

    /// <summary>Another connection has taken the session over, or it has ended.</summary>
    Fenced,

    /// <summary>The disk is full; nothing was changed.</summary>
    DiskFull,

    /// <summary>The log has failed; nothing is acknowledged any more.</summary>
    LogFailed,
}
