using System.Runtime.CompilerServices;

namespace Nexo.Engine.Store;

/// <content>For callers that know which keys come next: a pipeline of requests that was received together.</content>
public sealed partial class StoreService
{
    /// <summary>Most hashes that one <see cref="Prefetch"/> takes.</summary>
    public const int PrefetchMax = 64;

    /// <summary>What <see cref="Prefetch"/> knows a key by.</summary>
    public ulong HashOf(ReadOnlySpan<byte> key) => _hasher.Of(key);

    /// <summary>
    /// Brings what commands on keys with these hashes will touch into the processor's cache. In a store larger than the
    /// cache a command mostly waits for two lines of memory, one after the other; asked for together, the waits of many
    /// commands overlap. Changes nothing, and takes the lock of each shard concerned twice.
    /// </summary>
    [SkipLocalsInit]
    public void Prefetch(ReadOnlySpan<ulong> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hashes.Length, PrefetchMax);

        // Hashes of one shard form a chain of numbers, each one more than a place in `hashes`; 0 ends it.
        Span<byte> first = stackalloc byte[ShardsMax];
        Span<byte> next = stackalloc byte[PrefetchMax + 1];
        first[.._shards.Length].Clear();
        for (int i = 0; i < hashes.Length; i++)
        {
            int shard = ShardIndexOf(hashes[i]);
            next[i + 1] = first[shard];
            first[shard] = (byte)(i + 1);
        }

        for (int shard = 0; shard < _shards.Length; shard++)
        {
            if (first[shard] != 0)
            {
                _shards[shard].PrefetchBuckets(hashes, first[shard], next);
            }
        }

        for (int shard = 0; shard < _shards.Length; shard++)
        {
            if (first[shard] != 0)
            {
                _shards[shard].PrefetchEntries(hashes, first[shard], next);
            }
        }
    }
}
