using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <summary>
/// All filters, and where the messages of topics go. Filters lie in shards by their first level, those that begin with a wildcard in
/// one of their own, which is asked for every topic. What a topic leads to is remembered as a route: a change of a filter without
/// wildcards takes the route of its topic away, any other makes all routes of its shard old.
/// </summary>
/// <remarks>Locks: a shard → the wide shard → the cache or the sets of receivers. A publish that finds a route takes none.</remarks>
internal sealed partial class TopicIndex : IDisposable
{
    public const int PageBytes = 16 * 1_024;

    private const int Shards = 64;

    // Of those with one target, one that wants the topic as the key is first: it is the one that is asked.
    private static readonly Comparison<TopicBinding> ByTarget =
        static (left, right) => (left.Target.Number, right.KeyByTopic).CompareTo((right.Target.Number, left.KeyByTopic));

    [ThreadStatic]
    private static TopicMatch? _match;

    private readonly KeyHash _hasher = KeyHash.Random();
    private readonly PagePool _pool = new(PageBytes);
    private readonly TopicShard[] _shards = new TopicShard[Shards];
    private readonly TopicShard _wide;
    private readonly TopicCache _cache;
    private readonly ReceiverSets _sets;
    private int _wildcards;
    private int _groups;

    public TopicIndex(TopicLimits limits)
    {
        var budget = new MemoryBudget(0, Shards + 1);
        for (int i = 0; i < Shards; i++)
        {
            _shards[i] = new TopicShard(i, _hasher, _pool, budget);
        }

        _wide = new TopicShard(Shards, _hasher, _pool, budget);
        _sets = new ReceiverSets(Subscribers, limits.CachedReceiversMax);
        _cache = new TopicCache(limits.CachedMax, _sets);
    }

    public SubscriberTable Subscribers { get; } = new();

    /// <summary>Sets of receivers that topics share, for tests.</summary>
    public int SharedSets => _sets.Count;

    /// <summary>Groups and bindings that remembered topics lead to, for tests.</summary>
    public long RememberedTargets => _sets.Extras;

    /// <summary>Filters with a wildcard, of each subscription that has them.</summary>
    public int Wildcards => Volatile.Read(ref _wildcards);

    /// <summary>Groups with members.</summary>
    public int Groups => Volatile.Read(ref _groups);

    /// <summary>Memory of the filters.</summary>
    public long FilterBytes => _pool.RentedBytes;

    /// <summary>Topics that are remembered.</summary>
    public int CachedTopics => _cache.Count;

    /// <summary>
    /// Where the messages of a topic go, now or a moment ago: what was changed before this was called is seen.
    /// </summary>
    /// <param name="entry">The topic, known as valid; null: it is not known.</param>
    public TopicRoute? Find(ReadOnlySpan<byte> topic, out ulong hash, out TopicEntry? entry)
    {
        hash = _hasher.Of(topic);
        if (!_cache.TryFind(topic, hash, out entry))
        {
            return null;
        }

        if (!entry.IsUsed)
        {
            entry.IsUsed = true;
        }

        TopicRoute? route = entry.Route;
        return route != null && IsCurrent(route, entry.Shard) ? route : null;
    }

    /// <summary>Looks a route up by the filters, and remembers it. The topic is valid.</summary>
    public TopicRoute Resolve(ReadOnlySpan<byte> topic, ulong hash, ref TopicEntry? entry)
    {
        TopicShard shard = entry?.Shard ?? _shards[ShardIndexOf(TopicRules.FirstLevel(topic))];
        lock (shard.Gate)
        {
            entry = _cache.FindOrAdd(topic, hash, shard);
            TopicRoute? route = entry.Route;
            if (route != null && IsCurrent(route, shard))
            {
                return route;
            }

            TopicMatch match = _match ??= new TopicMatch();
            match.Clear();
            if (!shard.IsClosed)
            {
                shard.Table.Match(topic, hash, match);
            }

            // Read before it is seen that there is nothing: who adds something does it the other way round.
            long wide = _wide.Generation;
            if (topic[0] == (byte)'$' || _wide.Table.Count == 0)
            {
                return Remember(entry, match, wide);
            }

            // Held until the numbers are subscriptions: then none can be another's already.
            lock (_wide.Gate)
            {
                if (!_wide.IsClosed)
                {
                    _wide.Table.Match(topic, hash, match);
                }

                return Remember(entry, match, _wide.Generation);
            }
        }
    }

    /// <summary>A page of the topics that are remembered; see <see cref="TopicCache.Page"/>.</summary>
    public ulong Page(ulong from, int limit, List<TopicEntry> entries) => _cache.Page(from, limit, entries);

    /// <summary>Takes old routes of some topics away, so that they do not hold subscriptions that are gone.</summary>
    public void Sweep(int bucketsMax, List<TopicEntry> scratch)
    {
        scratch.Clear();
        _cache.Sweep(bucketsMax, scratch);
        foreach (TopicEntry entry in scratch)
        {
            if (entry.Route is { } route && !IsCurrent(route, entry.Shard))
            {
                lock (entry.Shard.Gate)
                {
                    if (entry.Route is { } still && !IsCurrent(still, entry.Shard))
                    {
                        entry.Forget(_sets);
                    }
                }
            }
        }

        scratch.Clear();
    }

    /// <summary>Frees its memory. Afterwards there are no filters, and those that are added are not.</summary>
    public void Dispose()
    {
        foreach (TopicShard shard in _shards)
        {
            shard.Close();
        }

        _wide.Close();
        _pool.Dispose();
    }

    private bool IsCurrent(TopicRoute route, TopicShard shard) =>
        route.Generation == shard.Generation && route.WideGeneration == _wide.Generation;

    private TopicRoute Remember(TopicEntry entry, TopicMatch match, long wide)
    {
        if (match.Filters > 1)
        {
            match.Sort();
        }

        TopicShard shard = entry.Shard;
        ReceiverSet receivers = _sets.Hold(match.Subscribers, out bool isKept);
        TopicRoute? route = shard.LastRoute;
        if (route == null
            || route.Generation != shard.Generation
            || route.WideGeneration != wide
            || !ReferenceEquals(route.Receivers, receivers)
            || route.Groups.Length + route.Bindings.Length + match.Groups.Count + match.Bindings.Count > 0)
        {
            match.Bindings.Sort(ByTarget);
            route = new TopicRoute(receivers, [.. match.Groups], [.. match.Bindings])
            {
                Generation = shard.Generation,
                WideGeneration = wide,
            };
        }

        if (isKept && _sets.TryHold(route))
        {
            shard.LastRoute = route;
            entry.Keep(route, _sets);
        }

        return route;
    }

    private int ShardIndexOf(ReadOnlySpan<byte> level) => (int)(_hasher.Of(level) & (Shards - 1));
}
