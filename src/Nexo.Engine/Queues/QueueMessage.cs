namespace Nexo.Engine.Queues;

/// <summary>A message to be pushed; its bytes are borrowed for the call.</summary>
public ref struct QueueMessage
{
    /// <summary>0 up to one less than <see cref="QueueOptions.Priorities"/>; the highest goes first.</summary>
    public int Priority { get; init; }

    /// <summary>Not before so many milliseconds from now; null or 0: at once.</summary>
    public long? DelayMs { get; init; }

    /// <summary>Not before this moment, in Unix milliseconds of the wall clock; the past is at once. Not with a delay.</summary>
    public long? DueAtMs { get; init; }

    /// <summary>Discarded, or a dead letter, when it was not settled after so many milliseconds; null: as the queue says.</summary>
    public long? TtlMs { get; init; }

    /// <summary>Empty: none.</summary>
    public ReadOnlySpan<byte> DedupId { get; init; }

    /// <summary>Empty: none.</summary>
    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>The header block in the protocol's form, without its length; empty: none. Not looked into.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }
}

/// <summary>What became of a push that was not refused.</summary>
public enum QueuePushOutcome : byte
{
    Accepted = 1,

    /// <summary>A message with this dedup id came before: nothing was added.</summary>
    Duplicate = 2,

    /// <summary>The queue is full and set to <see cref="QueueWhenFull.DeadLetter"/>: it is there as a dead letter.</summary>
    DeadLettered = 3,
}

/// <summary>The answer to a push.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="MessageId">Its id; of a duplicate the first message's. Ids of a queue ascend, and begin at 1.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct QueuePushResult(QueuePushOutcome Outcome, ulong MessageId, bool Waits);

/// <summary>Gives the messages of a batch. Implemented by structs that hold their whole position.</summary>
public interface IQueueMessageSource
{
    /// <summary>Takes the next; false at the end. A message stays valid until the next call.</summary>
    bool TryTake(out QueueMessage message);
}

/// <summary>Takes the answers to a batch of pushes, in their order, under a lock: copy, do not block.</summary>
public interface IQueuePushSink
{
    /// <summary><paramref name="result"/> means something if <paramref name="status"/> is Ok.</summary>
    void Add(QueueStatus status, in QueuePushResult result);
}
