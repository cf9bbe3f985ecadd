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

    /// <summary>Does one bounded slice; false when finished.</summary>
    public bool MoveNext()
    {
        if (!_store.TryGetShard(_shard, out StoreShard? shard))
        {
            return false;
        }

        if (shard.Clear(_prefix, ref _last, ref _total) == SliceEnd.ShardDone)
        {
            _shard++;
            _last.Clear();
        }

        return true;
    }
}
