using System.Buffers;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Commands at the ends of lists, and those that read: packed into the entry while small, then a tree.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>What an element may add to the tree of its list.</summary>
    private const int ElementGrowthBytes = 24;

    public StoreStatus ListPush<TElements>(
        ReadOnlySpan<byte> key,
        ulong hash,
        ListEnd end,
        bool ifPresent,
        ref TElements elements,
        out long length,
        out ulong version)
        where TElements : struct, IBlobSource, allows ref struct
    {
        length = 0;
        version = 0;
        StoreStatus status = Measure(elements, out ElementSizes sizes);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        lock (_gate)
        {
            status = PrepareElements(key, hash, sizes, out uint* place, out byte* entry);
            if (status == StoreStatus.NotFound && ifPresent)
            {
                return StoreStatus.Ok;
            }

            if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
            {
                return status;
            }

            bool left = end == ListEnd.Left;
            long before = place == null ? 0 : ListCount(entry);
            var plan = new ElementPlan
            {
                First = before == 0 ? 0
                    : left ? LabelOf(entry, 0) - PackedList.Gap
                    : LabelOf(entry, before - 1) + PackedList.Gap,
                Step = (int)(left ? -PackedList.Gap : PackedList.Gap),
                Count = sizes.Count,
                Anew = place == null,
            };
            length = before + sizes.Count;
            version = _version + 1;
            SetElements(key, hash, place, entry, ref elements, plan, sizes);
            return StoreStatus.Ok;
        }
    }

    /// <summary>
    /// Takes elements off an end, at most so many or as many as the sink wants, and gives them out in that order.
    /// </summary>
    public StoreStatus ListPop<TSink>(
        ReadOnlySpan<byte> key, ulong hash, ListEnd end, long countMax, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        lock (_gate)
        {
            StoreStatus status = AdmitRemoval(ElementsRemovedRecord.Bytes(key.Length, 1));
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            uint* place = FindTyped(EntryFlags.List, key, hash, out byte* entry, out status);
            CountLook(status);
            if (status != StoreStatus.Ok || countMax <= 0)
            {
                return status;
            }

            long count = ListCount(entry);
            bool left = end == ListEnd.Left;
            long taken = Walk(entry, left ? 0 : count - 1, Math.Min(count, countMax), reverse: !left, ref sink);
            DropElements(key, hash, place, entry, [RangeOf(entry, left ? 0 : count - taken, taken)]);
            return StoreStatus.Ok;
        }
    }

    /// <summary>Removes all but the elements with these ranks; negative ones count from the end.</summary>
    public StoreStatus ListTrim(ReadOnlySpan<byte> key, ulong hash, long first, long last)
    {
        lock (_gate)
        {
            StoreStatus status = AdmitRemoval(ElementsRemovedRecord.Bytes(key.Length, 2));
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            uint* place = FindTyped(EntryFlags.List, key, hash, out byte* entry, out status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            long count = ListCount(entry);
            RankRange kept = RankRange.Of(first, last, count);
            if (kept.Count == 0)
            {
                RemoveAt(place, hash, entry, StoreChangeKind.Deleted);
            }
            else if (kept.Count < count)
            {
                long behind = kept.First + kept.Count;
                Span<LabelRange> ranges = stackalloc LabelRange[2];
                int used = 0;
                if (kept.First > 0)
                {
                    ranges[used++] = RangeOf(entry, 0, kept.First);
                }

                if (behind < count)
                {
                    ranges[used++] = RangeOf(entry, behind, count - behind);
                }

                DropElements(key, hash, place, entry, ranges[..used]);
            }

            return StoreStatus.Ok;
        }
    }

    public StoreStatus ListLength(ReadOnlySpan<byte> key, ulong hash, out long length)
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.List, key, hash, out byte* entry, out StoreStatus status);
            length = status == StoreStatus.Ok ? ListCount(entry) : 0;
            return status;
        }
    }

    public StoreStatus ListRange<TSink>(ReadOnlySpan<byte> key, ulong hash, long first, long last, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.List, key, hash, out byte* entry, out StoreStatus status);
            if (status == StoreStatus.Ok)
            {
                RankRange range = RankRange.Of(first, last, ListCount(entry));
                Walk(entry, range.First, range.Count, reverse: false, ref sink);
            }

            return status;
        }
    }

    /// <summary>The element with this rank; <see cref="StoreStatus.InvalidArgument"/>: the list is shorter.</summary>
    public StoreStatus ListGet(ReadOnlySpan<byte> key, ulong hash, long rank, IBufferWriter<byte> element)
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.List, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            long count = ListCount(entry);
            rank += rank < 0 ? count : 0;
            if (rank < 0 || rank >= count)
            {
                return StoreStatus.InvalidArgument;
            }

            element.Write(ElementOf(entry, rank));
            return StoreStatus.Ok;
        }
    }

    private void CountLook(StoreStatus status)
    {
        _counters.Hits += status == StoreStatus.NotFound ? 0 : 1;
        _counters.Misses += status == StoreStatus.NotFound ? 1 : 0;
    }

    /// <summary>Checks every element and adds up what they may take, before any of them is applied.</summary>
    private StoreStatus Measure<TElements>(TElements elements, out ElementSizes sizes)
        where TElements : struct, IBlobSource, allows ref struct
    {
        sizes = default;
        while (elements.TryTake(out ReadOnlySpan<byte> element))
        {
            if (element.Length > _limits.ValueBytesMax)
            {
                return StoreStatus.ValueTooLarge;
            }

            sizes.Add(element.Length);
            sizes.TreeBytes += ElementGrowthBytes + _arena.CostOf(ListItem.Bytes(element.Length));
        }

        return sizes.Count == 0 ? StoreStatus.InvalidArgument : StoreStatus.Ok;
    }

    /// <summary>
    /// Whether elements of these sizes may be set, and where: anything but Ok and NotFound refuses them.
    /// </summary>
    private StoreStatus PrepareElements(
        ReadOnlySpan<byte> key, ulong hash, in ElementSizes sizes, out uint* place, out byte* entry)
    {
        place = null;
        entry = null;
        StoreStatus status = Admit(sizes.RecordBytes(key.Length, clears: true));
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        long cost = sizes.TreeBytes + UnpackBytes + GrowthBytes
            + _arena.CostOf(Entry.Bytes(key.Length, 0, expires: true));
        bool roomy = MakeRoom(cost);
        place = FindTyped(EntryFlags.List, key, hash, out entry, out status);
        return status == StoreStatus.WrongType || roomy ? status : Refuse(cost);
    }

    /// <summary>Logs a setting of elements, applies it and tells of it.</summary>
    private void SetElements<TElements>(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* entry,
        ref TElements elements,
        in ElementPlan plan,
        in ElementSizes sizes)
        where TElements : struct, IBlobSource, allows ref struct
    {
        var life = new EntryLife(_version + 1, DeadlineOf(entry));
        LogElementsSet(key, elements, plan, sizes, life);
        TellSet(PutElements(key, hash, place, entry, ref elements, plan, sizes, life));
    }

    /// <summary>Logs a removal of elements, of which there are some, applies it and tells of it.</summary>
    private void DropElements(
        ReadOnlySpan<byte> key, ulong hash, uint* place, byte* entry, ReadOnlySpan<LabelRange> ranges)
    {
        ulong version = _version + 1;
        LogElementsRemoved(key, ranges, version);
        bool gone = false;
        foreach (LabelRange range in ranges)
        {
            gone = RemoveElements(key, hash, place, ref entry, range);
        }

        _version = version;
        if (gone)
        {
            TakeOut(place, hash, entry, StoreChangeKind.Deleted);
        }
        else
        {
            Entry.SetVersion(entry, version);
            TellSet(entry);
        }
    }

    private long ListCount(byte* entry) => Entry.Is(entry, EntryFlags.Table)
        ? FieldTable.Of(_arena, entry)->Tree.Count
        : PackedList.Count(Entry.Value(entry));

    private long LabelOf(byte* entry, long rank) => Entry.Is(entry, EntryFlags.Table)
        ? FieldTable.Of(_arena, entry)->LabelAt(_arena, (uint)rank)
        : PackedList.First(Entry.Value(entry)) + (rank * PackedList.Gap);

    private LabelRange RangeOf(byte* entry, long rank, long count) =>
        new(LabelOf(entry, rank), LabelOf(entry, rank + count - 1));

    private ReadOnlySpan<byte> ElementOf(byte* entry, long rank)
    {
        if (Entry.Is(entry, EntryFlags.Table))
        {
            return ListItem.Value(_arena.At(FieldTable.Of(_arena, entry)->Tree.Seek(_arena, rank).Reference));
        }

        ReadOnlySpan<byte> packed = Entry.Value(entry);
        int at = PackedList.Seek(packed, (int)rank);
        PackedList.TryNext(packed, ref at, out ReadOnlySpan<byte> element);
        return element;
    }

    /// <summary>
    /// Gives out elements from a rank on, in their order or against it, until the sink wants no more. Returns how many.
    /// </summary>
    private long Walk<TSink>(byte* entry, long rank, long count, bool reverse, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        if (count <= 0)
        {
            return 0;
        }

        if (!Entry.Is(entry, EntryFlags.Table))
        {
            return WalkPacked(Entry.Value(entry), (int)rank, (int)count, reverse, ref sink);
        }

        long given = 0;
        CountedTree.Position at = FieldTable.Of(_arena, entry)->Tree.Seek(_arena, rank);
        while (given < count && !at.AtEnd)
        {
            given++;
            if (!sink.Add(ListItem.Value(_arena.At(at.Reference))))
            {
                break;
            }

            at = reverse ? CountedTree.Previous(_arena, at) : CountedTree.Next(_arena, at);
        }

        return given;
    }

    private static int WalkPacked<TSink>(
        ReadOnlySpan<byte> packed, int rank, int count, bool reverse, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        int given = 0;
        int at = PackedList.Seek(packed, rank);
        while (given < count && PackedList.TryNext(packed, ref at, out ReadOnlySpan<byte> element))
        {
            given++;
            if (!sink.Add(element))
            {
                break;
            }

            if (reverse && given < count)
            {
                at = PackedList.Seek(packed, --rank);
            }
        }

        return given;
    }
}

/// <summary>Ranks from one on, so many; none: outside of what is there.</summary>
internal readonly record struct RankRange(long First, long Count)
{
    /// <summary>From one rank to another, both included; negative ones count from the end.</summary>
    public static RankRange Of(long first, long last, long count)
    {
        long from = first < 0 ? Math.Max(0, first + count) : first;
        long to = Math.Min(count - 1, last < 0 ? last + count : last);
        return from <= to ? new RankRange(from, to - from + 1) : default;
    }
}
