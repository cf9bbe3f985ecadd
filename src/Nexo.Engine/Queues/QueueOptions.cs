namespace Nexo.Engine.Queues;

/// <summary>How the pause before another delivery grows with the failures of a message.</summary>
public enum QueueBackoff : byte
{
    /// <summary>No pause.</summary>
    None = 0,

    /// <summary>Always <see cref="QueueOptions.BackoffMs"/>.</summary>
    Fixed = 1,

    /// <summary>
    /// <see cref="QueueOptions.BackoffMs"/>, doubled with each failure up to <see cref="QueueOptions.BackoffMsMax"/>, of
    /// which a random part between one half and all is taken ("equal jitter").
    /// </summary>
    Exponential = 2,
}

/// <summary>What becomes of a push to a queue that is full.</summary>
public enum QueueWhenFull : byte
{
    /// <summary>It is refused with <see cref="QueueStatus.Full"/>.</summary>
    Reject = 0,

    /// <summary>It is accepted as a dead letter at once.</summary>
    DeadLetter = 1,
}

/// <summary>What a push, and whatever settles a message, waits for.</summary>
public enum QueueDurability : byte
{
    /// <summary>Nothing: messages end with the process. The definition is kept all the same.</summary>
    Memory = 1,

    /// <summary>Nothing, and it is on disk within the server's sync interval.</summary>
    Interval = 2,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync = 3,
}

/// <summary>Numbers of the options, for differences and for the disk; the same as on the wire. Append-only.</summary>
public enum QueueOption : ushort
{
    None = 0,
    LeaseMs = 1,
    DeliveriesMax = 2,
    Backoff = 3,
    BackoffMs = 4,
    BackoffMsMax = 5,
    DeadLetterQueue = 6,
    MessageTtlMs = 7,
    MessagesMax = 8,
    BytesMax = 9,
    WhenFull = 10,
    DedupWindowMs = 11,
    Durability = 12,
    Priorities = 13,
    InFlightPerGroup = 14,
    PerSecondPerGroup = 15,
    UnusedMs = 16,
}

/// <summary>What a queue is set to. Times are in milliseconds.</summary>
public sealed record QueueOptions
{
    /// <summary>How long a delivered message belongs to its consumer. 1,000 to 43,200,000 (12 h).</summary>
    public long LeaseMs { get; init; } = 30_000;

    /// <summary>Failures after which a message is dead; 0: never.</summary>
    public int DeliveriesMax { get; init; } = 5;

    public QueueBackoff Backoff { get; init; } = QueueBackoff.Exponential;

    public long BackoffMs { get; init; } = 1_000;

    public long BackoffMsMax { get; init; } = 60_000;

    /// <summary>The queue whose dead letters this queue's become; empty: its own.</summary>
    public string DeadLetterQueue { get; init; } = string.Empty;

    /// <summary>For messages that bring no time to live of their own; 0: they live on.</summary>
    public long MessageTtlMs { get; init; }

    /// <summary>Messages that wait, are delayed or leased; 0: no limit. Dead letters do not count.</summary>
    public long MessagesMax { get; init; }

    /// <summary>Bytes of bodies, headers and keys of those messages; 0: no limit.</summary>
    public long BytesMax { get; init; }

    public QueueWhenFull WhenFull { get; init; }

    /// <summary>How long a dedup id is remembered; 0: dedup ids mean nothing.</summary>
    public long DedupWindowMs { get; init; } = 300_000;

    public QueueDurability Durability { get; init; } = QueueDurability.Fsync;

    /// <summary>Priorities are 0 to one less; the highest goes first. 1 to 256.</summary>
    public int Priorities { get; init; } = 10;

    /// <summary>Messages of a group that may be leased at once; 0: no limit, which gives up the order within a group.</summary>
    public int InFlightPerGroup { get; init; } = 1;

    /// <summary>Deliveries of a group in a second; 0: no limit.</summary>
    public int PerSecondPerGroup { get; init; }

    /// <summary>
    /// Without a consumer, a push or a message for so long, the queue is deleted, with its dead letters, which do not count here; 0:
    /// never. For reply queues.
    /// </summary>
    public long UnusedMs { get; init; }
}

/// <summary>Some options of a queue: those that a declaration or an update speaks about; the others are null.</summary>
public sealed record QueueOptionSet
{
    public long? LeaseMs { get; init; }

    public int? DeliveriesMax { get; init; }

    public QueueBackoff? Backoff { get; init; }

    public long? BackoffMs { get; init; }

    public long? BackoffMsMax { get; init; }

    public string? DeadLetterQueue { get; init; }

    public long? MessageTtlMs { get; init; }

    public long? MessagesMax { get; init; }

    public long? BytesMax { get; init; }

    public QueueWhenFull? WhenFull { get; init; }

    public long? DedupWindowMs { get; init; }

    public QueueDurability? Durability { get; init; }

    public int? Priorities { get; init; }

    public int? InFlightPerGroup { get; init; }

    public int? PerSecondPerGroup { get; init; }

    public long? UnusedMs { get; init; }
}
