namespace Nexo.Engine.Store;

/// <summary>
/// Who watches which prefix. Read under a shard's lock on every change, so while nobody watches it costs one load;
/// written by copying.
/// </summary>
internal sealed class WatcherList
{
    private readonly Lock _gate = new();
    private volatile Watch[] _watches = [];

    public int Count => _watches.Length;

    public bool IsEmpty => _watches.Length == 0;

    public void Tell(StoreChangeKind change, ReadOnlySpan<byte> key, ulong version)
    {
        foreach (Watch watch in _watches)
        {
            if (key.StartsWith(watch.Prefix))
            {
                watch.Watcher.OnChange(change, key, version);
            }
        }
    }

    public void Add(Watch watch)
    {
        lock (_gate)
        {
            _watches = [.. _watches, watch];
        }
    }

    public void Remove(Watch watch)
    {
        lock (_gate)
        {
            _watches = [.. _watches.Where(other => other != watch)];
        }
    }

    internal sealed class Watch(byte[] prefix, IStoreWatcher watcher)
    {
        public byte[] Prefix => prefix;

        public IStoreWatcher Watcher => watcher;
    }
}
