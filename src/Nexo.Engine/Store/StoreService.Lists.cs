using System.Buffers;

namespace Nexo.Engine.Store;

/// <content>The commands on lists.</content>
public sealed partial class StoreService
{
    /// <summary>
    /// Adds elements at an end, one after the other, all or none; a missing list begins with them, unless <paramref
    /// name="ifPresent"/>.
    /// </summary>
    public StoreStatus ListPush<TElements>(
        ReadOnlySpan<byte> key,
        ListEnd end,
        bool ifPresent,
        ref TElements elements,
        out long length,
        out ulong version)
        where TElements : struct, IBlobSource, allows ref struct
    {
        length = 0;
        version = 0;
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
            status = shard.ListPush(key, hash, end, ifPresent, ref elements, out length, out version);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        ServeWaiters();
        return status;
    }

    /// <summary>
    /// Takes up to so many elements off an end, or as many as the sink wants, and gives them out in that order; a list
    /// without elements is gone.
    /// </summary>
    public StoreStatus ListPop<TSink>(ReadOnlySpan<byte> key, ListEnd end, long countMax, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ListPop(key, hash, end, countMax, ref sink);
    }

    public StoreStatus ListLength(ReadOnlySpan<byte> key, out long length)
    {
        length = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ListLength(key, hash, out length);
    }

    /// <summary>Gives out the elements from one rank to another, both included; negative ones count from the right.</summary>
    public StoreStatus ListRange<TSink>(ReadOnlySpan<byte> key, long first, long last, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ListRange(key, hash, first, last, ref sink);
    }

    /// <summary>
    /// Reads the element with a rank; <see cref="StoreStatus.InvalidArgument"/>: the list has none with it.
    /// </summary>
    public StoreStatus ListGet(ReadOnlySpan<byte> key, long rank, IBufferWriter<byte> element)
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ListGet(key, hash, rank, element);
    }

    /// <summary>
    /// Puts another element in the place of the one with a rank; <see cref="StoreStatus.InvalidArgument"/>: there is none.
    /// </summary>
    public StoreStatus ListSet(ReadOnlySpan<byte> key, long rank, ReadOnlySpan<byte> element)
    {
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
            status = shard.ListSet(key, hash, rank, element);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>
    /// Puts an element before or behind the first that equals <paramref name="pivot"/>. A length of -1: there is none.
    /// </summary>
    public StoreStatus ListInsert(
        ReadOnlySpan<byte> key, bool before, ReadOnlySpan<byte> pivot, ReadOnlySpan<byte> element, out long length)
    {
        length = 0;
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
            status = shard.ListInsert(key, hash, before, pivot, element, out length);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>
    /// Removes elements that equal one: so many from the left, or from the right if <paramref name="count"/> is negative;
    /// 0: all.
    /// </summary>
    public StoreStatus ListRemove(ReadOnlySpan<byte> key, long count, ReadOnlySpan<byte> element, out long removed)
    {
        removed = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        // Many go by several records: one, in a scope.
        using StoreScope scope = Enter(key, key);
        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ListRemove(key, hash, count, element, out removed);
    }

    /// <summary>Removes all but the elements from one rank to another; see <see cref="ListRange"/>.</summary>
    public StoreStatus ListTrim(ReadOnlySpan<byte> key, long first, long last)
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ListTrim(key, hash, first, last);
    }

    /// <summary>Gives out the ranks of elements that equal one.</summary>
    public StoreStatus ListFind<TSink>(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> element, in ListSearch search, ref TSink sink)
        where TSink : IRankSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).ListFind(key, hash, element, search, ref sink);
    }

    /// <summary>What an entry is; <see cref="StoreStatus.NotFound"/>: there is none.</summary>
    public StoreStatus Kind(ReadOnlySpan<byte> key, out StoreEntryKind kind)
    {
        kind = default;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).Kind(key, hash, out kind);
    }
}
