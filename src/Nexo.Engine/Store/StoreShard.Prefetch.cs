namespace Nexo.Engine.Store;

/// <content>Hiding the wait for memory behind other keys' waits.</content>
internal sealed partial class StoreShard
{
    /// <summary>
    /// Asks for the lines that commands on these hashes will touch: first for all buckets, then, when those have come, for
    /// the entries that they name. Under the lock, since a table may only be read there.
    /// </summary>
    /// <param name="first">One more than the place in <paramref name="hashes"/> of the first that is this shard's.</param>
    /// <param name="next">For each such number the next one; 0 ends the chain.</param>
    public void Prefetch(ReadOnlySpan<ulong> hashes, int first, ReadOnlySpan<byte> next)
    {
        lock (_gate)
        {
            for (int i = first; i != 0; i = next[i])
            {
                _table.PrefetchBucket(hashes[i - 1]);
            }

            for (int i = first; i != 0; i = next[i])
            {
                _table.PrefetchEntry(_arena, hashes[i - 1]);
            }
        }
    }
}
