using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// What a queue is set to. An option that is null has the server's default when a queue is declared, and stays as it is
/// when one is updated; of a definition that the server told, all that it knows are given. Times go to the server in
/// whole milliseconds.
/// </summary>
public sealed record QueueOptions
{
    /// <summary>How long a delivered message belongs to its consumer: 1 s to 12 h; 30 s by default.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>Failures after which a message becomes a dead letter; 0: never. 5 by default.</summary>
    public int? DeliveriesMax { get; init; }

    /// <summary>How the pause before the next delivery of a message that failed grows; exponentially by default.</summary>
    public BackoffKind? Backoff { get; init; }

    /// <summary>The first pause after a failure; 1 s by default.</summary>
    public TimeSpan? BackoffDelay { get; init; }

    /// <summary>The longest pause after a failure; 60 s by default.</summary>
    public TimeSpan? BackoffDelayMax { get; init; }

    /// <summary>The queue that keeps the dead letters; empty, the default: this one.</summary>
    public string? DeadLetterQueue { get; init; }

    /// <summary>The life of messages that name none themselves; zero, the default: for ever.</summary>
    public TimeSpan? MessageTtl { get; init; }

    /// <summary>Most messages, dead letters not counted; 0, the default: no limit.</summary>
    public long? MessagesMax { get; init; }

    /// <summary>Most bytes of those messages; 0, the default: no limit.</summary>
    public long? BytesMax { get; init; }

    /// <summary>What becomes of a push when the queue is full; refused by default.</summary>
    public FullQueueAction? WhenFull { get; init; }

    /// <summary>How long a dedup id is remembered; zero: not at all. 5 min by default.</summary>
    public TimeSpan? DedupWindow { get; init; }

    /// <summary>What a push, and whatever settles a message, waits for; <see cref="Durability.Fsync"/> unless the server
    /// is set otherwise.</summary>
    public Durability? Durability { get; init; }

    /// <summary>How many priorities there are: 0 to one less, and the highest goes first. 1 to 256; 10 by
    /// default.</summary>
    public int? Priorities { get; init; }

    /// <summary>Messages of one group that may be leased at once: 1, the default, for order within it; 0: no
    /// limit.</summary>
    public int? GroupInFlightMax { get; init; }

    /// <summary>Deliveries of one group in a second; 0, the default: no limit.</summary>
    public int? GroupPerSecondMax { get; init; }

    /// <summary>The queue is deleted after so long without a consumer, a push or a message; zero, the default:
    /// never.</summary>
    public TimeSpan? UnusedFor { get; init; }
}

/// <summary>A queue's definition.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="Revision">Counts up with each change of the options; begins at 1.</param>
/// <param name="Options">All of its options.</param>
public sealed record QueueDefinition(string Name, ulong Revision, QueueOptions Options);

/// <summary>What became of a declaration.</summary>
/// <param name="Created">False: the queue was there, with the options that were given.</param>
/// <param name="Definition">The queue as it is.</param>
public readonly record struct QueueDeclaration(bool Created, QueueDefinition Definition);
