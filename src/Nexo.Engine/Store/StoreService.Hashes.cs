using System.Buffers;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>The commands on hashes, and those over many keys.</content>
public sealed partial class StoreService
{
    /// <summary>Full slices after which a page of a scan ends, however few keys it has found.</summary>
    private const int ScanSlicesMax = 16;

    /// <summary>Sets fields of a hash, all or none; of a field given twice the last value stays.</summary>
    public StoreStatus HashSet<TPairs>(ReadOnlySpan<byte> key, ref TPairs pairs, out int added, out ulong version)
        where TPairs : struct, IPairSource, allows ref struct
    {
        added = 0;
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
            status = shard.HashSet(EntryFlags.Hash, key, hash, ref pairs, out added, out version);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    public StoreStatus HashGet(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, IBufferWriter<byte> value, out ulong version)
    {
        if (!KeyValid(key))
        {
            version = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashGet(key, hash, field, value, out version);
    }

    /// <summary>
    /// Reads fields in the order given; <see cref="StoreStatus.NotFound"/>: no such entry, the sink was not called.
    /// </summary>
    public StoreStatus HashMultiGet<TFields, TSink>(
        ReadOnlySpan<byte> key, ref TFields fields, ref TSink sink, out ulong version)
        where TFields : struct, IBlobSource, allows ref struct
        where TSink : IFieldSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            version = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashMultiGet(EntryFlags.Hash, key, hash, ref fields, ref sink, out version);
    }

    /// <summary>Deletes fields; a hash without fields is gone.</summary>
    public StoreStatus HashDelete<TFields>(ReadOnlySpan<byte> key, ref TFields fields, out int removed)
        where TFields : struct, IBlobSource, allows ref struct
    {
        if (!KeyValid(key))
        {
            removed = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashDelete(EntryFlags.Hash, key, hash, ref fields, out removed);
    }

    /// <summary>Lists all fields, in no order that means anything.</summary>
    public StoreStatus HashGetAll<TSink>(ReadOnlySpan<byte> key, ref TSink sink, out ulong version)
        where TSink : IHashSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            version = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashGetAll(EntryFlags.Hash, key, hash, ref sink, out version);
    }

    /// <summary>Adds to a field that is a counter; a missing one begins at 0.</summary>
    public StoreStatus HashIncrement(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> field, long delta, out long value, out ulong version)
    {
        value = 0;
        version = 0;
        if (!KeyValid(key) || field.Length > _limits.KeyBytesMax)
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        StoreStatus status;
        int rounds = 0;
        do
        {
            status = shard.HashIncrement(key, hash, field, delta, out value, out version);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(shard, ref rounds));
        return status;
    }

    public StoreStatus HashLength(ReadOnlySpan<byte> key, out int fields)
    {
        if (!KeyValid(key))
        {
            fields = 0;
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).HashLength(EntryFlags.Hash, key, hash, out fields);
    }

    /// <summary>
    /// Lists keys by prefix, up to <paramref name="limit"/> a page; each shard in bytewise order. Begin with an empty
    /// cursor and go on with what came out in <paramref name="nextCursor"/>; nothing there: the end. A key that is
    /// there from the first page to the last comes exactly once. Takes one lock after the other, each for a bounded
    /// number of keys; a page may be short, or empty, when it has looked at many that are not live any more.
    /// </summary>
    public StoreStatus Scan<TSink>(
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> cursor,
        int limit,
        ref TSink sink,
        IBufferWriter<byte> nextCursor)
        where TSink : IScanSink, allows ref struct
    {
        if (limit < 1)
        {
            return StoreStatus.InvalidArgument;
        }

        int number = 0;
        int slices = 0;
        var last = default(KeyBuffer);
        if (!cursor.IsEmpty)
        {
            if (!ScanCursor.TryRead(cursor, _cursorTag, prefix, _shards.Length, out number, out ReadOnlySpan<byte> key)
                || key.Length > _limits.KeyBytesMax)
            {
                return StoreStatus.CursorInvalid;
            }

            last.Set(key);
        }

        while (TryGetShard(number, out StoreShard? shard))
        {
            switch (shard.Scan(prefix, ref last, ref limit, ref sink))
            {
                case SliceEnd.PageFull:
                    ScanCursor.Write(nextCursor, _cursorTag, number, last.Key);
                    return StoreStatus.Ok;
                case SliceEnd.ShardDone:
                    number++;
                    last.Clear();
                    break;
                default:
                    if (++slices == ScanSlicesMax)
                    {
                        ScanCursor.Write(nextCursor, _cursorTag, number, last.Key);
                        return StoreStatus.Ok;
                    }

                    break;
            }
        }

        return StoreStatus.Ok;
    }

    /// <summary>Begins to count the keys with a prefix.</summary>
    public StoreCounting Count(ReadOnlySpan<byte> prefix) => new(this, prefix);

    /// <summary>Begins to delete the keys with a prefix; empty: all.</summary>
    public StoreClearing Clear(ReadOnlySpan<byte> prefix) => new(this, prefix);
}
