using System.Buffers;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Commands on hashes: packed into the entry while small, then a table of their own.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>
    /// What turning a packed hash into a table may take: its fields as entries, and the table's first parts.
    /// </summary>
    private const int UnpackBytes = 8_192;

    /// <summary>What a field may add to the table of its hash.</summary>
    private const int FieldGrowthBytes = 32;

    public StoreStatus HashSet<TPairs>(
        ReadOnlySpan<byte> key, ulong hash, ref TPairs pairs, out int added, out ulong version)
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
            return SetFields(key, hash, pairs, sizes, out added, out version);
        }
    }

    public StoreStatus HashIncrement(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> field, long delta, out long value, out ulong version)
    {
        lock (_gate)
        {
            value = 0;
            version = 0;
            uint* place = FindHash(key, hash, out byte* entry, out StoreStatus status);
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
            status = SetFields(key, hash, pair, sizes, out _, out version);
            value = status == StoreStatus.Ok ? sum : 0;
            return status;
        }
    }

    public StoreStatus HashGet(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> field, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            FindHashForRead(key, hash, out byte* entry, out StoreStatus status);
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
        ReadOnlySpan<byte> key, ulong hash, ref TFields fields, ref TSink sink, out ulong version)
        where TFields : struct, IBlobSource, allows ref struct
        where TSink : IFieldSink, allows ref struct
    {
        lock (_gate)
        {
            FindHashForRead(key, hash, out byte* entry, out StoreStatus status);
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

    public StoreStatus HashGetAll<TSink>(ReadOnlySpan<byte> key, ulong hash, ref TSink sink, out ulong version)
        where TSink : IHashSink, allows ref struct
    {
        lock (_gate)
        {
            FindHashForRead(key, hash, out byte* entry, out StoreStatus status);
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

            int at = PackedHash.HeaderBytes;
            ReadOnlySpan<byte> packed = Entry.Value(entry);
            while (PackedHash.TryNext(packed, ref at, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
                && sink.Add(field, value))
            {
            }

            return status;
        }
    }

    public StoreStatus HashDelete<TFields>(ReadOnlySpan<byte> key, ulong hash, ref TFields fields, out int removed)
        where TFields : struct, IBlobSource, allows ref struct
    {
        lock (_gate)
        {
            removed = 0;
            uint* place = FindHash(key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            int before = FieldCount(entry);
            if (Entry.Is(entry, EntryFlags.Table))
            {
                while (FieldCount(entry) > 0 && fields.TryTake(out ReadOnlySpan<byte> field))
                {
                    FieldTable.Of(_arena, entry)->Remove(_arena, _hasher, field);
                }
            }
            else
            {
                RemovePacked(entry, ref fields);
            }

            int left = FieldCount(entry);
            removed = before - left;
            if (left == 0)
            {
                RemoveAt(place, hash, entry, StoreChangeKind.Deleted);
            }
            else if (removed > 0)
            {
                Entry.SetVersion(entry, ++_version);
                TellSet(entry);
            }

            return StoreStatus.Ok;
        }
    }

    public StoreStatus HashLength(ReadOnlySpan<byte> key, ulong hash, out int fields)
    {
        lock (_gate)
        {
            FindHashForRead(key, hash, out byte* entry, out StoreStatus status);
            fields = status == StoreStatus.Ok ? FieldCount(entry) : 0;
            return status;
        }
    }

    private static void RemovePacked<TFields>(byte* entry, ref TFields fields)
        where TFields : struct, IBlobSource, allows ref struct
    {
        while (PackedHash.Count(Entry.Value(entry)) > 0 && fields.TryTake(out ReadOnlySpan<byte> field))
        {
            var packed = new Span<byte>(Entry.ValueStart(entry), (int)Entry.ValueLength(entry));
            Entry.SetValueLength(entry, PackedHash.Remove(packed, field));
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

            sizes.Count++;
            sizes.PackedBytes += PackedHash.BytesOf(field.Length, value.Length);
            sizes.TableBytes += FieldGrowthBytes
                + _arena.CostOf(Entry.Bytes(field.Length, value.Length, expires: false));
        }

        return sizes.Count == 0 ? StoreStatus.InvalidArgument : StoreStatus.Ok;
    }

    private StoreStatus SetFields<TPairs>(
        ReadOnlySpan<byte> key, ulong hash, TPairs pairs, in PairSizes sizes, out int added, out ulong version)
        where TPairs : struct, IPairSource, allows ref struct
    {
        added = 0;
        version = 0;
        long cost = sizes.TableBytes + UnpackBytes + GrowthBytes
            + _arena.CostOf(Entry.Bytes(key.Length, 0, expires: true));
        bool roomy = MakeRoom(cost);
        uint* place = FindHash(key, hash, out byte* entry, out StoreStatus status);
        if (status == StoreStatus.WrongType)
        {
            return status;
        }

        if (!roomy)
        {
            return Refuse(cost);
        }

        int before = place == null ? 0 : FieldCount(entry);
        long packed = sizes.PackedBytes + (place == null ? PackedHash.HeaderBytes : Entry.ValueLength(entry));
        bool fits = packed <= _limits.Tuning.HashPackedBytesMax
            && sizes.Count + before <= _limits.Tuning.HashPackedFieldsMax;
        if (fits && (place == null || !Entry.Is(entry, EntryFlags.Table)))
        {
            entry = SetPacked(key, hash, place, entry, ref pairs, (int)packed);
        }
        else
        {
            entry = place != null && Entry.Is(entry, EntryFlags.Table) ? entry : Unpack(key, hash, place, entry);
            FieldTable* table = FieldTable.Of(_arena, entry);
            while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
            {
                table->Set(_arena, _hasher, field, value);
            }

            Entry.SetVersion(entry, ++_version);
        }

        added = FieldCount(entry) - before;
        version = Entry.Version(entry);
        TellSet(entry);
        return StoreStatus.Ok;
    }

    private byte* SetPacked<TPairs>(
        ReadOnlySpan<byte> key, ulong hash, uint* place, byte* old, ref TPairs pairs, int bytesMax)
        where TPairs : struct, IPairSource, allows ref struct
    {
        Span<byte> packed = stackalloc byte[bytesMax];
        int length = PackedHash.HeaderBytes;
        packed[..length].Clear();
        if (place != null)
        {
            Entry.Value(old).CopyTo(packed);
            length = (int)Entry.ValueLength(old);
        }

        while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            length = PackedHash.Remove(packed[..length], field);
            length = PackedHash.Append(packed, length, field, value);
        }

        var shape = new EntryShape(EntryFlags.Hash, length, DeadlineOf(old));
        byte* entry = Reshape(key, hash, place, old, shape, slack: place == null ? 0 : length / 4);
        packed[..length].CopyTo(new Span<byte>(Entry.ValueStart(entry), length));
        return entry;
    }

    /// <summary>Gives a hash, new or packed, a table of its own.</summary>
    private byte* Unpack(ReadOnlySpan<byte> key, ulong hash, uint* place, byte* old)
    {
        uint reference = FieldTable.Create(_arena);
        var table = (FieldTable*)_arena.At(reference);
        if (place != null)
        {
            int at = PackedHash.HeaderBytes;
            ReadOnlySpan<byte> packed = Entry.Value(old);
            while (PackedHash.TryNext(packed, ref at, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
            {
                table->Set(_arena, _hasher, field, value);
            }
        }

        var shape = new EntryShape(EntryFlags.Hash | EntryFlags.Table, sizeof(uint), DeadlineOf(old));
        byte* entry = Reshape(key, hash, place, old, shape);
        *(uint*)Entry.ValueStart(entry) = reference;
        return entry;
    }

    private uint* FindHash(ReadOnlySpan<byte> key, ulong hash, out byte* entry, out StoreStatus status)
    {
        uint* place = Find(key, hash, out entry);
        status = HashStatus(place, entry);
        return place;
    }

    private void FindHashForRead(ReadOnlySpan<byte> key, ulong hash, out byte* entry, out StoreStatus status) =>
        status = HashStatus(FindForRead(key, hash, out entry), entry);

    private static StoreStatus HashStatus(uint* place, byte* entry) =>
        place == null ? StoreStatus.NotFound
        : Entry.Is(entry, EntryFlags.Hash) ? StoreStatus.Ok
        : StoreStatus.WrongType;

    private int FieldCount(byte* entry) => Entry.Is(entry, EntryFlags.Table)
        ? (int)FieldTable.Of(_arena, entry)->Table.Count
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
