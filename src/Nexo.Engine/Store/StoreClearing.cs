namespace Nexo.Engine.Store;

/// <summary>A deletion by prefix, done in slices: call <see cref="MoveNext"/> until it says false, and anything in between.</summary>
public sealed class StoreClearing
{
    private readonly StoreService _store;
    private readonly byte[] _prefix;

    internal StoreClearing(StoreService store, ReadOnlySpan<byte> prefix)
    {
        _store = store;
        _prefix = prefix.ToArray();
    }

    /// <summary>Entries deleted so far.</summary>
    public long Total { get; private set; }

    /// <summary>Does one bounded slice; false when finished.</summary>
    public bool MoveNext()
    {
        Total += _store.ClearAll(_prefix);
        return false;
    }
}
