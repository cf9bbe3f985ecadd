namespace Nexo.Protocol;

/// <summary>
/// The figures of TOPIC STATS. Totals count since the server's start; a rate is that of the last ten seconds or so, times
/// 1,000. Numbers are append-only.
/// </summary>
public enum TopicStat : ushort
{
    /// <summary>Open subscriptions.</summary>
    Subscriptions = 1,

    /// <summary>Filters of all subscriptions.</summary>
    Filters = 2,

    /// <summary>Those of them with a wildcard.</summary>
    WildcardFilters = 3,

    /// <summary>Groups of shared subscriptions, each with its filter.</summary>
    SharedGroups = 4,

    /// <summary>Topics that were published to lately, as TOPIC LIST lists them.</summary>
    Topics = 5,

    /// <summary>Messages that wait in the outboxes of subscriptions, in bytes.</summary>
    PendingBytes = 6,

    /// <summary>Retained messages.</summary>
    Retained = 7,

    /// <summary>Memory for them.</summary>
    RetainedBytes = 8,

    Bindings = 9,

    /// <summary>Wills of connections, open and lost ones.</summary>
    Wills = 10,

    /// <summary>Memory of the structures over all filters.</summary>
    MemoryBytes = 11,

    /// <summary>Messages that were published, and not refused.</summary>
    PublishedTotal = 12,

    /// <summary>Bytes of their topics, headers and bodies.</summary>
    PublishedBytesTotal = 13,

    /// <summary>Publishes that were refused: of a topic that is none, of a retained message for which there is no room.</summary>
    RefusedTotal = 14,

    /// <summary>Messages that subscriptions were to get: of each one as many as it had receivers.</summary>
    DeliveredTotal = 15,

    /// <summary>Messages that subscriptions did not get, because they were slow.</summary>
    DroppedTotal = 16,

    /// <summary>Messages that had neither a receiver nor a binding.</summary>
    UnheardTotal = 17,

    /// <summary>Subscriptions that were ended because they were slow.</summary>
    EndedSlowTotal = 18,

    /// <summary>Messages that targets of bindings have taken.</summary>
    BoundTotal = 19,

    /// <summary>Messages that targets of bindings have refused.</summary>
    BindingRefusedTotal = 20,

    /// <summary>Wills that were published.</summary>
    WillsPublishedTotal = 21,

    PublishedPerSecondMilli = 22,

    DeliveredPerSecondMilli = 23,

    DroppedPerSecondMilli = 24,
}
