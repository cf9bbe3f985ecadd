using System.Buffers;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Commands on what has fields: hashes, sets (without values) and sorted sets (with scores for values); packed into
/// the entry while small, then a table of their own.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>
    /// What turning a packed hash into a table may take: its fields as entries, and the table's first parts.
    /// </summary>
    private const int UnpackBytes = 8_192;

    /// <summary>What a field may add to the table of its hash.</summary>
    private const int FieldGrowthBytes = 32;

    /// <summary>What a member may add to the tree of its sorted set.</summary>
    private const int RankGrowthBytes = 48;

    public StoreStatus HashSet<TPairs>(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, ref TPairs pairs, out int added, out ulong version)
        where TPairs : struct, IPairSource, allows ref struct
    {
        added = 0;
        version = 0;
        StoreStatus status = Measure(pairs, out PairSizes sizes);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        lock (_gate)
        {
            return SetFields(type, key, hash, pairs, sizes, out added, out version);
        }
    }

    /// <summary>Makes an entry these fields and no others, whatever it was.</summary>
    public StoreStatus HashReplace<TPairs>(EntryFlags type, ReadOnlySpan<byte> key, ulong hash, ref TPairs pairs)
        where TPairs : struct, IPairSource, allows ref struct
    {
        StoreStatus status = Measure(pairs, out PairSizes sizes);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        lock (_gate)
        {
            return SetFields(type, key, hash, pairs, sizes, out _, out _, replace: true);
        }
    }

    public StoreStatus HashIncrement(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> field, long delta, out long value, out ulong version)
    {
        lock (_gate)
        {
            value = 0;
            version = 0;
            uint* place = FindTyped(EntryFlags.Hash, key, hash, out byte* entry, out StoreStatus status);
            if (status == StoreStatus.WrongType)
            {
                return status;
            }

            ReadOnlySpan<byte> text = default;
            bool exists = place != null && TryGetField(entry, field, out text);
            status = DecimalText.Add(text, exists, delta, out long sum);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            var pair = new OnePair(field, DecimalText.Format(sum, stackalloc byte[DecimalText.BytesMax]));
            Measure(pair, out PairSizes sizes);
            status = SetFields(EntryFlags.Hash, key, hash, pair, sizes, out _, out version);
            value = status == StoreStatus.Ok ? sum : 0;
            return status;
        }
    }

    public StoreStatus HashGet(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> field, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.Hash, key, hash, out byte* entry, out StoreStatus status);
            version = entry == null ? 0 : Entry.Version(entry);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            if (!TryGetField(entry, field, out ReadOnlySpan<byte> found))
            {
                return StoreStatus.NotFound;
            }

            value.Write(found);
            return StoreStatus.Ok;
        }
    }

    public StoreStatus HashMultiGet<TFields, TSink>(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, ref TFields fields, ref TSink sink, out ulong version)
        where TFields : struct, IBlobSource, allows ref struct
        where TSink : IFieldSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(type, key, hash, out byte* entry, out StoreStatus status);
            version = entry == null ? 0 : Entry.Version(entry);
            while (status == StoreStatus.Ok && fields.TryTake(out ReadOnlySpan<byte> field))
            {
                bool found = TryGetField(entry, field, out ReadOnlySpan<byte> value);
                if (!sink.Add(found, value))
                {
                    break;
                }
            }

            return status;
        }
    }

    public StoreStatus HashGetAll<TSink>(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, ref TSink sink, out ulong version)
        where TSink : IHashSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(type, key, hash, out byte* entry, out StoreStatus status);
            version = entry == null ? 0 : Entry.Version(entry);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            if (Entry.Is(entry, EntryFlags.Table))
            {
                FieldTable.Of(_arena, entry)->Table.List(_arena, ref sink);
                return status;
            }

            ListPacked(entry, ref sink);
            return status;
        }
    }

    public StoreStatus HashDelete<TFields>(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, ref TFields fields, out int removed)
        where TFields : struct, IBlobSource, allows ref struct
    {
        lock (_gate)
        {
            removed = 0;
            long bytes = FieldsRemovedBytes(key, fields);
            StoreStatus status = AdmitRemoval(bytes);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            uint* place = FindTyped(type, key, hash, out byte* entry, out status);
            if (status != StoreStatus.Ok || !LogFieldsRemoved(key, entry, fields, bytes, _version + 1))
            {
                return status;
            }

            removed = RemoveFields(entry, ref fields, _version + 1, out int left);
            if (left == 0)
            {
                TakeOut(place, hash, entry, StoreChangeKind.Deleted);
            }
            else if (removed > 0)
            {
                TellSet(entry);
            }

            return StoreStatus.Ok;
        }
    }

    public StoreStatus HashLength(EntryFlags type, ReadOnlySpan<byte> key, ulong hash, out int fields)
    {
        lock (_gate)
        {
            FindTypedForRead(type, key, hash, out byte* entry, out StoreStatus status);
            fields = status == StoreStatus.Ok ? FieldCount(entry) : 0;
            return status;
        }
    }

    /// <summary>Checks every pair and adds up what they may take, before any of them is applied.</summary>
    private StoreStatus Measure<TPairs>(TPairs pairs, out PairSizes sizes)
        where TPairs : struct, IPairSource, allows ref struct
    {
        sizes = default;
        while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            if (field.Length > _limits.KeyBytesMax)
            {
                return StoreStatus.KeyInvalid;
            }

            if (value.Length > _limits.ValueBytesMax)
            {
                return StoreStatus.ValueTooLarge;
            }

            sizes.Add(field.Length, value.Length);
            sizes.TableBytes += FieldGrowthBytes
                + _arena.CostOf(Entry.Bytes(field.Length, value.Length, expires: false));
        }

        return sizes.Count == 0 ? StoreStatus.InvalidArgument : StoreStatus.Ok;
    }

    private StoreStatus SetFields<TPairs>(
        EntryFlags type,
        ReadOnlySpan<byte> key,
        ulong hash,
        TPairs pairs,
        in PairSizes sizes,
        out int added,
        out ulong version,
        bool replace = false)
        where TPairs : struct, IPairSource, allows ref struct
    {
        added = 0;
        version = 0;
        StoreStatus status = Admit(sizes.RecordBytes(key.Length));
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        long cost = sizes.TableBytes + (type == EntryFlags.SortedSet ? sizes.Count * RankGrowthBytes : 0) + UnpackBytes + GrowthBytes
            + _arena.CostOf(Entry.Bytes(key.Length, 0, expires: true));
        bool roomy = MakeRoom(cost);
        uint* place = FindTyped(type, key, hash, out byte* entry, out status);
        if (status == StoreStatus.WrongType && !replace)
        {
            return status;
        }

        if (!roomy)
        {
            return Refuse(cost);
        }

        if (replace && place != null)
        {
            RemoveAt(place, hash, entry, StoreChangeKind.Deleted);
            place = null;
            entry = null;
        }

        if (type != EntryFlags.Hash && place != null && HasAll(entry, pairs))
        {
            version = Entry.Version(entry);
            return StoreStatus.Ok;
        }

        int before = place == null ? 0 : FieldCount(entry);
        version = _version + 1;
        long deadline = DeadlineOf(entry);
        LogFieldsSet(type, key, pairs, sizes, version, deadline, anew: place == null);
        entry = PutFields(type, key, hash, place, entry, ref pairs, sizes, version, deadline);
        added = FieldCount(entry) - before;
        TellSet(entry);
        return StoreStatus.Ok;
    }

    /// <summary>Whether these fields have these values already: setting them changes nothing.</summary>
    private bool HasAll<TPairs>(byte* entry, TPairs pairs)
        where TPairs : struct, IPairSource, allows ref struct
    {
        while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            if (!TryGetField(entry, field, out ReadOnlySpan<byte> found) || !IsSame(Entry.Type(entry), found, value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSame(EntryFlags type, ReadOnlySpan<byte> value, ReadOnlySpan<byte> other) =>
        type == EntryFlags.SortedSet
            ? ScoreBytes.Read(value).Equals(ScoreBytes.Read(other))
            : value.SequenceEqual(other);

    private uint* FindTyped(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, out byte* entry, out StoreStatus status)
    {
        uint* place = Find(key, hash, out entry);
        status = StatusOf(type, entry);
        return place;
    }

    private void FindTypedForRead(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, out byte* entry, out StoreStatus status)
    {
        FindForRead(key, hash, out entry);
        status = StatusOf(type, entry);
    }

    private static StoreStatus StatusOf(EntryFlags type, byte* entry) =>
        entry == null ? StoreStatus.NotFound
        : Entry.Type(entry) == type ? StoreStatus.Ok
        : StoreStatus.WrongType;

    private int FieldCount(byte* entry) => Entry.Is(entry, EntryFlags.Table)
        ? (int)FieldTable.Of(_arena, entry)->Count
        : PackedHash.Count(Entry.Value(entry));

    private bool TryGetField(byte* entry, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value) =>
        Entry.Is(entry, EntryFlags.Table)
            ? FieldTable.Of(_arena, entry)->TryGet(_arena, _hasher, field, out value)
            : PackedHash.TryGet(Entry.Value(entry), field, out value);

    private struct PairSizes
    {
        public int Count;
        public long PackedBytes;
        public long TableBytes;

        public void Add(int fieldBytes, int valueBytes)
        {
            Count++;
            PackedBytes += PackedHash.BytesOf(fieldBytes, valueBytes);
        }

        public readonly long RecordBytes(int keyBytes) => FieldsSetRecord.HeaderBytes + keyBytes + PackedBytes
            + ((long)Count * (FieldsSetRecord.PairHeaderBytes - PackedHash.FieldHeaderBytes));
    }

    private ref struct OnePair(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) : IPairSource
    {
        private readonly ReadOnlySpan<byte> _field = field;
        private readonly ReadOnlySpan<byte> _value = value;
        private bool _taken;

        public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
        {
            first = _field;
            second = _value;
            bool given = !_taken;
            _taken = true;
            return given;
        }
    }
}
