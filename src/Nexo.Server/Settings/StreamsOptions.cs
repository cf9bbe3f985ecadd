namespace Nexo.Server;

/// <summary>What an append waits for before it is acknowledged, and readers with it.</summary>
public enum StreamsDurability
{
    /// <summary><see cref="Fsync"/> where there is a data directory, else <see cref="Memory"/>.</summary>
    Auto,

    /// <summary>Nothing: records end with the process.</summary>
    Memory,

    /// <summary>Nothing, and it is on disk within <see cref="StorageOptions.SyncIntervalMs"/>.</summary>
    Interval,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync,
}

/// <summary>How streams are made and kept that are not created otherwise.</summary>
public sealed record StreamsOptions
{
    /// <summary>Of streams that are created without saying so.</summary>
    public StreamsDurability Durability { get; init; } = StreamsDurability.Auto;

    /// <summary>Records of all streams where there is no data directory.</summary>
    public long MemoryBytesMax { get; init; } = 256L * 1_024 * 1_024;

    /// <summary>Streams there may be.</summary>
    public int StreamsMax { get; init; } = 100_000;

    /// <summary>Idempotent producers that a stream remembers.</summary>
    public int ProducersMax { get; init; } = 4_096;

    /// <summary>Keys of one stream of which versions can be expected.</summary>
    public int KeysMax { get; init; } = 8 * 1_024 * 1_024;

    /// <summary>Groups of one stream.</summary>
    public int GroupsPerStreamMax { get; init; } = 1_000;

    /// <summary>Records of a group that is shared by key which are out, or wait for others of their key or their next try.</summary>
    public int GroupWindow { get; init; } = 16_384;

    /// <summary>A stream is compacted when so much of it, in percent, has come since the last time.</summary>
    public int CompactionDirtyPercent { get; init; } = 50;

    /// <summary>Bytes a second that compaction reads and writes.</summary>
    public long CompactionRate { get; init; } = 32L * 1_024 * 1_024;
}
