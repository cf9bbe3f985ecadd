using System.Collections.Concurrent;

namespace Nexo.Storage.Tests.Log;

/// <summary>Keeps what it is told.</summary>
internal sealed class Notices : IStorageObserver
{
    private readonly ConcurrentQueue<(StorageLevel Level, string Message)> _all = new();

    public IReadOnlyCollection<(StorageLevel Level, string Message)> All => _all;

    public int ProgressCalls { get; private set; }

    public void Notice(StorageLevel level, string message) => _all.Enqueue((level, message));

    public void Progress(long bytesDone, long bytesTotal, long records) => ProgressCalls++;
}
