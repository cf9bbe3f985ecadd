using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>What is applied to fields and members, by commands and by recovery.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>
    /// Applies a setting of fields: of a hash that is there (or of none, which it makes), the others stay.
    /// </summary>
    private byte* PutFields<TPairs>(
        EntryFlags type,
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* entry,
        ref TPairs pairs,
        in PairSizes sizes,
        ulong version,
        long deadlineMs)
        where TPairs : struct, IPairSource, allows ref struct
    {
        int before = place == null ? 0 : FieldCount(entry);
        long packed = sizes.PackedBytes + (place == null ? PackedHash.HeaderBytes : Entry.ValueLength(entry));
        bool fits = packed <= _limits.Tuning.HashPackedBytesMax
            && sizes.Count + before <= _limits.Tuning.HashPackedFieldsMax;
        if (fits && (place == null || !Entry.Is(entry, EntryFlags.Table)))
        {
            var shape = new EntryShape(type, (int)packed, deadlineMs, version);
            return SetPacked(key, hash, place, entry, ref pairs, shape);
        }

        if (place == null || !Entry.Is(entry, EntryFlags.Table))
        {
            entry = Unpack(type, key, hash, place, entry, version, deadlineMs);
        }
        else if (DeadlineOf(entry) != deadlineMs)
        {
            entry = PutDeadline(key, hash, place, entry, deadlineMs);
        }

        FieldTable* table = FieldTable.Of(_arena, entry);
        while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            SetField(table, field, value);
        }

        _version = Math.Max(_version, version);
        Entry.SetVersion(entry, version);
        return entry;
    }

    /// <param name="shape">Its length is what the fields take at most.</param>
    private byte* SetPacked<TPairs>(
        ReadOnlySpan<byte> key, ulong hash, uint* place, byte* old, ref TPairs pairs, in EntryShape shape)
        where TPairs : struct, IPairSource, allows ref struct
    {
        Span<byte> packed = stackalloc byte[shape.ValueLength];
        int length = PackedHash.HeaderBytes;
        packed[..length].Clear();
        if (place != null)
        {
            Entry.Value(old).CopyTo(packed);
            length = (int)Entry.ValueLength(old);
        }

        while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            // A score that is the same number stays as it is, which of the two zeros it may be.
            if (shape.Flags == EntryFlags.SortedSet
                && PackedHash.TryGet(packed[..length], field, out ReadOnlySpan<byte> score) && IsSame(shape.Flags, score, value))
            {
                continue;
            }

            length = PackedHash.Remove(packed[..length], field);
            length = (shape.Flags & EntryFlags.SortedSet) == 0
                ? PackedHash.Append(packed, length, field, value)
                : PackedHash.InsertScored(packed, length, field, value);
        }

        int slack = place == null ? 0 : length / 4;
        byte* entry = Reshape(key, hash, place, old, shape with { ValueLength = length }, slack: slack);
        packed[..length].CopyTo(new Span<byte>(Entry.ValueStart(entry), length));
        return entry;
    }

    private void SetField(FieldTable* table, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (table->Shares)
        {
            table->SetScore(_arena, _hasher, field, ScoreBytes.Read(value));
        }
        else
        {
            table->Set(_arena, _hasher, field, value);
        }
    }

    /// <summary>Gives a hash or a set, new or packed, a table of its own.</summary>
    private byte* Unpack(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, uint* place, byte* old, ulong version, long deadlineMs)
    {
        uint reference = FieldTable.Create(
            _arena, _limits.Tuning.IndexNodeBytes, shares: type == EntryFlags.SortedSet);
        var table = (FieldTable*)_arena.At(reference);
        if (place != null)
        {
            int at = PackedHash.HeaderBytes;
            ReadOnlySpan<byte> packed = Entry.Value(old);
            while (PackedHash.TryNext(packed, ref at, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
            {
                SetField(table, field, value);
            }
        }

        var shape = new EntryShape(type | EntryFlags.Table, sizeof(uint), deadlineMs, version);
        byte* entry = Reshape(key, hash, place, old, shape);
        *(uint*)Entry.ValueStart(entry) = reference;
        return entry;
    }

    /// <summary>
    /// Applies a removal of fields and says how many were there. With <paramref name="left"/> 0 the caller has to take
    /// the entry out.
    /// </summary>
    private int RemoveFields<TFields>(byte* entry, ref TFields fields, ulong version, out int left)
        where TFields : struct, IBlobSource, allows ref struct
    {
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

        left = FieldCount(entry);
        if (left < before)
        {
            _version = Math.Max(_version, version);
        }

        if (left < before && left > 0)
        {
            Entry.SetVersion(entry, version);
        }

        return before - left;
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
}
