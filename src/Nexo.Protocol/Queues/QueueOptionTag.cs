namespace Nexo.Protocol;

/// <summary>
/// The options of a queue's definition. Each is a <c>u64</c> of eight bytes but for
/// <see cref="DeadLetterQueue"/>, which is a name. Numbers are append-only.
/// </summary>
public enum QueueOptionTag : ushort
{
    /// <summary>How long a consumer has a message before it goes to another, in ms.</summary>
    LeaseMs = 1,

    /// <summary>Deliveries that may fail before the message becomes a dead letter; 0: no limit.</summary>
    DeliveriesMax = 2,

    /// <summary>A <see cref="QueueBackoff"/>.</summary>
    BackoffKind = 3,

    /// <summary>The first pause after a failure, in ms.</summary>
    BackoffMs = 4,

    /// <summary>The longest pause after a failure, in ms.</summary>
    BackoffMsMax = 5,

    /// <summary>UTF-8: the queue that dead letters are pushed to; empty: they are kept with this one.</summary>
    DeadLetterQueue = 6,

    /// <summary>The life of a message that names none itself, in ms; 0: for ever.</summary>
    MessageTtlMs = 7,

    /// <summary>Most messages that wait, dead letters not counted; 0: no limit.</summary>
    MessagesMax = 8,

    /// <summary>Most bytes of messages that wait; 0: no limit.</summary>
    BytesMax = 9,

    /// <summary>A <see cref="QueueWhenFull"/>.</summary>
    WhenFull = 10,

    /// <summary>How long the id of a message stands against a duplicate, in ms; 0: not at all.</summary>
    DedupWindowMs = 11,

    /// <summary>A <see cref="Protocol.Durability"/> but the server's default.</summary>
    Durability = 12,

    /// <summary>How many priorities there are: 0 to this less 1.</summary>
    Priorities = 13,

    /// <summary>Messages of one group that may be leased at once; 1 keeps a group in order.</summary>
    GroupInFlightMax = 14,

    /// <summary>Deliveries of one group in a second; 0: no limit.</summary>
    GroupPerSecondMax = 15,

    /// <summary>The queue is deleted after so many ms without use; 0: never. For queues of replies.</summary>
    UnusedMs = 16,
}

/// <summary>How the pause before the next delivery of a message that failed grows.</summary>
public enum QueueBackoff : byte
{
    /// <summary>No pause.</summary>
    None = 0,

    /// <summary>The same each time.</summary>
    Fixed = 1,

    /// <summary>Doubled each time up to the longest, with a random part taken off it.</summary>
    Exponential = 2,
}

/// <summary>What becomes of a push to a full queue.</summary>
public enum QueueWhenFull : byte
{
    /// <summary>It is refused with <see cref="ErrorCode.QueueFull"/>.</summary>
    Reject = 0,

    /// <summary>It is accepted as a dead letter.</summary>
    DeadLetter = 1,
}
