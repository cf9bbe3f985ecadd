using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <content>What is logged of the elements of lists, and applied to them, by commands and by recovery.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>
    /// Applies a setting of elements: of a list that is there (or of none, which it makes), the others stay. A small list
    /// is as good as it is while its labels follow each other.
    /// </summary>
    private byte* PutElements<TElements>(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* entry,
        ref TElements elements,
        in ElementPlan plan,
        in ElementSizes sizes,
        in EntryLife life)
        where TElements : struct, IBlobSource, allows ref struct
    {
        bool isTable = place != null && Entry.Is(entry, EntryFlags.Table);
        long packed = sizes.PackedBytes + (place == null ? PackedList.HeaderBytes : Entry.ValueLength(entry));
        if (!isTable && packed <= _limits.Tuning.HashPackedBytesMax && FollowsPacked(place, entry, plan))
        {
            var shape = new EntryShape(EntryFlags.List, (int)packed, life.DeadlineMs, life.Version);
            return PutPackedElements(key, hash, place, entry, ref elements, plan, shape);
        }

        if (!isTable)
        {
            entry = UnpackList(key, hash, place, entry, life);
        }
        else if (DeadlineOf(entry) != life.DeadlineMs)
        {
            entry = PutDeadline(key, hash, place, entry, life.DeadlineMs);
        }

        FieldTable* table = FieldTable.Of(_arena, entry);
        if (plan.Clears)
        {
            table->RemoveElements(_arena, plan.ClearedFirst, plan.ClearedLast, ref _deadTables);
        }

        long label = plan.First;
        while (elements.TryTake(out ReadOnlySpan<byte> element))
        {
            table->SetElement(_arena, label, element);
            label += plan.Step;
        }

        _version = Math.Max(_version, life.Version);
        Entry.SetVersion(entry, life.Version);
        return entry;
    }

    private bool FollowsPacked(uint* place, byte* entry, in ElementPlan plan)
    {
        int before = place == null ? 0 : PackedList.Count(Entry.Value(entry));
        if (plan.Clears || before + plan.Count > _limits.Tuning.HashPackedFieldsMax)
        {
            return false;
        }

        if (before == 0)
        {
            return plan.Count == 1 || Math.Abs(plan.Step) == PackedList.Gap;
        }

        long first = PackedList.First(Entry.Value(entry));
        long last = PackedList.Last(Entry.Value(entry));
        bool follows = plan.Count == 1 || plan.Step == PackedList.Gap;
        bool precedes = plan.Count == 1 || plan.Step == -PackedList.Gap;
        return (follows && plan.First == last + PackedList.Gap) || (precedes && plan.First == first - PackedList.Gap)
            || (plan.Count == 1 && plan.First >= first && plan.First <= last
                && (plan.First - first) % PackedList.Gap == 0);
    }

    private byte* PutPackedElements<TElements>(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* old,
        ref TElements elements,
        in ElementPlan plan,
        in EntryShape shape)
        where TElements : struct, IBlobSource, allows ref struct
    {
        Span<byte> packed = stackalloc byte[shape.ValueLength];
        int length = PackedList.HeaderBytes;
        int count = 0;
        if (place == null)
        {
            PackedList.WriteHeader(packed, plan.First, 0);
        }
        else
        {
            Entry.Value(old).CopyTo(packed);
            length = (int)Entry.ValueLength(old);
            count = PackedList.Count(packed);
        }

        bool inFront = count == 0 ? plan.Step < 0 : plan.First < PackedList.First(packed);
        long rank = inFront || count == 0 ? 0 : (plan.First - PackedList.First(packed)) / PackedList.Gap;
        while (elements.TryTake(out ReadOnlySpan<byte> element))
        {
            if (!inFront && rank < count)
            {
                length = PackedList.Replace(packed, length, (int)rank, element);
                continue;
            }

            length = PackedList.Insert(packed, length, inFront ? 0 : PackedList.Count(packed), element);
        }

        int slack = place == null ? 0 : length / 4;
        byte* entry = Reshape(key, hash, place, old, shape with { ValueLength = length }, slack: slack);
        packed[..length].CopyTo(new Span<byte>(Entry.ValueStart(entry), length));
        return entry;
    }

    /// <summary>Gives a list, new or packed, a tree of its own.</summary>
    private byte* UnpackList(ReadOnlySpan<byte> key, ulong hash, uint* place, byte* old, in EntryLife life)
    {
        uint reference = FieldTable.Create(_arena, _limits.Tuning.IndexNodeBytes);
        var table = (FieldTable*)_arena.At(reference);
        if (place != null)
        {
            int at = PackedList.HeaderBytes;
            ReadOnlySpan<byte> packed = Entry.Value(old);
            long label = PackedList.First(packed);
            while (PackedList.TryNext(packed, ref at, out ReadOnlySpan<byte> element))
            {
                table->SetElement(_arena, label, element);
                label += PackedList.Gap;
            }
        }

        var shape = new EntryShape(EntryFlags.List | EntryFlags.Table, sizeof(uint), life.DeadlineMs, life.Version);
        byte* entry = Reshape(key, hash, place, old, shape);
        *(uint*)Entry.ValueStart(entry) = reference;
        return entry;
    }

    /// <summary>
    /// Applies a removal of elements from a list that has a tree, or of some at its ends. True: none is left, and the
    /// caller has to take the entry out.
    /// </summary>
    private bool RemoveElements(
        ReadOnlySpan<byte> key, ulong hash, uint* place, ref byte* entry, LabelRange range)
    {
        if (!Entry.Is(entry, EntryFlags.Table))
        {
            ReadOnlySpan<byte> packed = Entry.Value(entry);
            long first = PackedList.First(packed);
            int count = PackedList.Count(packed);
            long from = Math.Clamp(CeilingOf(range.First, first), 0, count);
            long behind = range.Last < first ? 0 : Math.Min(((range.Last - first) / PackedList.Gap) + 1, count);
            if (behind <= from)
            {
                return count == 0;
            }

            if (from == 0 || behind == count)
            {
                var bytes = new Span<byte>(Entry.ValueStart(entry), packed.Length);
                Entry.SetValueLength(entry, PackedList.Remove(bytes, (int)from, (int)(behind - from)));
                return behind - from == count;
            }

            entry = UnpackList(key, hash, place, entry, new EntryLife(Entry.Version(entry), DeadlineOf(entry)));
        }

        FieldTable* table = FieldTable.Of(_arena, entry);
        table->RemoveElements(_arena, range.First, range.Last, ref _deadTables);
        return table->Count == 0;
    }

    /// <summary>The rank of the first element whose label is not below this one.</summary>
    private static long CeilingOf(long label, long first) =>
        label <= first ? 0 : (label - first + PackedList.Gap - 1) / PackedList.Gap;

    private void LogElementsSet<TElements>(
        ReadOnlySpan<byte> key, TElements elements, in ElementPlan plan, in ElementSizes sizes, in EntryLife life)
        where TElements : struct, IBlobSource, allows ref struct
    {
        if (_log is null)
        {
            return;
        }

        int bytes = (int)sizes.RecordBytes(key.Length, plan.Clears);
        using LogAppend append = Begin(_log, StoreRecordKind.ElementsSet, bytes);
        ElementsSetRecord.WriteHeader(append.Payload, life.Version, life.DeadlineMs, plan, key);
        int header = ElementsSetRecord.HeaderBytes + key.Length + (plan.Clears ? ElementsSetRecord.ClearedBytes : 0);
        Span<byte> target = append.Payload[header..];
        while (elements.TryTake(out ReadOnlySpan<byte> element))
        {
            target = target[FieldsRemovedRecord.WriteField(target, element)..];
        }
    }

    private void LogElementsRemoved(ReadOnlySpan<byte> key, ReadOnlySpan<LabelRange> ranges, ulong version)
    {
        if (_log is not null)
        {
            int bytes = ElementsRemovedRecord.Bytes(key.Length, ranges.Length);
            using LogAppend append = Begin(_log, StoreRecordKind.ElementsRemoved, bytes);
            ElementsRemovedRecord.Write(append.Payload, version, key, ranges);
        }
    }

    private bool ApplyElementsSet(ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!ElementsSetRecord.TryRead(payload, out ElementsSetRecord record))
        {
            return false;
        }

        var sizes = default(ElementSizes);
        BlobRun elements = record.Elements;
        while (elements.TryTake(out ReadOnlySpan<byte> element))
        {
            sizes.Add(element.Length);
        }

        uint* place = FindAs(EntryFlags.List, record.Key, hash, out byte* entry);
        if (record.Plan.Anew && place != null)
        {
            Detach(place, hash, entry);
            place = null;
            entry = null;
        }

        elements = record.Elements;
        var life = new EntryLife(record.Version, record.DeadlineMs);
        PutElements(record.Key, hash, place, entry, ref elements, record.Plan, sizes, life);
        return true;
    }

    private bool ApplyElementsRemoved(ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!ElementsRemovedRecord.TryRead(payload, out ElementsRemovedRecord record))
        {
            return false;
        }

        uint* place = FindAs(EntryFlags.List, record.Key, hash, out byte* entry);
        if (place == null)
        {
            return true;
        }

        bool gone = false;
        for (int at = 0; at < record.Ranges.Length && !gone; at += LabelRange.Bytes)
        {
            gone = RemoveElements(record.Key, hash, place, ref entry, LabelRange.Read(record.Ranges[at..]));
        }

        if (gone)
        {
            Detach(place, hash, entry);
        }
        else
        {
            Entry.SetVersion(entry, record.Version);
        }

        _version = Math.Max(_version, record.Version);
        return true;
    }

    /// <summary>How long an entry lives, and as what version.</summary>
    private readonly record struct EntryLife(ulong Version, long DeadlineMs);

    private struct ElementSizes
    {
        public int Count;
        public long PackedBytes;
        public long TreeBytes;
        public long Bytes;

        public void Add(int length)
        {
            Count++;
            Bytes += length;
            PackedBytes += PackedList.ElementHeaderBytes + length;
        }

        public readonly long RecordBytes(int keyBytes, bool clears) => ElementsSetRecord.HeaderBytes + keyBytes
            + (clears ? ElementsSetRecord.ClearedBytes : 0) + Bytes
            + ((long)Count * ElementsSetRecord.ElementHeaderBytes);
    }
}
