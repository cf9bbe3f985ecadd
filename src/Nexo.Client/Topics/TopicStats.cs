using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A topic to which something was published lately.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Subscriptions">Subscriptions that get its messages; a shared group counts once.</param>
/// <param name="Messages">Messages since the server has the topic in mind, which is not for ever.</param>
/// <param name="Bytes">Bytes of their topics, headers and bodies.</param>
public sealed record TopicSummary(string Topic, long Subscriptions, long Messages, long Bytes);

/// <summary>A subscription, as the server sees it.</summary>
/// <param name="Client">The name that its client has given itself; may be empty.</param>
/// <param name="Connection">A number of its connection, unique in this run of the server.</param>
/// <param name="Subscription">Its number there.</param>
/// <param name="FirstFilter">One of its filters; empty when it has none.</param>
/// <param name="Filters">How many filters it has.</param>
/// <param name="WhenSlow">What becomes of messages for which it has no room.</param>
/// <param name="Delivered">Messages that it got.</param>
/// <param name="Dropped">Messages that it did not get, because it was slow.</param>
/// <param name="PendingBytes">What waits for it at the server.</param>
public sealed record TopicSubscriber(
    string Client,
    ulong Connection,
    uint Subscription,
    string FirstFilter,
    int Filters,
    SlowPolicy WhenSlow,
    long Delivered,
    long Dropped,
    long PendingBytes);

/// <summary>The figures of all topics at one moment. Totals count since the server's start.</summary>
public sealed record TopicStats
{
    /// <summary>Open subscriptions.</summary>
    public long Subscriptions { get; init; }

    /// <summary>Filters of all subscriptions.</summary>
    public long Filters { get; init; }

    /// <summary>Those of them with a wildcard.</summary>
    public long WildcardFilters { get; init; }

    /// <summary>Groups of shared subscriptions, each with its filter.</summary>
    public long SharedGroups { get; init; }

    /// <summary>Topics to which something was published lately.</summary>
    public long Topics { get; init; }

    /// <summary>Bytes of messages that wait for slow subscriptions.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Retained messages.</summary>
    public long Retained { get; init; }

    /// <summary>Memory for them.</summary>
    public long RetainedBytes { get; init; }

    /// <summary>Bindings to queues and streams.</summary>
    public long Bindings { get; init; }

    /// <summary>Wills of connections, open and lost ones.</summary>
    public long Wills { get; init; }

    /// <summary>Memory for subscriptions, filters and what is remembered of topics.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Messages that were published, and not refused.</summary>
    public long Published { get; init; }

    /// <summary>Bytes of their topics, headers and bodies.</summary>
    public long PublishedBytes { get; init; }

    /// <summary>Publishes that were refused.</summary>
    public long Refused { get; init; }

    /// <summary>Messages that subscriptions were to get: of each one as many as it had receivers.</summary>
    public long Delivered { get; init; }

    /// <summary>Messages that subscriptions did not get, because they were slow.</summary>
    public long Dropped { get; init; }

    /// <summary>Messages that had neither a receiver nor a binding.</summary>
    public long Unheard { get; init; }

    /// <summary>Subscriptions that were ended because they were slow.</summary>
    public long EndedSlow { get; init; }

    /// <summary>Messages that queues and streams have taken.</summary>
    public long Bound { get; init; }

    /// <summary>Messages that queues and streams that are bound have refused.</summary>
    public long BindingRefused { get; init; }

    /// <summary>Wills that were published.</summary>
    public long WillsPublished { get; init; }

    /// <summary>Publishes per second over the last ten seconds or so.</summary>
    public double PublishedPerSecond { get; init; }

    /// <summary>Deliveries per second over the last ten seconds or so.</summary>
    public double DeliveredPerSecond { get; init; }

    /// <summary>Drops per second over the last ten seconds or so.</summary>
    public double DroppedPerSecond { get; init; }
}
