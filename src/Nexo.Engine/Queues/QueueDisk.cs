using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>Where queues keep the messages that memory has no room for.</summary>
/// <param name="Disk">The data directory.</param>
/// <param name="LogId">That of its write-ahead log.</param>
/// <param name="Observer">Takes what there is to tell.</param>
public sealed record QueueDisk(IDisk Disk, ulong LogId, IStorageObserver Observer)
{
    /// <summary>Has something done soon, on another thread.</summary>
    public Action<Action> Schedule { get; init; } = work =>
        ThreadPool.UnsafeQueueUserWorkItem(static state => state(), work, preferLocal: false);

    /// <summary>Bytes of a priority that stay in memory when <see cref="QueueLimits.MemoryBytesMax"/> is used up.</summary>
    public long WindowBytesMin { get; init; } = 128 * 1_024;

    /// <summary>The part of the memory that a priority may take, as a divisor.</summary>
    public int WindowsMin { get; init; } = 16;
}
