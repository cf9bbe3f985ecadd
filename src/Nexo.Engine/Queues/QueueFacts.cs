namespace Nexo.Engine.Queues;

/// <summary>A queue's definition.</summary>
/// <param name="Revision">Counts up with each change of its options; begins at 1.</param>
public sealed record QueueDefinition(string Name, ulong Revision, QueueOptions Options);

/// <summary>The answer to a declaration.</summary>
/// <param name="Created">False: it was there.</param>
/// <param name="Definition">As it is now, also when it conflicts; null: refused for another reason.</param>
/// <param name="Difference">The first option that is different, or out of range.</param>
/// <param name="Message">For people: which option, what is there, and what was asked for or would be in range; else empty.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct QueueDeclared(
    bool Created, QueueDefinition? Definition, QueueOption Difference, string Message, bool Waits);

/// <summary>One line of a list of queues.</summary>
public sealed record QueueSummary(string Name, QueuePausedParts Paused, long Ready, long Leased, long Delayed, long Dead);

/// <summary>What of a queue is stopped.</summary>
[Flags]
public enum QueuePausedParts : byte
{
    None = 0,
    Pushes = 1,
    Deliveries = 2,
}

/// <summary>What there is to know about one queue, or about all together; reading it costs the same however much is in it.</summary>
public sealed record QueueStats
{
    public long Ready { get; init; }

    public long Leased { get; init; }

    public long Delayed { get; init; }

    public long Dead { get; init; }

    /// <summary>Since the oldest message that is ready came, ms; 0: none is.</summary>
    public long OldestAgeMs { get; init; }

    public long Consumers { get; init; }

    public long Groups { get; init; }

    /// <summary>Memory for its messages.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Messages on disk only.</summary>
    public long DiskBytes { get; init; }

    /// <summary>Bodies, headers and keys of all messages that are not dead.</summary>
    public long MessageBytes { get; init; }

    public QueuePausedParts Paused { get; init; }

    public long Pushed { get; init; }

    public long Delivered { get; init; }

    public long Redelivered { get; init; }

    public long Acked { get; init; }

    public long Nacked { get; init; }

    /// <summary>Leases that ended without a settlement.</summary>
    public long LeasesExpired { get; init; }

    public long DeadLettered { get; init; }

    public long Duplicates { get; init; }

    public long Rejected { get; init; }

    public long Expired { get; init; }

    /// <summary>Averages over the last ten seconds or so.</summary>
    public double PushedPerSecond { get; init; }

    public double DeliveredPerSecond { get; init; }

    public double AckedPerSecond { get; init; }
}
