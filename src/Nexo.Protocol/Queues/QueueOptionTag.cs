namespace Nexo.Protocol;

/// <summary>
/// The options of a queue's definition. Each is a <c>u64</c> of eight bytes but for
/// <see cref="DeadLetterQueue"/>, which is a name. Numbers are append-only.
/// </summary>
public enum QueueOptionTag : ushort
{
    /// <summary>How long a consumer has a message before it goes to another, in ms.</summary>
    LeaseMs = 1,

    /// <summary>Failures after which a message becomes a dead letter; 0: never.</summary>
    DeliveriesMax = 2,

    /// <summary>A <see cref="BackoffKind"/>.</summary>
    BackoffKind = 3,

    /// <summary>The first pause after a failure, in ms.</summary>
    BackoffMs = 4,

    /// <summary>The longest pause after a failure, in ms.</summary>
    BackoffMsMax = 5,

    /// <summary>UTF-8: the queue that keeps the dead letters; empty: this one.</summary>
    DeadLetterQueue = 6,

    /// <summary>The life of a message that names none itself, in ms; 0: for ever.</summary>
    MessageTtlMs = 7,

    /// <summary>Most messages, dead letters not counted; 0: no limit.</summary>
    MessagesMax = 8,

    /// <summary>Most bytes of those messages; 0: no limit.</summary>
    BytesMax = 9,

    /// <summary>A <see cref="FullQueueAction"/>.</summary>
    WhenFull = 10,

    /// <summary>How long the id of a message stands against a duplicate, in ms; 0: not at all.</summary>
    DedupWindowMs = 11,

    /// <summary>A <see cref="Protocol.Durability"/> but the server's default.</summary>
    Durability = 12,

    /// <summary>How many priorities there are: 0 to one less, and the highest goes first.</summary>
    Priorities = 13,

    /// <summary>Messages of one group that may be leased at once, 1 for order within it; 0: no limit.</summary>
    GroupInFlightMax = 14,

    /// <summary>Deliveries of one group in a second; 0: no limit.</summary>
    GroupPerSecondMax = 15,

    /// <summary>The queue is deleted after so many ms without use; 0: never. For queues of replies.</summary>
    UnusedMs = 16,
}

/// <summary>How the pause before the next delivery of a message that failed grows.</summary>
public enum BackoffKind : byte
{
    /// <summary>No pause.</summary>
    None = 0,

    /// <summary>The same each time.</summary>
    Fixed = 1,

    /// <summary>Doubled with each failure up to the longest, of which a random part is taken off.</summary>
    Exponential = 2,
}

/// <summary>What becomes of a push to a full queue.</summary>
public enum FullQueueAction : byte
{
    /// <summary>It is refused with <see cref="ErrorCode.QueueFull"/>.</summary>
    Reject = 0,

    /// <summary>It is accepted as a dead letter.</summary>
    DeadLetter = 1,
}
