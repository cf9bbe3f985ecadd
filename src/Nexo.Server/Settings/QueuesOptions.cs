namespace Nexo.Server;

/// <summary>What a push, and whatever settles a message, waits for before it is acknowledged.</summary>
public enum QueuesDurability
{
    /// <summary><see cref="Fsync"/> where there is a data directory, else <see cref="Memory"/>.</summary>
    Auto,

    /// <summary>Nothing: messages live in memory and end with the process.</summary>
    Memory,

    /// <summary>Nothing, and it is on disk within <see cref="StorageOptions.SyncIntervalMs"/>.</summary>
    Interval,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync,
}

/// <summary>How queues are made and kept that are not declared otherwise.</summary>
public sealed record QueuesOptions
{
    /// <summary>Whether a push or a consumer makes a queue that is not there.</summary>
    public bool AutoCreate { get; init; } = true;

    /// <summary>Of queues that are made by themselves, or declared without saying so.</summary>
    public QueuesDurability Durability { get; init; } = QueuesDurability.Auto;

    /// <summary>Waiting messages of all queues that are kept in memory; the others wait on disk, if there is one.</summary>
    public long MemoryBytesMax { get; init; } = 64 * 1_024 * 1_024;

    /// <summary>Queues there may be.</summary>
    public int QueuesMax { get; init; } = 100_000;
}
