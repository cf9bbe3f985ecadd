namespace Nexo.Engine.Queues;

/// <summary>
/// Sizes inside the queues that users do not set. Tests make them small, so that every border is crossed.
/// </summary>
internal sealed record QueueTuning
{
    /// <summary>Bytes of an arena's page; a power of two, up to 1 MiB.</summary>
    public int PageBytes { get; init; } = 256 * 1_024;

    /// <summary>Highest page id of a shard; what a reference has no bits for is cut off.</summary>
    public int PageIdMax { get; init; } = int.MaxValue;

    /// <summary>Messages that are pushed, delivered, settled, timed out or freed under one hold of a lock.</summary>
    public int HoldMessagesMax { get; init; } = 256;

    /// <summary>Holds of a lock after which a dispatch that finds more and more to do goes on on another thread.</summary>
    public int DispatchHoldsMax { get; init; } = 64;

    /// <summary>Messages that are only looked at under one hold of a lock.</summary>
    public int HoldLooksMax { get; init; } = 1_024;

    /// <summary>Bytes of messages after which a hold that copies them ends.</summary>
    public int HoldBytesMax { get; init; } = 256 * 1_024;

    /// <summary>Messages that one tick times out, and again that it frees, at most, over all shards.</summary>
    public int TickStepsMax { get; init; } = 65_536;

    /// <summary>Queues of a shard that one tick looks after.</summary>
    public int TickQueuesMax { get; init; } = 64;

    /// <summary>Dead letters that one page of a list looks at.</summary>
    public int PageLooksMax { get; init; } = 4_096;
}
