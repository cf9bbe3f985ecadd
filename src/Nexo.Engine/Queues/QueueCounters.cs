namespace Nexo.Engine.Queues;

/// <summary>What a queue counts. Plain numbers, guarded by the shard's lock.</summary>
internal struct QueueCounters
{
    public long Ready;
    public long Delayed;
    public long Leased;
    public long Dead;
    public long Dying;

    /// <summary>Of messages that are ready, delayed or leased.</summary>
    public long Bytes;
    public long MemoryBytes;
    public long Pushed;
    public long Delivered;
    public long Redelivered;
    public long Acked;
    public long Nacked;
    public long LeasesExpired;
    public long DeadLettered;
    public long Duplicates;
    public long Rejected;
    public long Expired;

    /// <summary>Messages that the queue's limits are about.</summary>
    public readonly long Live => Ready + Delayed + Leased;

    public readonly long All => Live + Dead + Dying;
}
