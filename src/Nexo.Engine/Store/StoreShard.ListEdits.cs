using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Commands within lists: by rank, and by what an element is.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>Ranges of labels that one record of a removal has at most.</summary>
    private const int RangesMax = 256;

    /// <summary><see cref="StoreStatus.InvalidArgument"/>: the list is shorter.</summary>
    public StoreStatus ListSet(ReadOnlySpan<byte> key, ulong hash, long rank, ReadOnlySpan<byte> element)
    {
        var one = new OneBlob(element);
        StoreStatus status = Measure(one, out ElementSizes sizes);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        lock (_gate)
        {
            status = PrepareElements(key, hash, sizes, out uint* place, out byte* entry);
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

            var plan = new ElementPlan { First = LabelOf(entry, rank), Count = 1 };
            SetElements(key, hash, place, entry, ref one, plan, sizes);
            return StoreStatus.Ok;
        }
    }

    /// <summary>Puts an element beside the first one that is <paramref name="pivot"/>; length -1: there is none.</summary>
    public StoreStatus ListInsert(
        ReadOnlySpan<byte> key, ulong hash, bool before, ReadOnlySpan<byte> pivot, ReadOnlySpan<byte> element, out long length)
    {
        length = -1;
        var one = new OneBlob(element);
        StoreStatus status = Measure(one, out ElementSizes sizes);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        lock (_gate)
        {
            status = PrepareElements(key, hash, sizes, out uint* place, out byte* entry);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            long count = ListCount(entry);
            long rank = 0;
            if (!TryFindElement(entry, pivot, reverse: false, ref rank, count))
            {
                return StoreStatus.Ok;
            }

            rank += before ? 0 : 1;
            length = count + 1;
            if (!Entry.Is(entry, EntryFlags.Table) && TryInsertPacked(key, hash, place, entry, (int)rank, element))
            {
                return StoreStatus.Ok;
            }

            if (!Entry.Is(entry, EntryFlags.Table))
            {
                entry = UnpackList(key, hash, place, entry, new EntryLife(Entry.Version(entry), DeadlineOf(entry)));
            }

            status = InsertInTree(key, hash, place, entry, (uint)rank, element, sizes);
            length = status == StoreStatus.Ok ? length : -1;
            return status;
        }
    }

    /// <summary>
    /// Removes elements that are this: so many from the front, or from the back if the count is negative; 0: all.
    /// </summary>
    public StoreStatus ListRemove(ReadOnlySpan<byte> key, ulong hash, long count, ReadOnlySpan<byte> element, out long removed)
    {
        removed = 0;
        lock (_gate)
        {
            int bytes = Math.Max(
                ElementsRemovedRecord.Bytes(key.Length, RangesMax),
                ElementsSetRecord.HeaderBytes + key.Length + (2 * _limits.Tuning.HashPackedBytesMax));
            StoreStatus status = AdmitRemoval(bytes);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            uint* place = FindTyped(EntryFlags.List, key, hash, out byte* entry, out status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            long left = count == 0 ? long.MaxValue : Math.Abs(Math.Max(count, -long.MaxValue));
            if (!Entry.Is(entry, EntryFlags.Table))
            {
                removed = RemovePackedElements(key, hash, place, entry, element, count < 0, left);
                return StoreStatus.Ok;
            }

            bool more = true;
            long rank = count < 0 ? ListCount(entry) - 1 : 0;
            while (more && left > 0 && AdmitRemoval(bytes) == StoreStatus.Ok)
            {
                more = RemoveSome(key, hash, place, entry, element, count < 0, ref rank, ref left, ref removed);
            }

            return StoreStatus.Ok;
        }
    }

    /// <summary>
    /// The ranks of elements that are this: from the nth of them on (negative: from the
    /// back), at most so many, looking at so many elements.
    /// </summary>
    public StoreStatus ListFind<TSink>(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> element, in ListSearch search, ref TSink sink)
        where TSink : IRankSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.List, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            long count = ListCount(entry);
            long looked = search.LookMax == 0 ? count : Math.Min(count, search.LookMax);
            bool reverse = search.Nth < 0;
            long passed = Math.Abs(search.Nth) - 1;
            long rank = reverse ? count - 1 : 0;
            long end = reverse ? count - looked : looked;
            long found = 0;
            while ((search.CountMax == 0 || found < search.CountMax)
                && TryFindElement(entry, element, reverse, ref rank, end))
            {
                if (passed-- <= 0)
                {
                    found++;
                    if (!sink.Add(rank))
                    {
                        break;
                    }
                }

                rank += reverse ? -1 : 1;
            }

            return StoreStatus.Ok;
        }
    }

    /// <summary>
    /// Looks for an element from a rank on, up to another (which is not looked at) or, in reverse, down to it.
    /// </summary>
    private bool TryFindElement(byte* entry, ReadOnlySpan<byte> element, bool reverse, ref long rank, long end)
    {
        if (reverse ? rank < end : rank >= end)
        {
            return false;
        }

        if (!Entry.Is(entry, EntryFlags.Table))
        {
            for (; reverse ? rank >= end : rank < end; rank += reverse ? -1 : 1)
            {
                if (ElementOf(entry, rank).SequenceEqual(element))
                {
                    return true;
                }
            }

            return false;
        }

        CountedTree.Position at = FieldTable.Of(_arena, entry)->Tree.Seek(_arena, rank);
        while (!ListItem.Value(_arena.At(at.Reference)).SequenceEqual(element))
        {
            rank += reverse ? -1 : 1;
            if (reverse ? rank < end : rank >= end)
            {
                return false;
            }

            at = reverse ? CountedTree.Previous(_arena, at) : CountedTree.Next(_arena, at);
        }

        return true;
    }

    /// <summary>A small list is written anew, since labels within it have no room between them; false: it gets too large.</summary>
    private bool TryInsertPacked(
        ReadOnlySpan<byte> key, ulong hash, uint* place, byte* entry, int rank, ReadOnlySpan<byte> element)
    {
        ReadOnlySpan<byte> before = Entry.Value(entry);
        int bytes = before.Length + PackedList.ElementHeaderBytes + element.Length;
        if (bytes > _limits.Tuning.HashPackedBytesMax || PackedList.Count(before) >= _limits.Tuning.HashPackedFieldsMax)
        {
            return false;
        }

        Span<byte> packed = stackalloc byte[bytes];
        before.CopyTo(packed);
        PackedList.Insert(packed, before.Length, rank, element);
        Rewrite(key, hash, place, entry, packed);
        return true;
    }

    private long RemovePackedElements(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* entry,
        ReadOnlySpan<byte> element,
        bool reverse,
        long left)
    {
        Span<byte> packed = stackalloc byte[(int)Entry.ValueLength(entry)];
        Entry.Value(entry).CopyTo(packed);
        int count = PackedList.Count(packed);
        long rank = reverse ? count - 1 : 0;
        while (left > 0 && TryFindElement(entry, element, reverse, ref rank, reverse ? 0 : count))
        {
            // From the back the ranks before stay; from the front those behind are fewer by what has gone.
            int gone = count - PackedList.Count(packed);
            packed = packed[..PackedList.Remove(packed, (int)(reverse ? rank : rank - gone), 1)];
            rank += reverse ? -1 : 1;
            left--;
        }

        int kept = PackedList.Count(packed);
        if (kept == 0)
        {
            RemoveAt(place, hash, entry, StoreChangeKind.Deleted);
        }
        else if (kept < count)
        {
            Rewrite(key, hash, place, entry, packed);
        }

        return count - kept;
    }

    /// <summary>Logs and applies that a small list is this one now.</summary>
    private void Rewrite(ReadOnlySpan<byte> key, ulong hash, uint* place, byte* entry, ReadOnlySpan<byte> packed)
    {
        var plan = new ElementPlan
        {
            First = PackedList.First(packed),
            Step = (int)PackedList.Gap,
            Count = PackedList.Count(packed),
            Anew = true,
        };
        var elements = new PackedElements(packed);
        Measure(elements, out ElementSizes sizes);
        var life = new EntryLife(_version + 1, DeadlineOf(entry));
        LogElementsSet(key, elements, plan, sizes, life);
        var shape = new EntryShape(EntryFlags.List, packed.Length, life.DeadlineMs, life.Version);
        entry = Reshape(key, hash, place, entry, shape, slack: packed.Length / 4);
        packed.CopyTo(new Span<byte>(Entry.ValueStart(entry), packed.Length));
        TellSet(entry);
    }

    /// <summary>Removes up to <see cref="RangesMax"/> elements by one record; false: there are no more to be found.</summary>
    private bool RemoveSome(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* entry,
        ReadOnlySpan<byte> element,
        bool reverse,
        ref long rank,
        ref long left,
        ref long removed)
    {
        Span<LabelRange> ranges = stackalloc LabelRange[RangesMax];
        int used = 0;
        long count = ListCount(entry);
        while (left > 0 && used < ranges.Length && TryFindElement(entry, element, reverse, ref rank, reverse ? 0 : count))
        {
            ranges[used++] = RangeOf(entry, rank, 1);
            rank += reverse ? -1 : 1;
            left--;
        }

        if (used > 0)
        {
            removed += used;
            rank -= reverse ? 0 : used;
            DropElements(key, hash, place, entry, ranges[..used]);
        }

        return used == ranges.Length && used < count;
    }

    private StoreStatus InsertInTree(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* entry,
        uint rank,
        ReadOnlySpan<byte> element,
        in ElementSizes sizes)
    {
        LabelRange between = NeighboursOf(entry, rank, rank);
        var one = new OneBlob(element);
        if (between.Last - between.First >= 2)
        {
            var plan = new ElementPlan { First = between.First + ((between.Last - between.First) / 2), Count = 1 };
            SetElements(key, hash, place, entry, ref one, plan, sizes);
            return StoreStatus.Ok;
        }

        // No label is left between the two: their neighbours move apart, as many of them as that takes.
        uint from = rank;
        uint behind = rank;
        for (uint width = 2; between.Last - between.First < 4L * (behind - from + 2); width *= 2)
        {
            from = rank - Math.Min(width, rank);
            behind = (uint)Math.Min(rank + width, ListCount(entry));
            between = NeighboursOf(entry, from, behind);
        }

        return MoveApart(key, hash, place, entry, from, behind, rank, element, between);
    }

    /// <summary>The labels before and behind some elements; at an end of the list there is room for as many again.</summary>
    private LabelRange NeighboursOf(byte* entry, uint from, uint behind)
    {
        long count = ListCount(entry);
        long room = PackedList.Gap * (behind - from + 2L);
        long first = from > 0 ? LabelOf(entry, from - 1) : LabelOf(entry, 0) - room;
        long last = behind < count ? LabelOf(entry, behind) : LabelOf(entry, count - 1) + room;
        return new LabelRange(first, last);
    }

    /// <summary>Anything but Ok: it is refused, since neighbours that move are logged too.</summary>
    private StoreStatus MoveApart(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* entry,
        uint from,
        uint behind,
        uint rank,
        ReadOnlySpan<byte> element,
        LabelRange between)
    {
        using ItemBuffer moved = ItemBuffer.Rent(_limits.Tuning.GatheredBytesMax);
        Walk(entry, from, rank - from, reverse: false, ref moved.Sink);
        moved.Sink.Add(element);
        Walk(entry, rank, behind - rank, reverse: false, ref moved.Sink);
        BlobRun elements = moved.Items;
        Measure(elements, out ElementSizes sizes);
        StoreStatus status = moved.IsFull ? StoreStatus.ValueTooLarge : Admit(sizes.RecordBytes(key.Length, clears: true));
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        int step = (int)Math.Min((between.Last - between.First) / (sizes.Count + 1), PackedList.Gap);
        var plan = new ElementPlan
        {
            First = between.First + step,
            Step = step,
            Count = sizes.Count,
            Clears = true,
            ClearedFirst = between.First + 1,
            ClearedLast = between.Last - 1,
        };
        SetElements(key, hash, place, entry, ref elements, plan, sizes);
        return StoreStatus.Ok;
    }
}
