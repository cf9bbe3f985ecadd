namespace Nexo.Engine.Store;

/// <content>Hiding the wait for memory behind other keys' waits.</content>
internal sealed partial class StoreShard
{
    /// <summary>
    /// Asks for the buckets that commands on these hashes will read. Under the lock, since a table may only be read there.
    /// </summary>
    /// <param name="hashes">Those of the pipeline, of this shard and of others.</param>
    /// <param name="first">One more than the place in <paramref name="hashes"/> of the first that is this shard's.</param>
    /// <param name="next">For each such number the next one; 0 ends the chain.</param>
    public void PrefetchBuckets(ReadOnlySpan<ulong> hashes, int first, ReadOnlySpan<byte> next)
    {
        lock (_gate)
        {
            for (int i = first; i != 0; i = next[i])
            {
                _table.PrefetchBucket(hashes[i - 1]);
            }
        }
    }

    /// <summary>Asks for the entries that the buckets name; like <see cref="PrefetchBuckets"/>, when those have come.</summary>
    public void PrefetchEntries(ReadOnlySpan<ulong> hashes, int first, ReadOnlySpan<byte> next)
    {
        lock (_gate)
        {
            for (int i = first; i != 0; i = next[i])
            {
                _table.PrefetchEntry(_arena, hashes[i - 1]);
            }
        }
    }
}
