using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Nexo.Engine.Topics;

/// <summary>
/// Topics that were published to lately. A look-up takes no lock; it may miss a topic that is being moved, so who has missed one asks
/// again with <see cref="FindOrAdd"/>. Full, by their number or by their bytes, it forgets some that were not used
/// for a while (clock).
/// </summary>
internal sealed class TopicCache(int topicsMax, ReceiverSets sets)
{
    private const int BucketsAtFirst = 1_024;
    private const int HashBits = 64;

    // Topics are shorter than this, as a rule: so the bound of their number is the one that counts.
    private const int TopicBytesUsual = 256;

    // So many are gone through under one hold of the lock.
    private const int PageBuckets = 4_096;

    private static readonly Comparer<TopicEntry> ByHash =
        Comparer<TopicEntry>.Create((left, right) => left.Hash.CompareTo(right.Hash));

    private readonly Lock _gate = new();
    private Buckets _buckets = new(BucketsAtFirst);
    private int _count;
    private long _bytes;
    private int _hand;
    private int _swept;

    public int Count => Volatile.Read(ref _count);

    public bool TryFind(ReadOnlySpan<byte> topic, ulong hash, [NotNullWhen(true)] out TopicEntry? entry)
    {
        entry = Volatile.Read(ref _buckets).First(hash);
        while (entry != null && !entry.Is(topic, hash))
        {
            entry = entry.Next;
        }

        return entry != null;
    }

    public TopicEntry FindOrAdd(ReadOnlySpan<byte> topic, ulong hash, TopicShard shard)
    {
        lock (_gate)
        {
            if (TryFind(topic, hash, out TopicEntry? entry))
            {
                return entry;
            }

            while (_count >= topicsMax || (_count > 0 && _bytes + topic.Length > (long)topicsMax * TopicBytesUsual))
            {
                EvictOne();
            }

            if (_count >= _buckets.Length)
            {
                Grow();
            }

            entry = new TopicEntry(topic.ToArray(), hash, shard);
            _buckets.Insert(entry);
            _bytes += topic.Length;
            Volatile.Write(ref _count, _count + 1);
            return entry;
        }
    }

    /// <summary>A filter without wildcards has changed: its topic is looked up anew. Under the lock of the topic's shard.</summary>
    public void Forget(ReadOnlySpan<byte> topic, ulong hash)
    {
        if (_count > 0 && (TryFind(topic, hash, out TopicEntry? entry) || TryFindMoved(topic, hash, out entry)))
        {
            entry.Forget(sets);
        }
    }

    /// <summary>Topics in the order of their hashes, from <paramref name="from"/>.</summary>
    /// <returns>The hash that the next page begins at; 0: there are no more.</returns>
    public ulong Page(ulong from, int limit, List<TopicEntry> entries)
    {
        lock (_gate)
        {
            for (int i = _buckets.IndexOf(from), end = (int)Math.Min(_buckets.Length, (long)i + PageBuckets); i < end; i++)
            {
                int sorted = entries.Count;
                for (TopicEntry? entry = _buckets[i]; entry != null; entry = entry.Next)
                {
                    if (entry.Hash >= from)
                    {
                        entries.Add(entry);
                    }
                }

                entries.Sort(sorted, entries.Count - sorted, ByHash);
                if (entries.Count > limit)
                {
                    ulong next = entries[limit].Hash;
                    entries.RemoveRange(limit, entries.Count - limit);
                    return next;
                }
            }

            int passed = _buckets.IndexOf(from) + PageBuckets;
            return passed >= _buckets.Length ? 0 : (ulong)passed << _buckets.Shift;
        }
    }

    /// <summary>Topics of some buckets, the next ones at each call.</summary>
    public void Sweep(int bucketsMax, List<TopicEntry> entries)
    {
        lock (_gate)
        {
            for (int i = 0; i < Math.Min(bucketsMax, _buckets.Length); i++)
            {
                _swept = (_swept + 1) & (_buckets.Length - 1);
                for (TopicEntry? entry = _buckets[_swept]; entry != null; entry = entry.Next)
                {
                    entries.Add(entry);
                }
            }
        }
    }

    private bool TryFindMoved(ReadOnlySpan<byte> topic, ulong hash, [NotNullWhen(true)] out TopicEntry? entry)
    {
        lock (_gate)
        {
            return TryFind(topic, hash, out entry);
        }
    }

    private void EvictOne()
    {
        while (true)
        {
            _hand = (_hand + 1) & (_buckets.Length - 1);
            for (TopicEntry? entry = _buckets[_hand]; entry != null; entry = entry.Next)
            {
                if (entry.IsUsed)
                {
                    entry.IsUsed = false;
                    continue;
                }

                _buckets.Remove(entry);
                _bytes -= entry.Topic.Length;
                entry.Evict(sets);
                Volatile.Write(ref _count, _count - 1);
                return;
            }
        }
    }

    private void Grow()
    {
        var larger = new Buckets(_buckets.Length * 2);
        for (int i = 0; i < _buckets.Length; i++)
        {
            TopicEntry? entry = _buckets[i];
            while (entry != null)
            {
                // A reader who stands here goes on in the new chain, which ends too.
                TopicEntry? next = entry.Next;
                larger.Insert(entry);
                entry = next;
            }
        }

        Volatile.Write(ref _buckets, larger);
    }

    private sealed class Buckets(int length)
    {
        private readonly TopicEntry?[] _first = new TopicEntry?[length];

        public int Length => _first.Length;

        /// <summary>The top bits of a hash are its bucket: so buckets, and twice as many, have the hashes in the same order.</summary>
        public int Shift { get; } = HashBits - BitOperations.Log2((uint)length);

        public TopicEntry? this[int index] => _first[index];

        public int IndexOf(ulong hash) => (int)(hash >> Shift);

        public TopicEntry? First(ulong hash) => Volatile.Read(ref _first[hash >> Shift]);

        public void Insert(TopicEntry entry)
        {
            ref TopicEntry? first = ref _first[IndexOf(entry.Hash)];
            entry.Next = first;
            Volatile.Write(ref first, entry);
        }

        public void Remove(TopicEntry entry)
        {
            ref TopicEntry? first = ref _first[IndexOf(entry.Hash)];
            if (ReferenceEquals(first, entry))
            {
                Volatile.Write(ref first, entry.Next);
                return;
            }

            TopicEntry before = first!;
            while (!ReferenceEquals(before.Next, entry))
            {
                before = before.Next!;
            }

            before.Next = entry.Next;
        }
    }
}
