using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <summary>
/// One part of the store, behind one lock: an arena with its entries, and over them the table (by key), the ordered
/// index (by prefix) and the timing wheel (by deadline). Every public method takes the lock; nothing in here waits or
/// does I/O.
/// </summary>
internal sealed unsafe partial class StoreShard : IDisposable
{
    /// <summary>What one insert may add to table, chain and index besides the entry's own slot.</summary>
    private const int GrowthBytes = 4_096;

    private readonly Lock _gate = new();
    private readonly StoreLimits _limits;
    private readonly EngineClock _clock;
    private readonly KeyHash _hasher;
    private readonly WatcherList _watchers;
    private readonly ConcurrentQueue<byte[]> _ready;
    private readonly bool _evicts;
    private readonly Arena _arena;
    private readonly OrderedIndex _index;
    private readonly TimingWheel _wheel;
    private EntryTable _table;
    private ulong _version;
    private uint _deadTables;
    private uint _hand;
    private ShardCounters _counters;

    public StoreShard(StoreContext context)
    {
        _limits = context.Limits;
        _clock = context.Clock;
        _hasher = context.Hasher;
        _watchers = context.Watchers;
        _ready = context.Ready;
        _evicts = (_limits.MemoryBytesMax > 0 || _limits.Cap.BytesMax > 0) && _limits.Eviction == StoreEviction.Evict;
        _arena = new Arena(context.Pool, context.Budget, _limits.Tuning.PageBytes, _limits.Tuning.PageIdMax);
        _index = new OrderedIndex(_arena, _limits.Tuning.IndexNodeBytes);
        long now = _clock.NowMs;
        _wheel = new TimingWheel(_arena, now);
        _version = StoreService.VersionAt(now);
    }

    /// <summary>Memory that the last refused write asked for, with what the arena has overdrawn.</summary>
    public long RoomWanted { get; private set; }

    public void AddTo(ref ShardTotals totals)
    {
        lock (_gate)
        {
            totals.Entries += _table.Count;
            totals.EntriesWithExpiry += _wheel.Count;
            totals.UsedBytes += _arena.UsedBytes;
            totals.BlockBytes += _arena.BlockBytes;
            totals.Counters.Add(_counters);
        }
    }

    /// <summary>Takes the lock and lets it go: what was going on under it is then over.</summary>
    public void PassThrough()
    {
        _gate.Enter();
        _gate.Exit();
    }

    /// <summary>A write was refused for good.</summary>
    public void CountRefused()
    {
        lock (_gate)
        {
            _counters.Refused++;
        }
    }

    /// <summary>
    /// Frees everything. What comes later finds nothing, and is refused by the closed budget when it writes.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _table = default;
            _index.Forget();
            _deadTables = 0;
            _wheel.Dispose();
            _arena.Dispose();
        }
    }

    /// <summary>The place of the live entry with this key, or null. An entry that is due is removed here; the clock
    /// is read for one that expires, unless the caller knows the time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint* Find(ReadOnlySpan<byte> key, ulong hash, out byte* entry, long now = 0)
    {
        uint* place = _table.Find(_arena, hash, key, out entry);
        if (place != null
            && Entry.Is(entry, EntryFlags.Expires)
            && Entry.Deadline(entry) <= (now == 0 ? _clock.NowMs : now))
        {
            LogExpired(entry);
            TakeOut(place, hash, entry, StoreChangeKind.Expired);
            place = null;
            entry = null;
        }

        return place;
    }

    /// <summary>As <see cref="Find"/>, for a command that reads: counts the hit or miss and the use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint* FindForRead(ReadOnlySpan<byte> key, ulong hash, out byte* entry)
    {
        uint* place = Find(key, hash, out entry);
        if (place == null)
        {
            _counters.Misses++;
            return null;
        }

        _counters.Hits++;
        if (_evicts)
        {
            Entry.Use(entry);
        }

        return place;
    }

    private uint* FindValueForRead(ReadOnlySpan<byte> key, ulong hash, out byte* entry, out StoreStatus status)
    {
        uint* place = FindForRead(key, hash, out entry);
        status = place == null ? StoreStatus.NotFound
            : Entry.Is(entry, EntryFlags.Types) ? StoreStatus.WrongType
            : StoreStatus.Ok;
        return place;
    }

    /// <summary>True if an entry of these sizes can be written where the old one lies.</summary>
    private bool CanStay(uint* place, byte* old, int bytes, bool expires) =>
        place != null && Entry.Is(old, EntryFlags.Expires) == expires && _arena.Suits(*place, bytes);

    /// <summary>
    /// Gives the entry with this key a new shape: created, moved or in place. Its value has the wanted length and,
    /// from the old value, its first <paramref name="kept"/> bytes; the caller writes the others and has reserved the
    /// memory (recovery overdraws it instead).
    /// <paramref name="slack"/> asks for room to grow when it moves. Cannot fail.
    /// </summary>
    private byte* Reshape(
        ReadOnlySpan<byte> key, ulong hash, uint* place, byte* old, in EntryShape shape, int kept = 0, int slack = 0)
    {
        bool expires = shape.DeadlineMs != 0;
        int bytes = Entry.Bytes(key.Length, shape.ValueLength, expires);
        EntryFlags flags = shape.Flags | (expires ? EntryFlags.Expires : EntryFlags.None);
        _version = Math.Max(_version, shape.Version);
        if (CanStay(place, old, bytes, expires))
        {
            DropFields(old, shape.Flags);
            Entry.Renew(old, flags, shape.Version, shape.ValueLength);
            SetDeadline(*place, old, shape.DeadlineMs);
            return old;
        }

        uint reference = _arena.Allocate(bytes + slack);
        byte* entry = _arena.At(reference);
        Entry.Write(entry, flags, shape.Version, key, shape.ValueLength);
        if (place == null)
        {
            _table.Insert(_arena, _hasher, hash, reference);
            _index.Insert(reference);
            NoteReady(key, flags);
        }
        else
        {
            Entry.CopyFrequency(old, entry);
            new ReadOnlySpan<byte>(Entry.ValueStart(old), kept).CopyTo(new Span<byte>(Entry.ValueStart(entry), kept));
            DropFields(old, shape.Flags);
            _index.Replace(*place, reference);
            Unlink(old);
            _arena.Free(*place);
            *place = reference;
        }

        SetDeadline(reference, entry, shape.DeadlineMs);
        return entry;
    }

    /// <summary>The table of what was large and stops being it waits to be torn down in slices.</summary>
    private void DropFields(byte* entry, EntryFlags next)
    {
        if (Entry.Is(entry, EntryFlags.Table) && (next & EntryFlags.Table) == 0)
        {
            uint table = FieldTable.ReferenceOf(entry);
            FieldTable.Of(_arena, entry)->NextDead = _deadTables;
            _deadTables = table;
        }
    }

    private void SetDeadline(uint reference, byte* entry, long deadlineMs)
    {
        if (deadlineMs == 0)
        {
            return;
        }

        if (Entry.WheelPrev(entry) != 0)
        {
            _wheel.Move(reference, entry, deadlineMs);
        }
        else
        {
            Entry.Deadline(entry) = deadlineMs;
            _wheel.Add(reference, entry);
        }
    }

    private void Unlink(byte* entry)
    {
        if (Entry.Is(entry, EntryFlags.Expires))
        {
            _wheel.Remove(entry);
        }
    }

    /// <summary>Removes an entry that was met without its key: one that is due, or that a sweep has chosen.</summary>
    private void Remove(uint reference, StoreChangeKind change)
    {
        byte* entry = _arena.At(reference);
        ulong hash = _hasher.Of(Entry.KeyStart(entry), Entry.KeyLength(entry));
        uint* place = _table.Find(_arena, hash, Entry.Key(entry), out byte* found);
        Invariant.Require(found == entry, "the table holds every entry");
        if (change == StoreChangeKind.Expired)
        {
            LogExpired(entry);
        }
        else if (change == StoreChangeKind.Evicted)
        {
            LogEvicted(entry);
        }
        else
        {
            LogRemoved(entry);
        }

        TakeOut(place, hash, entry, change);
    }

    /// <summary>Removes an entry because a command wants it gone: logs it, then takes it out.</summary>
    private void RemoveAt(uint* place, ulong hash, byte* entry, StoreChangeKind change)
    {
        LogRemoved(entry);
        TakeOut(place, hash, entry, change);
    }

    /// <summary>Takes an entry out that the log says is gone; counts it and tells the watchers.</summary>
    private void TakeOut(uint* place, ulong hash, byte* entry, StoreChangeKind change)
    {
        _counters.CountRemoval(change);
        _removed[(byte)hash]++;
        Tell(change, entry);
        Detach(place, hash, entry);
    }

    private void Detach(uint* place, ulong hash, byte* entry)
    {
        uint reference = *place;
        _table.Remove(_arena, _hasher, hash, place);
        _index.Remove(reference);
        Unlink(entry);
        DropFields(entry, EntryFlags.None);
        _arena.Free(reference);
    }

    private void Tell(StoreChangeKind change, byte* entry)
    {
        if (!_watchers.IsEmpty)
        {
            _watchers.Tell(change, Entry.Key(entry), Entry.Version(entry));
        }
    }

    private void TellSet(byte* entry)
    {
        _counters.Sets++;
        Tell(StoreChangeKind.Set, entry);
    }

    /// <summary>What an entry is to become.</summary>
    private readonly record struct EntryShape(EntryFlags Flags, int ValueLength, long DeadlineMs, ulong Version);
}
