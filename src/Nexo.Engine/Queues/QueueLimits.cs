using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>Every bound of the queues. Option ranges are with <see cref="QueueOptions"/>.</summary>
public sealed record QueueLimits
{
    public int NameBytesMax { get; init; } = 255;

    /// <summary>Queues in all.</summary>
    public int QueuesMax { get; init; } = 100_000;

    /// <summary>Longest body. A frame of 16 MiB holds one with its headers and keys.</summary>
    public int BodyBytesMax { get; init; } = (16 * 1_024 * 1_024) - (128 * 1_024);

    /// <summary>Longest header block.</summary>
    public int HeaderBytesMax { get; init; } = 65_535;

    public int DedupIdBytesMax { get; init; } = 255;

    public int GroupBytesMax { get; init; } = 255;

    public int ReasonBytesMax { get; init; } = 4_096;

    /// <summary>The furthest due time and the longest time to live, from now.</summary>
    public long DelayMsMax { get; init; } = 100L * 365 * 24 * 3_600 * 1_000;

    /// <summary>Items of one batch of pushes or settlements.</summary>
    public int BatchItemsMax { get; init; } = 65_536;

    /// <summary>Whether a push or a consumer makes a queue that is not there, with the defaults.</summary>
    public bool AutoCreate { get; init; } = true;

    /// <summary>What queues that are made by themselves, or declared without saying so, have as durability.</summary>
    public QueueDurability DurabilityDefault { get; init; } = QueueDurability.Fsync;

    /// <summary>
    /// Bytes of waiting messages over all queues that are kept in memory; beyond it what waits longest to be delivered
    /// goes to the disk, if there is one.
    /// </summary>
    public long MemoryBytesMax { get; init; } = 64 * 1_024 * 1_024;

    /// <summary>Number of shards, a power of two up to 256; 0: four per core, at least 16.</summary>
    public int Shards { get; init; }

    /// <summary>What the process may take.</summary>
    public MemoryCap Cap { get; init; } = MemoryCap.None;

    internal QueueTuning Tuning { get; init; } = new();
}
