using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>
/// Snapshots: slices in the order of the keys. What changes while they are taken is in the log behind the snapshot's
/// position, so it is enough that what does not change is copied.
/// </content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>
    /// Copies the next entries behind a place, a bounded number of them, up to the key <paramref name="bound"/>; empty:
    /// half as many, so that the other shards get to the same key in one slice each.
    /// </summary>
    public SliceEnd Snapshot(ref SnapshotPlace place, ReadOnlySpan<byte> bound, SnapshotBuffer buffer)
    {
        lock (_gate)
        {
            if (place.InFields && SnapshotRest(ref place, buffer) == SliceEnd.SliceFull)
            {
                return SliceEnd.SliceFull;
            }

            long now = NowIfNeeded();
            uint stopped = 0;
            int left = Math.Max(1, _limits.Tuning.HoldSnapshotEntriesMax / (bound.IsEmpty ? 2 : 1));
            SliceEnd end = SliceEnd.ShardDone;
            for (OrderedIndex.Position at = Begin([], place.Last); !at.AtEnd; at = _index.Next(at))
            {
                uint reference = _index.ReferenceAt(at);
                byte* entry = _arena.At(reference);
                if (!bound.IsEmpty && Entry.Key(entry).SequenceCompareTo(bound) > 0)
                {
                    end = SliceEnd.PageFull;
                    break;
                }

                if (left-- == 0 || IsFull(buffer))
                {
                    end = SliceEnd.SliceFull;
                    break;
                }

                stopped = reference;
                if (!Entry.IsDue(entry, now) && SnapshotEntry(ref place, entry, buffer) == SliceEnd.SliceFull)
                {
                    end = SliceEnd.SliceFull;
                    break;
                }
            }

            Remember(ref place.Last, stopped);
            return end;
        }
    }

    private SliceEnd SnapshotEntry(ref SnapshotPlace place, byte* entry, SnapshotBuffer buffer)
    {
        ReadOnlySpan<byte> key = Entry.Key(entry);
        ulong version = Entry.Version(entry);
        if (!Entry.Is(entry, EntryFlags.Types))
        {
            ReadOnlySpan<byte> value = Entry.Value(entry);
            Span<byte> payload = buffer.Add(StoreRecordKind.Set, SetRecord.Bytes(key.Length, value.Length));
            SetRecord.Write(payload, version, DeadlineOf(entry), key, value);
            return SliceEnd.ShardDone;
        }

        if (Entry.Is(entry, EntryFlags.Table))
        {
            place.FieldCursor = 0;
            place.Label = long.MinValue;
            return Entry.Is(entry, EntryFlags.List)
                ? SnapshotElements(ref place, entry, buffer)
                : SnapshotFields(ref place, entry, buffer);
        }

        if (Entry.Is(entry, EntryFlags.List))
        {
            SnapshotPackedList(entry, buffer);
            return SliceEnd.ShardDone;
        }

        buffer.BeginFields(SetKindOf(Entry.Type(entry)), key, version, DeadlineOf(entry), anew: true);
        int at = PackedHash.HeaderBytes;
        ReadOnlySpan<byte> packed = Entry.Value(entry);
        while (PackedHash.TryNext(packed, ref at, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            buffer.Add(field, value);
        }

        buffer.EndFields();
        return SliceEnd.ShardDone;
    }

    /// <summary>
    /// Goes on with what has a table. If it is gone, or another one by now, all of it is in the log; fields that come twice
    /// do no harm.
    /// </summary>
    private SliceEnd SnapshotRest(ref SnapshotPlace place, SnapshotBuffer buffer)
    {
        place.InFields = false;
        ReadOnlySpan<byte> key = place.Last.Key;
        bool there = _table.Find(_arena, _hasher.Of(key), key, out byte* entry) != null;
        if (!there || !Entry.Is(entry, EntryFlags.Table))
        {
            return SliceEnd.ShardDone;
        }

        return Entry.Is(entry, EntryFlags.List)
            ? SnapshotElements(ref place, entry, buffer)
            : SnapshotFields(ref place, entry, buffer);
    }

    private SliceEnd SnapshotFields(ref SnapshotPlace place, byte* entry, SnapshotBuffer buffer)
    {
        bool anew = place.FieldCursor == 0;
        buffer.BeginFields(SetKindOf(Entry.Type(entry)), Entry.Key(entry), Entry.Version(entry), DeadlineOf(entry), anew);
        FieldTable* table = FieldTable.Of(_arena, entry);
        int bucketsMax = _limits.Tuning.HoldSnapshotEntriesMax;
        do
        {
            place.InFields = table->Table.ListNext(_arena, ref place.FieldCursor, ref buffer);
        }
        while (place.InFields && --bucketsMax > 0 && !IsFull(buffer));
        buffer.EndFields();
        return place.InFields ? SliceEnd.SliceFull : SliceEnd.ShardDone;
    }

    private static void SnapshotPackedList(byte* entry, SnapshotBuffer buffer)
    {
        ReadOnlySpan<byte> packed = Entry.Value(entry);
        var plan = new ElementPlan { First = PackedList.First(packed), Step = (int)PackedList.Gap, Anew = true };
        buffer.BeginElements(Entry.Key(entry), Entry.Version(entry), DeadlineOf(entry), plan);
        int at = PackedList.HeaderBytes;
        while (PackedList.TryNext(packed, ref at, out ReadOnlySpan<byte> element))
        {
            buffer.Add(element);
        }

        buffer.EndElements(plan.Step);
    }

    /// <summary>
    /// The elements behind a label, a record for each run of labels with one step: elements keep their labels while they
    /// are there, unless they are written again.
    /// </summary>
    private SliceEnd SnapshotElements(ref SnapshotPlace place, byte* entry, SnapshotBuffer buffer)
    {
        bool anew = place.Label == long.MinValue;
        FieldTable* table = FieldTable.Of(_arena, entry);
        uint rank = anew ? 0 : table->Tree.RankOf(_arena, ItemProbe.Label(place.Label), after: true);
        CountedTree.Position at = rank < table->Tree.Count ? table->Tree.Seek(_arena, rank) : default;
        int left = _limits.Tuning.HoldSnapshotEntriesMax;
        while (!at.AtEnd && left > 0 && !IsFull(buffer))
        {
            byte* item = _arena.At(at.Reference);
            var plan = new ElementPlan { First = ListItem.Label(item), Anew = anew };
            buffer.BeginElements(Entry.Key(entry), Entry.Version(entry), DeadlineOf(entry), plan);
            anew = false;
            long step = 0;
            long label = plan.First;
            do
            {
                buffer.Add(ListItem.Value(item));
                place.Label = label;
                at = CountedTree.Next(_arena, at);
                item = at.AtEnd ? null : _arena.At(at.Reference);
                long next = item == null ? 0 : ListItem.Label(item) - label;
                step = step == 0 ? next : step;
                label += next;
                left--;
                if (next != step || next > int.MaxValue)
                {
                    break;
                }
            }
            while (item != null && left > 0 && !IsFull(buffer));
            buffer.EndElements((int)Math.Min(step, int.MaxValue));
        }

        place.InFields = !at.AtEnd;
        return place.InFields ? SliceEnd.SliceFull : SliceEnd.ShardDone;
    }

    private bool IsFull(SnapshotBuffer buffer) => buffer.SliceLength >= _limits.Tuning.HoldSnapshotBytesMax;
}
