namespace Nexo.Engine.Queues;

/// <summary>Gives what is to be settled. Implemented by structs that hold their whole position.</summary>
public interface IQueueLeaseSource
{
    /// <summary>Takes the next; false at the end.</summary>
    bool TryTake(out ulong messageId, out ulong lease);
}

/// <summary>Takes the outcome of each settlement, in order, under a lock: copy, do not block.</summary>
public interface IQueueSettleSink
{
    /// <summary><paramref name="leaseEndsAtMs"/>: of an extension, on the wall clock; else 0.</summary>
    void Add(QueueStatus status, long leaseEndsAtMs);
}

/// <summary>What becomes of a message that is given back.</summary>
public enum QueueNack : byte
{
    /// <summary>A failure: it comes again after the queue's backoff.</summary>
    Backoff = 0,

    /// <summary>A failure: it comes again at once, in its old place.</summary>
    Now = 1,

    /// <summary>A failure: it comes again after the given delay.</summary>
    Delay = 2,

    /// <summary>Not a failure: it was not worked on, and comes again at once, in its old place.</summary>
    Release = 3,
}
