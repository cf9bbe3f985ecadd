using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>Where streams keep their records.</summary>
/// <param name="Disk">The data directory.</param>
/// <param name="LogId">That of its write-ahead log.</param>
/// <param name="Observer">Takes what there is to tell.</param>
public sealed record StreamDisk(IDisk Disk, ulong LogId, IStorageObserver Observer)
{
    /// <summary>Has something done soon, on another thread.</summary>
    public Action<Action> Schedule { get; init; } = work =>
        ThreadPool.UnsafeQueueUserWorkItem(static state => state(), work, preferLocal: false);
}
