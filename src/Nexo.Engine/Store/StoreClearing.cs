namespace Nexo.Engine.Store;

/// <summary>
/// A deletion by prefix, done in slices: call <see cref="MoveNext"/> until it says false, and do other work in
/// between. Keys that are there all the while are deleted; those that come meanwhile may be.
/// </summary>
public sealed class StoreClearing
{
    private readonly StoreService _store;
    private readonly byte[] _prefix;
    private KeyBuffer _last;
    private int _shard;
    private long _total;

    internal StoreClearing(StoreService store, ReadOnlySpan<byte> prefix)
    {
        _store = store;
        _prefix = prefix.ToArray();
    }

    /// <summary>Entries deleted so far.</summary>
    public long Total => _total;

    /// <summary>
    /// <see cref="StoreStatus.DiskFull"/> or <see cref="StoreStatus.LogFailed"/>: the log takes no more of it, and what
    /// is left stays.
    /// </summary>
    public StoreStatus Status { get; private set; }

    /// <summary>Does one bounded slice; false when finished, see <see cref="Status"/>.</summary>
    public bool MoveNext()
    {
        if (Status != StoreStatus.Ok || !_store.TryGetShard(_shard, out StoreShard? shard))
        {
            return false;
        }

        switch (shard.Clear(_prefix, ref _last, ref _total))
        {
            case SliceEnd.ShardDone:
                _shard++;
                _last.Clear();
                break;
            case SliceEnd.DiskFull:
                Status = StoreStatus.DiskFull;
                return false;
            case SliceEnd.LogFailed:
                Status = StoreStatus.LogFailed;
                return false;
            default:
                break;
        }

        return true;
    }
}
