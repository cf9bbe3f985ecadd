namespace Nexo.Engine.Store;

/// <summary>What a shard has done, counted under its lock.</summary>
internal struct ShardCounters
{
    public long Hits;
    public long Misses;
    public long Sets;
    public long Deletes;
    public long Expired;
    public long Evicted;
    public long Refused;

    public void CountRemoval(StoreChangeKind change)
    {
        switch (change)
        {
            case StoreChangeKind.Deleted:
                Deletes++;
                break;
            case StoreChangeKind.Expired:
                Expired++;
                break;
            case StoreChangeKind.Evicted:
                Evicted++;
                break;
            default:
                break;
        }
    }

    public void Add(in ShardCounters other)
    {
        Hits += other.Hits;
        Misses += other.Misses;
        Sets += other.Sets;
        Deletes += other.Deletes;
        Expired += other.Expired;
        Evicted += other.Evicted;
        Refused += other.Refused;
    }
}

/// <summary>Sums over the shards.</summary>
internal struct ShardTotals
{
    public long Entries;
    public long EntriesWithExpiry;
    public long UsedBytes;
    public long BlockBytes;
    public ShardCounters Counters;
}
