namespace Nexo.Storage.Tests;

/// <summary>Keeps what the storage tells.</summary>
internal sealed class NoticeList : IStorageObserver
{
    public List<(StorageLevel Level, string Message)> Notices { get; } = [];

    public void Notice(StorageLevel level, string message) => Notices.Add((level, message));

    public void Progress(long bytesDone, long bytesTotal, long records)
    {
    }
}
