namespace Nexo.Storage;

/// <summary>How much a notice matters.</summary>
public enum StorageLevel
{
    Information,
    Warning,
    Error,
}

/// <summary>Is told what happens to the files, for the log of the program. Calls come from any thread; do not block.</summary>
public interface IStorageObserver
{
    /// <summary>One event in one line of text: what, where (file and offset), and what follows from it.</summary>
    void Notice(StorageLevel level, string message);

    /// <summary>Recovery goes on: bytes read of those that there are, and records applied so far.</summary>
    void Progress(long bytesDone, long bytesTotal, long records);
}
