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
        if (!Entry.Is(entry, EntryFlags.Hash))
        {
            ReadOnlySpan<byte> value = Entry.Value(entry);
            Span<byte> payload = buffer.Add(StoreRecordKind.Set, SetRecord.Bytes(key.Length, value.Length));
            SetRecord.Write(payload, version, DeadlineOf(entry), key, value);
            return SliceEnd.ShardDone;
        }

        if (Entry.Is(entry, EntryFlags.Table))
        {
            place.FieldCursor = 0;
            return SnapshotFields(ref place, entry, buffer);
        }

        buffer.BeginFields(key, version, DeadlineOf(entry), anew: true);
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
    /// Goes on with a large hash. If it is gone, or another one by now, all of it is in the log; fields that come twice
    /// do no harm.
    /// </summary>
    private SliceEnd SnapshotRest(ref SnapshotPlace place, SnapshotBuffer buffer)
    {
        place.InFields = false;
        ReadOnlySpan<byte> key = place.Last.Key;
        bool there = _table.Find(_arena, _hasher.Of(key), key, out byte* entry) != null;
        return there && Entry.Is(entry, EntryFlags.Table)
            ? SnapshotFields(ref place, entry, buffer)
            : SliceEnd.ShardDone;
    }

    private SliceEnd SnapshotFields(ref SnapshotPlace place, byte* entry, SnapshotBuffer buffer)
    {
        bool anew = place.FieldCursor == 0;
        buffer.BeginFields(Entry.Key(entry), Entry.Version(entry), DeadlineOf(entry), anew);
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

    private bool IsFull(SnapshotBuffer buffer) => buffer.Length >= _limits.Tuning.HoldSnapshotBytesMax;
}
