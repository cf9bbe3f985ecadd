using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <summary>What the store does with a write when its memory limit is reached.</summary>
public enum StoreEviction
{
    /// <summary>Answers <see cref="StoreStatus.OutOfMemory"/>; reads and deletes go on.</summary>
    Refuse,

    /// <summary>Removes entries that were not used lately.</summary>
    Evict,
}

/// <summary>Every bound of the store.</summary>
public sealed record StoreLimits
{
    /// <summary>Longest key, and longest field of a hash.</summary>
    public int KeyBytesMax { get; init; } = 65_536;

    /// <summary>Longest value, and longest value of a field. A frame of 16 MiB holds one with its key.</summary>
    public int ValueBytesMax { get; init; } = (16 * 1_024 * 1_024) - (64 * 1_024) - 1_024;

    /// <summary>Memory for entries and the structures over them; 0: no limit.</summary>
    public long MemoryBytesMax { get; init; }

    /// <summary>What happens at the memory limit.</summary>
    public StoreEviction Eviction { get; init; }

    /// <summary>Number of shards, a power of two up to 256; 0: four per core, at least 16.</summary>
    public int Shards { get; init; }

    /// <summary>The furthest expiry, from now.</summary>
    public long ExpiryMsMax { get; init; } = 100L * 365 * 24 * 3_600 * 1_000;

    /// <summary>What the process may take.</summary>
    public MemoryCap Cap { get; init; } = MemoryCap.None;

    internal StoreTuning Tuning { get; init; } = new();
}
