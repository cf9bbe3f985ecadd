namespace Nexo.Engine.Sessions;

/// <summary>Sums over all sessions.</summary>
public readonly record struct SessionStats
{
    /// <summary>Sessions that are there.</summary>
    public long Sessions { get; init; }

    /// <summary>Those of them with a connection.</summary>
    public long Connected { get; init; }

    /// <summary>Subscriptions of all.</summary>
    public long Subscriptions { get; init; }

    /// <summary>Messages that sessions have and that were not acknowledged; one of several sessions counts in each.</summary>
    public long Messages { get; init; }

    /// <summary>Messages that are kept for them, each once.</summary>
    public long Bodies { get; init; }

    /// <summary>Memory of those messages, and of the queues that name them.</summary>
    public long Bytes { get; init; }

    /// <summary>Messages that came for a session.</summary>
    public long Queued { get; init; }

    /// <summary>Messages that a session had no room for.</summary>
    public long Dropped { get; init; }

    /// <summary>Messages whose life was over before they were sent.</summary>
    public long Expired { get; init; }

    /// <summary>Sessions that have ended since nobody came back for them.</summary>
    public long Ended { get; init; }

    /// <summary>Sessions that a connection took while another one had them.</summary>
    public long TakenOver { get; init; }
}
