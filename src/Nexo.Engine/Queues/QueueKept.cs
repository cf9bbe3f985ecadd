namespace Nexo.Engine.Queues;

/// <summary>Which messages of a queue.</summary>
[Flags]
public enum QueuePart : byte
{
    None = 0,
    Ready = 1,
    Delayed = 2,
    Dead = 4,
    Leased = 8,
}

/// <summary>Why a message died. The numbers are on disk and on the wire.</summary>
public enum QueueDeadCause : ushort
{
    None = 0,

    /// <summary>It failed as often as it may.</summary>
    MaxDeliveries = 1,

    /// <summary>Its time to live was over.</summary>
    Expired = 2,

    /// <summary>A consumer said so.</summary>
    Rejected = 3,

    /// <summary>The queue was full when it came.</summary>
    QueueFull = 4,

    /// <summary>Its consumers were lost too often while they had it.</summary>
    ConsumerLost = 5,
}

/// <summary>
/// A message as it lies in the queue, for looking at; bytes are borrowed for the call. Moments are wall clock, Unix ms.
/// </summary>
public ref struct QueueKept
{
    public ulong MessageId { get; init; }

    public long EnqueuedAtMs { get; init; }

    /// <summary>Of a delayed one when it is due, of a leased one when its lease ends; else 0.</summary>
    public long VisibleAtMs { get; init; }

    /// <summary>0: never.</summary>
    public long ExpiresAtMs { get; init; }

    /// <summary>Deliveries so far.</summary>
    public uint Attempts { get; init; }

    public uint Failures { get; init; }

    public int Priority { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>Of a dead letter; else 0.</summary>
    public long DiedAtMs { get; init; }

    public QueueDeadCause Cause { get; init; }

    /// <summary>The queue in which it died, UTF-8.</summary>
    public ReadOnlySpan<byte> Source { get; init; }

    /// <summary>The reason of its last failure, UTF-8.</summary>
    public ReadOnlySpan<byte> Reason { get; init; }
}

/// <summary>Takes a page of messages under a lock: copy, do not block.</summary>
public interface IQueueKeptSink
{
    /// <summary>False ends the page before this one; the first one always fits.</summary>
    bool Add(in QueueKept message);
}

/// <summary>Which dead letters; all that is given must hold.</summary>
public sealed record QueueDeadFilter
{
    public static readonly QueueDeadFilter All = new();

    /// <summary>Null: any.</summary>
    public IReadOnlySet<ulong>? MessageIds { get; init; }

    public string? Source { get; init; }

    public QueueDeadCause? Cause { get; init; }

    /// <summary>A part of the reason, ordinal.</summary>
    public string? ReasonContains { get; init; }

    /// <summary>Died at or after, wall clock Unix ms.</summary>
    public long? FromMs { get; init; }

    /// <summary>Died before, wall clock Unix ms.</summary>
    public long? ToMs { get; init; }

    public uint? AttemptsMin { get; init; }
}
