namespace Nexo.Server;

/// <summary>How the data directory is written.</summary>
public sealed record StorageOptions
{
    /// <summary>How long a write that nobody waits for may stay unsynced.</summary>
    public int SyncIntervalMs { get; init; } = 1_000;

    /// <summary>Size of a segment of the write-ahead log.</summary>
    public int SegmentBytes { get; init; } = 64 * 1_024 * 1_024;

    /// <summary>Records that wait to be written; past it connections that write are not read.</summary>
    public int PendingBytesMax { get; init; } = 16 * 1_024 * 1_024;

    /// <summary>
    /// Growth of the log since the last snapshot that begins the next one; never less than the size of the last.
    /// </summary>
    public long SnapshotWalBytes { get; init; } = 256L * 1_024 * 1_024;

    /// <summary>Time since the last snapshot after which the next one begins, if anything was logged; 0: never.</summary>
    public int SnapshotIntervalMs { get; init; } = 3_600_000;

    /// <summary>Most bytes of a snapshot that are written in a second; 0: as fast as the disk takes them.</summary>
    public long SnapshotRate { get; init; } = 128L * 1_024 * 1_024;
}
