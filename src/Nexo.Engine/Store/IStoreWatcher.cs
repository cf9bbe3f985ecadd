namespace Nexo.Engine.Store;

/// <summary>What happened to an entry. The numbers are those of the wire.</summary>
public enum StoreChangeKind : byte
{
    /// <summary>Created or changed.</summary>
    Set = 1,

    /// <summary>Deleted by a command.</summary>
    Deleted = 2,

    /// <summary>Its time was over.</summary>
    Expired = 3,

    /// <summary>Removed to make room.</summary>
    Evicted = 4,
}

/// <summary>Is told of every change to the keys under its prefix, in order for each key.</summary>
public interface IStoreWatcher
{
    /// <summary>
    /// Called under the lock of the key's shard: copy what is needed, do not block, do not call the store. The key's
    /// bytes are valid only during the call. <paramref name="version"/> is that of the entry after a set, or as it
    /// was when removed.
    /// </summary>
    void OnChange(StoreChangeKind change, ReadOnlySpan<byte> key, ulong version);
}
