namespace Nexo.Engine.Store;

/// <summary>
/// Counters and sizes, summed over the shards when read. Each is exact; together they are of no one moment.
/// </summary>
public readonly record struct StoreStats
{
    /// <summary>Entries, those due but not yet removed included.</summary>
    public long Entries { get; init; }

    public long EntriesWithExpiry { get; init; }

    /// <summary>Bytes that entries and structures occupy; what <see cref="MemoryBytesMax"/> bounds.</summary>
    public long UsedBytes { get; init; }

    /// <summary>Bytes taken from the operating system for them.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>The limit; 0: none.</summary>
    public long MemoryBytesMax { get; init; }

    public long Hits { get; init; }

    public long Misses { get; init; }

    /// <summary>Writes that created or changed an entry.</summary>
    public long Sets { get; init; }

    /// <summary>Entries that commands deleted.</summary>
    public long Deletes { get; init; }

    public long Expired { get; init; }

    public long Evicted { get; init; }

    /// <summary>Writes refused with <see cref="StoreStatus.OutOfMemory"/>.</summary>
    public long Refused { get; init; }

    public int Watchers { get; init; }

    public int Shards { get; init; }
}
