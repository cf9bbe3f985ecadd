using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>How a message is pushed. At most one of <see cref="Delay"/> and <see cref="DueAt"/>.</summary>
public readonly record struct QueuePushOptions
{
    /// <summary>0, the lowest, unless it is given; the highest of the queue goes first (9 of a queue with the
    /// defaults).</summary>
    public int Priority { get; init; }

    /// <summary>Not delivered before so long from now; counted in whole milliseconds.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Not delivered before this moment; the past is at once.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Becomes a dead letter when it is not settled after so long: 1 ms or more. As the queue says unless it is
    /// given.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>1 to 255 bytes: a second message with the same id, within the queue's window, is a duplicate and is not
    /// added. A push that has one may be repeated at will.</summary>
    public NexoKey DedupId { get; init; }

    /// <summary>1 to 255 bytes: messages of one group are delivered in their order, one at a time, and groups in
    /// turn.</summary>
    public NexoKey Group { get; init; }

    /// <summary>Travel with the message. Names are lower-case, 1 to 255 bytes; all together have 65,535 bytes at most.
    /// The trace of the activity that pushes is added, unless a <c>traceparent</c> is given.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>>? Headers { get; init; }
}

/// <summary>A message of a batch.</summary>
/// <param name="Body">What it says.</param>
/// <param name="Options">How it is pushed.</param>
public readonly record struct QueueMessage<T>(T Body, QueuePushOptions Options = default);

/// <summary>What became of a push.</summary>
/// <param name="Outcome">Accepted, a duplicate, or at once a dead letter.</param>
/// <param name="MessageId">Its id: ids of a queue ascend, and begin at 1. Of a duplicate the first message's.</param>
public readonly record struct QueuePushResult(PushOutcome Outcome, ulong MessageId)
{
    /// <summary>True when a message with the same dedup id came before: nothing was added.</summary>
    public bool IsDuplicate => Outcome == PushOutcome.Duplicate;

    /// <summary>True when the queue is full and set to keep what comes then as dead letters: it is one.</summary>
    public bool IsDeadLetter => Outcome == PushOutcome.DeadLettered;
}

/// <summary>What became of one message of a batch.</summary>
/// <param name="Error">Why it was refused; else none.</param>
/// <param name="Outcome">Accepted, a duplicate, or at once a dead letter.</param>
/// <param name="MessageId">Its id; of a duplicate the first message's; 0 when it was refused.</param>
public readonly record struct QueuePushItem(ErrorCode Error, PushOutcome Outcome, ulong MessageId)
{
    /// <summary>True when it is in the queue, now or since before.</summary>
    public bool IsPushed => Error == ErrorCode.None;

    /// <summary>True when a message with the same dedup id came before: nothing was added.</summary>
    public bool IsDuplicate => Outcome == PushOutcome.Duplicate;
}
