using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>The commands on sets.</content>
public sealed partial class StoreService
{
    /// <summary>Adds members, all or none; of those that are there nothing changes.</summary>
    public StoreStatus SetAdd<TMembers>(ReadOnlySpan<byte> key, ref TMembers members, out int added)
        where TMembers : struct, IBlobSource, allows ref struct
    {
        var pairs = new MemberPairs<TMembers>(members);
        return SetFields(EntryFlags.Set, key, ref pairs, out added);
    }

    /// <summary>Removes members; a set without members is gone.</summary>
    public StoreStatus SetRemove<TMembers>(ReadOnlySpan<byte> key, ref TMembers members, out int removed)
        where TMembers : struct, IBlobSource, allows ref struct =>
        DeleteFields(EntryFlags.Set, key, ref members, out removed);

    /// <summary>Says of each whether it is a member.</summary>
    public StoreStatus SetContains<TMembers, TSink>(ReadOnlySpan<byte> key, ref TMembers members, ref TSink sink)
        where TMembers : struct, IBlobSource, allows ref struct
        where TSink : IFieldSink, allows ref struct =>
        ReadFields(EntryFlags.Set, key, ref members, ref sink);

    public StoreStatus SetCount(ReadOnlySpan<byte> key, out int members) =>
        CountFields(EntryFlags.Set, key, out members);

    /// <summary>Gives out all members, in no order that means anything, without values.</summary>
    public StoreStatus SetMembers<TSink>(ReadOnlySpan<byte> key, ref TSink sink)
        where TSink : IHashSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashGetAll(EntryFlags.Set, key, hash, ref sink, out _);
    }

    /// <summary>Takes members out by chance, at most so many or as many as the sink wants.</summary>
    public StoreStatus SetPop<TSink>(ReadOnlySpan<byte> key, long count, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        if (count == 1)
        {
            return shard.SetPop(key, hash, ref sink, out _);
        }

        using StoreScope scope = Enter(key, key);
        StoreStatus status = shard.HashLength(EntryFlags.Set, key, hash, out _);
        bool more = true;
        for (; more && count > 0 && status == StoreStatus.Ok; count--)
        {
            status = shard.SetPop(key, hash, ref sink, out more);
            if (status == StoreStatus.NotFound)
            {
                return StoreStatus.Ok;
            }
        }

        return status;
    }

    /// <summary>
    /// Gives out members by chance: different ones, at most so many; or, if the count is negative, so many that may come
    /// again.
    /// </summary>
    public StoreStatus SetSample<TSink>(ReadOnlySpan<byte> key, long count, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).SetSample(key, hash, count, ref sink);
    }

    /// <summary>Gives out fields of a hash by chance, as <see cref="SetSample"/> does.</summary>
    public StoreStatus HashSample<TSink>(ReadOnlySpan<byte> key, long count, ref TSink sink)
        where TSink : struct, IHashSink
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashSample(key, hash, count, ref sink);
    }

    /// <summary>
    /// Gives out what an entry of this kind has behind a cursor, about so many items or the rest; begin with 0; a next one
    /// of 0: that was all. What is there all the while comes at least once. Members of sets come without values, those of
    /// sorted sets with their scores, as the eight bytes of a double, little-endian.
    /// </summary>
    public StoreStatus ScanFields<TSink>(
        StoreEntryKind kind, ReadOnlySpan<byte> key, ref uint cursor, int count, ref TSink sink)
        where TSink : IHashSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        EntryFlags type = kind switch
        {
            StoreEntryKind.Hash => EntryFlags.Hash,
            StoreEntryKind.Set => EntryFlags.Set,
            StoreEntryKind.SortedSet => EntryFlags.SortedSet,
            _ => EntryFlags.None,
        };
        if (type == EntryFlags.None)
        {
            return StoreStatus.InvalidArgument;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ScanFields(type, key, hash, ref cursor, count, ref sink);
    }

    private StoreStatus SetFields<TPairs>(EntryFlags type, ReadOnlySpan<byte> key, ref TPairs pairs, out int added)
        where TPairs : struct, IPairSource, allows ref struct
    {
        added = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        StoreStatus status;
        int rounds = 0;
        do
        {
            status = shard.HashSet(type, key, hash, ref pairs, out added, out _);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        ServeWaiters();
        return status;
    }

    private StoreStatus DeleteFields<TMembers>(
        EntryFlags type, ReadOnlySpan<byte> key, ref TMembers members, out int removed)
        where TMembers : struct, IBlobSource, allows ref struct
    {
        removed = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashDelete(type, key, hash, ref members, out removed);
    }

    private StoreStatus ReadFields<TMembers, TSink>(
        EntryFlags type, ReadOnlySpan<byte> key, ref TMembers members, ref TSink sink)
        where TMembers : struct, IBlobSource, allows ref struct
        where TSink : IFieldSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashMultiGet(type, key, hash, ref members, ref sink, out _);
    }

    private StoreStatus CountFields(EntryFlags type, ReadOnlySpan<byte> key, out int members)
    {
        members = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashLength(type, key, hash, out members);
    }

    /// <summary>Members as fields without values.</summary>
    private ref struct MemberPairs<TMembers>(TMembers members) : IPairSource
        where TMembers : struct, IBlobSource, allows ref struct
    {
        private TMembers _members = members;

        public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
        {
            second = default;
            TMembers rest = _members;
            bool taken = rest.TryTake(out first);
            _members = rest;
            return taken;
        }
    }
}
