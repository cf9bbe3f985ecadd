using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>Takes nothing of what the storage tells, and ends long work on files when it is to stop.</summary>
internal sealed class StopObserver(CancellationToken stop) : IStorageObserver
{
    public void Notice(StorageLevel level, string message)
    {
    }

    /// <exception cref="OperationCanceledException">It is to stop.</exception>
    public void Progress(long bytesDone, long bytesTotal, long records) => stop.ThrowIfCancellationRequested();
}
