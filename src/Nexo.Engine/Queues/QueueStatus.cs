namespace Nexo.Engine.Queues;

/// <summary>How a command of the queues ended. An expected refusal is a value here, never an exception.</summary>
public enum QueueStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The name has not 1 to 255 bytes of UTF-8 without control characters.</summary>
    NameInvalid,

    /// <summary>There is no such queue, and it is not made by itself.</summary>
    NotFound,

    /// <summary>The queue is there with another option, or with another revision than was expected.</summary>
    Conflict,

    /// <summary>An option is out of its range.</summary>
    OptionOutOfRange,

    /// <summary>The dead-letter target leads back to the queue itself.</summary>
    DeadLetterCycle,

    /// <summary>The queue takes no messages until it is resumed.</summary>
    Paused,

    /// <summary>The queue has as many messages, or bytes, as it may.</summary>
    Full,

    /// <summary>Only deleted if empty, or if unused, and it is not.</summary>
    InUse,

    /// <summary>There are as many queues as there may be.</summary>
    TooManyQueues,

    /// <summary>The body, or the headers, are longer than <see cref="QueueLimits"/> allow.</summary>
    MessageTooLarge,

    /// <summary>The priority is not one that the queue has.</summary>
    PriorityOutOfRange,

    /// <summary>The delay is negative or beyond <see cref="QueueLimits.DelayMsMax"/>, or given in two forms.</summary>
    DelayOutOfRange,

    /// <summary>The time to live is below 1 ms or beyond <see cref="QueueLimits.DelayMsMax"/>.</summary>
    TtlOutOfRange,

    /// <summary>The lease is below 1 s or above 12 h.</summary>
    LeaseOutOfRange,

    /// <summary>The dedup id is empty or longer than <see cref="QueueLimits.DedupIdBytesMax"/>.</summary>
    DedupIdInvalid,

    /// <summary>The group key is empty or longer than <see cref="QueueLimits.GroupBytesMax"/>.</summary>
    GroupInvalid,

    /// <summary>The reason is longer than <see cref="QueueLimits.ReasonBytesMax"/>.</summary>
    ReasonTooLong,

    /// <summary>
    /// The lease is not, or no longer, the message's: it has expired, was settled, or never was. Nothing was changed.
    /// </summary>
    LeaseLost,

    /// <summary>An argument is outside of what the command takes.</summary>
    InvalidArgument,

    /// <summary>The disk is full; what frees room still passes. Nothing was changed.</summary>
    DiskFull,

    /// <summary>The log has failed: nothing can be changed until the process starts anew.</summary>
    LogFailed,

    /// <summary>The process has as much memory as it may have, and the message cannot wait on disk. Nothing was changed.</summary>
    OutOfMemory,
}
