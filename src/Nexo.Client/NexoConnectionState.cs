namespace Nexo.Client;

/// <summary>Where a client stands with its server.</summary>
public enum NexoConnectionState
{
    /// <summary>Nothing has been asked of the client yet.</summary>
    Idle = 0,

    /// <summary>No connection; one is being made. Calls wait for it until their deadline.</summary>
    Connecting = 1,

    /// <summary>Connected.</summary>
    Connected = 2,

    /// <summary>The server refused for good (credentials, version): calls fail at once until
    /// <see cref="NexoClient.OpenAsync"/> is called again.</summary>
    Refused = 3,

    /// <summary>The client was disposed.</summary>
    Closed = 4,
}

/// <summary>A change of <see cref="NexoClient.State"/>.</summary>
public sealed class NexoStateChangedEventArgs : EventArgs
{
    /// <summary>Creates the event.</summary>
    public NexoStateChangedEventArgs(
        NexoConnectionState previous, NexoConnectionState current, NexoServerInfo? server, bool serverChanged,
        Exception? reason)
    {
        Previous = previous;
        Current = current;
        Server = server;
        ServerChanged = serverChanged;
        Reason = reason;
    }

    /// <summary>The state before.</summary>
    public NexoConnectionState Previous { get; }

    /// <summary>The state now.</summary>
    public NexoConnectionState Current { get; }

    /// <summary>The server, when connected.</summary>
    public NexoServerInfo? Server { get; }

    /// <summary>True when this connection leads to another run of the server than the one before: what it held only
    /// in memory is gone.</summary>
    public bool ServerChanged { get; }

    /// <summary>Why the connection ended or was not made, if that is what happened.</summary>
    public Exception? Reason { get; }
}
