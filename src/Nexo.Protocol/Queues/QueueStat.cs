namespace Nexo.Protocol;

/// <summary>The figures of QUEUE STATS. Totals count since the server's start. Numbers are append-only.</summary>
public enum QueueStat : ushort
{
    /// <summary>Messages that can be delivered now.</summary>
    Ready = 1,

    /// <summary>Messages that a consumer has.</summary>
    Leased = 2,

    /// <summary>Messages whose time has not come.</summary>
    Delayed = 3,

    /// <summary>Dead letters that are kept with this queue.</summary>
    Dead = 4,

    /// <summary>How long the oldest ready message has been there, in ms.</summary>
    OldestAgeMs = 5,

    /// <summary>Open consumers, waiting pulls included.</summary>
    Consumers = 6,

    /// <summary>Memory for its messages.</summary>
    MemoryBytes = 7,

    /// <summary>Disk for messages that are not in memory.</summary>
    DiskBytes = 8,

    /// <summary>Pushes that were accepted.</summary>
    PushedTotal = 9,

    DeliveredTotal = 10,

    AckedTotal = 11,

    NackedTotal = 12,

    /// <summary>Leases that ran out.</summary>
    LeasesExpiredTotal = 13,

    DeadLetteredTotal = 14,

    /// <summary>Pushes that were answered as duplicates.</summary>
    DuplicatesTotal = 15,

    /// <summary>Pushes that were refused, because the queue was full or paused.</summary>
    RejectedTotal = 16,

    /// <summary>The bits of <see cref="QueueFlow"/>.</summary>
    Paused = 17,

    /// <summary>Groups that have messages.</summary>
    Groups = 18,

    /// <summary>Pushes per second over the last ten seconds or so, times 1,000; so are the next two.</summary>
    PushedPerSecondMilli = 19,

    DeliveredPerSecondMilli = 20,

    AckedPerSecondMilli = 21,

    /// <summary>Deliveries that were not a message's first.</summary>
    RedeliveredTotal = 22,

    /// <summary>Messages whose life ended before they were settled.</summary>
    MessagesExpiredTotal = 23,

    /// <summary>Bytes of all messages that are not dead, wherever they are.</summary>
    MessageBytes = 24,
}
