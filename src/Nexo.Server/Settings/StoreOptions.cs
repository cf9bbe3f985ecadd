using Nexo.Engine.Store;

namespace Nexo.Server;

/// <summary>What a write to the store waits for before it is acknowledged.</summary>
public enum StoreDurability
{
    /// <summary><see cref="Interval"/> where there is a data directory, else <see cref="Memory"/>.</summary>
    Auto,

    /// <summary>Nothing: entries live in memory and end with the process.</summary>
    Memory,

    /// <summary>Nothing, and it is on disk within <see cref="StorageOptions.SyncIntervalMs"/>.</summary>
    Interval,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync,
}

/// <summary>How the store keeps its entries.</summary>
public sealed record StoreOptions
{
    public StoreDurability Durability { get; init; } = StoreDurability.Auto;

    /// <summary>Memory for entries and the structures over them; 0: no limit.</summary>
    public long MaxMemory { get; init; }

    /// <summary>What happens to a write when <see cref="MaxMemory"/> is reached.</summary>
    public StoreEviction Eviction { get; init; } = StoreEviction.Refuse;

    /// <summary>Number of shards, a power of two; 0: chosen from the number of cores.</summary>
    public int Shards { get; init; }
}
