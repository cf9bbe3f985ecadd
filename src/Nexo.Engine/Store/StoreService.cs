using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// The store: keys with values or hashes, outside of the garbage collector's heap. Every method may be called from any
/// thread and takes one short lock, that of the key's shard. Keys are 1 to <see cref="StoreLimits.KeyBytesMax"/>
/// bytes. Buffers given in are borrowed for the call; what a refused call wrote into a writer is nothing.
/// </summary>
public sealed partial class StoreService : IDisposable
{
    private const int ShardsMax = 256;
    private const int ShardsMin = 16;
    private const int ShardsPerCore = 4;
    private const int HashBits = 64;

    /// <summary>
    /// Below this, fewer shards serve a small limit better: each holds some credit and some empty structures.
    /// </summary>
    private const long ShardBytesMin = 256 * 1_024;

    /// <summary>A millennium: what the timing wheel and the arithmetic on deadlines are made for.</summary>
    private const long ExpiryMsLimit = 1_000L * 366 * 24 * 3_600 * 1_000;

    private readonly StoreLimits _limits;
    private readonly EngineClock _clock;
    private readonly KeyHash _hasher = KeyHash.Random();
    private readonly MemoryBudget _budget;
    private readonly PagePool _pool;
    private readonly WatcherList _watchers = new();
    private readonly StoreShard[] _shards;
    private readonly Lock _tickGate = new();
    private readonly ulong _cursorTag = Secret.Next();
    private readonly int _shardShift;
    private int _tickShard;
    private int _roomShard;
    private int _disposed;

    /// <summary>
    /// Makes an empty store. With a log, every change is written to it; to rebuild an earlier state first, give the log
    /// to <see cref="StoreRecovery.Complete"/> instead.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is outside of what the engine can do.</exception>
    public StoreService(StoreLimits limits, TimeProvider time, ILogWriter? log = null)
        : this(limits, new EngineClock(time), log)
    {
    }

    /// <summary>As above, on a clock that other parts of the engine go by too.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is outside of what the engine can do.</exception>
    public StoreService(StoreLimits limits, EngineClock clock, ILogWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(clock);
        Check(limits);
        int shards = limits.Shards == 0 ? AutomaticShards(limits) : limits.Shards;
        _limits = limits;
        _clock = clock;
        _pool = new PagePool(limits.Tuning.PageBytes);
        _budget = new MemoryBudget(
            limits.MemoryBytesMax, shards, limits.Cap, isCache: limits.Eviction == StoreEviction.Evict);
        _shardShift = HashBits - BitOperations.Log2((uint)shards);
        var context = new StoreContext(limits, _clock, _hasher, _budget, _pool, _watchers, _ready);
        _shards = new StoreShard[shards];
        for (int i = 0; i < shards; i++)
        {
            _shards[i] = new StoreShard(context);
        }

        Attach(log);
    }

    /// <summary>Sums over the shards, whose locks are taken one after the other.</summary>
    public StoreStats Stats
    {
        get
        {
            var totals = default(ShardTotals);
            foreach (StoreShard shard in _shards)
            {
                shard.AddTo(ref totals);
            }

            return new StoreStats
            {
                Entries = totals.Entries,
                EntriesWithExpiry = totals.EntriesWithExpiry,
                UsedBytes = totals.UsedBytes,
                AllocatedBytes = _pool.RentedBytes + totals.BlockBytes,
                MemoryBytesMax = _limits.MemoryBytesMax,
                Hits = totals.Counters.Hits,
                Misses = totals.Counters.Misses,
                Sets = totals.Counters.Sets,
                Deletes = totals.Counters.Deletes,
                Expired = totals.Counters.Expired,
                Evicted = totals.Counters.Evicted,
                Refused = totals.Counters.Refused,
                Watchers = _watchers.Count,
                Shards = _shards.Length,
            };
        }
    }

    /// <summary>What it takes of memory.</summary>
    public MemoryUse Memory
    {
        get
        {
            var totals = default(ShardTotals);
            foreach (StoreShard shard in _shards)
            {
                shard.AddTo(ref totals);
            }

            long bytes = _pool.RentedBytes + totals.BlockBytes;
            return new MemoryUse(bytes, Math.Max(0, bytes - totals.UsedBytes));
        }
    }

    /// <summary>
    /// Tells <paramref name="watcher"/> of every change to a key that begins with <paramref name="prefix"/>, until
    /// the answer is disposed of: once that has returned, no further call comes. Do not dispose of it within a call.
    /// </summary>
    public IDisposable Watch(ReadOnlySpan<byte> prefix, IStoreWatcher watcher)
    {
        ArgumentNullException.ThrowIfNull(watcher);
        var watch = new WatcherList.Watch(prefix.ToArray(), watcher);
        _watchers.Add(watch);
        return new Subscription(this, watch);
    }

    /// <summary>
    /// A bounded round of expiry and of freeing what was dropped, and the clock's record in the log; for one timer to
    /// call every 10 ms or so. A call while another one is running does nothing.
    /// </summary>
    public void Tick() => TickSteps();

    /// <summary>Frees all memory. Reads then find nothing and writes are refused.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _budget.Close();
        foreach (StoreShard shard in _shards)
        {
            shard.Dispose();
        }

        _pool.Dispose();
    }

    internal bool TryGetShard(int number, [NotNullWhen(true)] out StoreShard? shard)
    {
        shard = number < _shards.Length ? _shards[number] : null;
        return shard is not null;
    }

    /// <summary>The consistency check of every shard, for tests.</summary>
    internal void Check()
    {
        foreach (StoreShard shard in _shards)
        {
            shard.Check();
        }
    }

    /// <summary>Does a tick and says how many steps it took.</summary>
    internal int TickSteps()
    {
        if (_recovering || !_tickGate.TryEnter())
        {
            return 0;
        }

        try
        {
            LogClockIfNeeded();
            long now = _clock.NowMs;
            int left = _limits.Tuning.TickStepsMax;
            int idle = 0;
            while (left > 0 && idle < _shards.Length)
            {
                int steps = Math.Min(left, _limits.Tuning.HoldStepsMax);
                int done = _shards[_tickShard].Tick(now, steps);
                left -= done;
                idle = done < steps ? idle + 1 : 0;
                _tickShard = (_tickShard + 1) % _shards.Length;
            }

            return _limits.Tuning.TickStepsMax - left;
        }
        finally
        {
            _tickGate.Exit();
        }
    }

    private static int AutomaticShards(StoreLimits limits)
    {
        int wanted = Math.Clamp(ShardsPerCore * Environment.ProcessorCount, ShardsMin, ShardsMax);
        int shards = (int)BitOperations.RoundUpToPowerOf2((uint)wanted);
        while (limits.MemoryBytesMax > 0 && shards > 1 && limits.MemoryBytesMax / shards < ShardBytesMin)
        {
            shards /= 2;
        }

        return shards;
    }

    private static void Check(StoreLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.KeyBytesMax, 1, nameof(limits.KeyBytesMax));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.KeyBytesMax, 1 << 24, nameof(limits.KeyBytesMax));
        ArgumentOutOfRangeException.ThrowIfNegative(limits.ValueBytesMax, nameof(limits.ValueBytesMax));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.ValueBytesMax, 1 << 30, nameof(limits.ValueBytesMax));
        ArgumentOutOfRangeException.ThrowIfNegative(limits.MemoryBytesMax, nameof(limits.MemoryBytesMax));
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.ExpiryMsMax, 1, nameof(limits.ExpiryMsMax));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.ExpiryMsMax, ExpiryMsLimit, nameof(limits.ExpiryMsMax));
        if (limits.Shards != 0 && (!BitOperations.IsPow2(limits.Shards) || limits.Shards > ShardsMax))
        {
            throw new ArgumentOutOfRangeException(nameof(limits), limits.Shards, "0 or a power of two up to 256.");
        }
    }

    private bool KeyValid(ReadOnlySpan<byte> key) => (uint)(key.Length - 1) < (uint)_limits.KeyBytesMax;

    // A shift by 64 would be one by 0: with a single shard, shift in two steps.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int ShardIndexOf(ulong hash) => (int)(hash >> 1 >> (_shardShift - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private StoreShard ShardOf(ulong hash) => _shards[ShardIndexOf(hash)];

    /// <summary>
    /// A shard had no room for a write: lets the others give theirs, one after the other, their locks never held
    /// together. A store that evicts does so for a bounded number of rounds, one that refuses gathers what lies unused
    /// once: writers at the limit must not take it from each other for ever. False: the refusal stands.
    /// </summary>
    private bool MakeRoom(StoreShard shard, ref int rounds)
    {
        bool evicts = _limits.Eviction == StoreEviction.Evict;
        if (_depth > 0 && !_holdsAll)
        {
            // Other shards would be entered out of order.
            shard.CountRefused();
            return false;
        }

        EndRun();
        int roundsMax = evicts ? (2 * _shards.Length) + 4 : 1;
        if (rounds++ < roundsMax && TryGather(shard.RoomWanted, evicts))
        {
            return true;
        }

        shard.CountRefused();
        return false;
    }

    private bool TryGather(long wanted, bool evicts)
    {
        if (_limits.MemoryBytesMax == 0 || wanted > _limits.MemoryBytesMax)
        {
            return false;
        }

        bool progress = false;
        for (int i = 0; i < _shards.Length && _budget.Available < wanted; i++)
        {
            int next = (int)((uint)Interlocked.Increment(ref _roomShard) % (uint)_shards.Length);
            progress |= _shards[next].GiveRoom(_budget, wanted);
        }

        // Without eviction, what the shard lacks may be less than all that it wanted: let it try.
        return progress || !evicts || _budget.Available >= wanted;
    }

    private sealed class Subscription(StoreService store, WatcherList.Watch watch) : IDisposable
    {
        public void Dispose()
        {
            store._watchers.Remove(watch);

            // Calls happen under a shard's lock: who has held each of them once has outlived the last call.
            foreach (StoreShard shard in store._shards)
            {
                shard.PassThrough();
            }
        }
    }
}
