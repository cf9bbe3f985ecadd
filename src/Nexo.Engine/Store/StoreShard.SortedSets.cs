using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Commands on sorted sets that go by scores and ranks.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>Sets scores one by one, as each stands when it is its turn.</summary>
    public StoreStatus SortedAdd<TPairs>(
        ReadOnlySpan<byte> key, ulong hash, in ScoreRule rule, ref TPairs pairs, out ScoreChanges changes)
        where TPairs : struct, IPairSource, allows ref struct
    {
        changes = default;
        StoreStatus status = Measure(pairs, out PairSizes sizes);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        lock (_gate)
        {
            long ownBytes = _arena.CostOf(Entry.Bytes(key.Length, 0, expires: true));
            long cost = sizes.TableBytes + (sizes.Count * RankGrowthBytes) + (2 * (UnpackBytes + GrowthBytes + ownBytes));
            if (!MakeRoom(cost))
            {
                return Refuse(cost);
            }

            while (pairs.TryTake(out ReadOnlySpan<byte> member, out ReadOnlySpan<byte> score))
            {
                status = AddOne(key, hash, rule, member, ScoreBytes.Read(score), ref changes);
                if (status != StoreStatus.Ok)
                {
                    return status;
                }
            }

            return StoreStatus.Ok;
        }
    }

    /// <summary>The rank of a member, counted from the lowest score or from the highest.</summary>
    public StoreStatus SortedRank(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> member, bool reverse, out long rank, out double score)
    {
        lock (_gate)
        {
            rank = -1;
            score = 0;
            FindTypedForRead(EntryFlags.SortedSet, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            if (!TryGetField(entry, member, out ReadOnlySpan<byte> value))
            {
                return StoreStatus.NotFound;
            }

            score = ScoreBytes.Read(value);
            rank = CountBefore(entry, ItemProbe.Scored(score, member), after: false);
            rank = reverse ? FieldCount(entry) - 1 - rank : rank;
            return StoreStatus.Ok;
        }
    }

    public StoreStatus SortedCount(ReadOnlySpan<byte> key, ulong hash, in SortedRange range, out long count)
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.SortedSet, key, hash, out byte* entry, out StoreStatus status);
            count = status == StoreStatus.Ok ? Resolve(entry, range).Count : 0;
            return status;
        }
    }

    public StoreStatus SortedList<TSink>(ReadOnlySpan<byte> key, ulong hash, in SortedRange range, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.SortedSet, key, hash, out byte* entry, out StoreStatus status);
            if (status == StoreStatus.Ok)
            {
                WalkMembers(entry, Resolve(entry, range), range.Reverse, ref sink);
            }

            return status;
        }
    }

    /// <summary>Takes members with the lowest scores, or the highest, at most so many, and gives them out.</summary>
    public StoreStatus SortedPop<TSink>(ReadOnlySpan<byte> key, ulong hash, bool highest, long countMax, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.SortedSet, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok || countMax <= 0)
            {
                return status;
            }

            long count = FieldCount(entry);
            long wanted = Math.Min(count, countMax);
            long taken = WalkMembers(entry, new RankRange(highest ? count - wanted : 0, wanted), highest, ref sink);
            var range = new RankRange(highest ? count - taken : 0, taken);
            status = AdmitRemoval(key.Length + FieldsRemovedRecord.HeaderBytes + MembersBytes(entry, range));
            if (status == StoreStatus.Ok)
            {
                status = RemoveRanks(key, hash, entry, range, out _);
            }

            // It may have ended in this very moment: what it gave out was there.
            return status == StoreStatus.NotFound ? StoreStatus.Ok : status;
        }
    }

    /// <summary>
    /// Removes members of a range, a bounded number of them; <paramref name="more"/>: go on with what it is then. If it
    /// goes by ranks it is then that of those which are left.
    /// </summary>
    public StoreStatus SortedRemove(
        ReadOnlySpan<byte> key, ulong hash, ref SortedRange range, ref long removed, out bool more)
    {
        lock (_gate)
        {
            more = false;
            uint* place = FindTyped(EntryFlags.SortedSet, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            RankRange ranks = Resolve(entry, range);
            long count = FieldCount(entry);
            if (ranks.Count == count)
            {
                status = AdmitRemoval(key.Length);
                if (status == StoreStatus.Ok)
                {
                    removed += count;
                    RemoveAt(place, hash, entry, StoreChangeKind.Deleted);
                }

                return status;
            }

            // The last ones first: then the ranks of the others stay.
            long slice = Math.Min(ranks.Count, _limits.Tuning.HoldKeysMax);
            long left = ranks.Count - slice;
            more = left > 0;
            if (slice == 0)
            {
                return StoreStatus.Ok;
            }

            if (range.By == SortedRangeKind.Rank)
            {
                range = SortedRange.ByRank(ranks.First, ranks.First + left - 1);
            }

            status = RemoveRanks(key, hash, entry, new RankRange(ranks.First + left, slice), out int gone);
            removed += gone;
            return status;
        }
    }

    private StoreStatus AddOne(
        ReadOnlySpan<byte> key,
        ulong hash,
        in ScoreRule rule,
        ReadOnlySpan<byte> member,
        double score,
        ref ScoreChanges changes)
    {
        uint* place = FindTyped(EntryFlags.SortedSet, key, hash, out byte* entry, out StoreStatus status);
        if (status == StoreStatus.WrongType)
        {
            return status;
        }

        ReadOnlySpan<byte> value = default;
        bool exists = place != null && TryGetField(entry, member, out value);
        double before = exists ? ScoreBytes.Read(value) : 0;
        double after = rule.Increments ? before + score : score;
        if (double.IsNaN(after))
        {
            return StoreStatus.InvalidArgument;
        }

        bool refused = exists
            ? rule.IfAbsent || (rule.IfGreater && after <= before) || (rule.IfLess && after >= before)
            : rule.IfPresent;
        if (refused)
        {
            return StoreStatus.Ok;
        }

        Span<byte> bytes = stackalloc byte[ScoreBytes.Length];
        ScoreBytes.Write(bytes, after);
        var pair = new OnePair(member, bytes);
        Measure(pair, out PairSizes sizes);
        status = SetFields(EntryFlags.SortedSet, key, hash, pair, sizes, out int added, out _);
        if (status == StoreStatus.Ok)
        {
            changes.Added += added;
            changes.Changed += exists && !after.Equals(before) && after != before ? 1 : 0;
            changes.Applied = true;
            changes.Score = after;
        }

        return status;
    }

    /// <summary>Removes the members with these ranks by their names, as recovery does.</summary>
    private StoreStatus RemoveRanks(ReadOnlySpan<byte> key, ulong hash, byte* entry, RankRange range, out int removed)
    {
        using ItemBuffer chosen = ItemBuffer.Rent();
        WalkMembers(entry, range, reverse: false, ref chosen.Sink);
        BlobRun members = chosen.Items;
        return HashDelete(EntryFlags.SortedSet, key, hash, ref members, out removed);
    }

    private long MembersBytes(byte* entry, RankRange range)
    {
        if (_log is null)
        {
            return 0;
        }

        var sizes = default(SizingSink);
        WalkMembers(entry, range, reverse: false, ref sizes);
        return sizes.Bytes;
    }

    /// <summary>How many members lie before a place in the order.</summary>
    private long CountBefore(byte* entry, in ItemProbe probe, bool after)
    {
        if (Entry.Is(entry, EntryFlags.Table))
        {
            return FieldTable.Of(_arena, entry)->Tree.RankOf(_arena, probe, after);
        }

        int at = PackedHash.HeaderBytes;
        long rank = 0;
        ReadOnlySpan<byte> packed = Entry.Value(entry);
        while (PackedHash.TryNext(packed, ref at, out ReadOnlySpan<byte> member, out ReadOnlySpan<byte> score)
            && probe.IsBehind(ScoreBytes.Read(score), member, after))
        {
            rank++;
        }

        return rank;
    }

    /// <summary>The ranks that a range is, from the lowest score, after its offset and count have been looked at.</summary>
    private RankRange Resolve(byte* entry, in SortedRange range)
    {
        long count = FieldCount(entry);
        long first;
        long behind;
        if (range.By == SortedRangeKind.Rank)
        {
            RankRange ranks = RankRange.Of(range.First, range.Last, count);
            first = range.Reverse ? count - ranks.First - ranks.Count : ranks.First;
            behind = first + ranks.Count;
        }
        else if (range.By == SortedRangeKind.Score)
        {
            first = CountBefore(entry, ItemProbe.Score(range.Min.Score), range.Min.Exclusive);
            behind = CountBefore(entry, ItemProbe.Score(range.Max.Score), !range.Max.Exclusive);
        }
        else
        {
            first = range.Min.Open != 0 ? (range.Min.Open < 0 ? 0 : count)
                : CountBefore(entry, ItemProbe.Member(range.Min.Member), range.Min.Exclusive);
            behind = range.Max.Open != 0 ? (range.Max.Open < 0 ? 0 : count)
                : CountBefore(entry, ItemProbe.Member(range.Max.Member), !range.Max.Exclusive);
        }

        long found = behind - first;
        if (found <= 0 || range.Offset < 0 || range.Offset >= found)
        {
            return default;
        }

        long kept = range.CountMax < 0 ? found - range.Offset : Math.Min(range.CountMax, found - range.Offset);
        return new RankRange(range.Reverse ? behind - range.Offset - kept : first + range.Offset, kept);
    }

    /// <summary>
    /// Gives out members by rank, in their order or against it, until the sink wants no more. Returns how many.
    /// </summary>
    private long WalkMembers<TSink>(byte* entry, RankRange range, bool reverse, ref TSink sink)
        where TSink : IScoreSink, allows ref struct =>
        WalkMembers(entry, range, reverse, ref sink, out _);

    private long WalkMembers<TSink>(byte* entry, RankRange range, bool reverse, ref TSink sink, out bool more)
        where TSink : IScoreSink, allows ref struct
    {
        more = true;
        if (range.Count <= 0)
        {
            return 0;
        }

        if (!Entry.Is(entry, EntryFlags.Table))
        {
            return WalkPackedMembers(Entry.Value(entry), range, reverse, ref sink, out more);
        }

        long given = 0;
        long rank = reverse ? range.First + range.Count - 1 : range.First;
        CountedTree.Position at = FieldTable.Of(_arena, entry)->Tree.Seek(_arena, rank);
        while (more && given < range.Count && !at.AtEnd)
        {
            byte* item = _arena.At(at.Reference);
            more = sink.Add(Entry.Key(item), ScoredItem.Score(item));
            given++;
            at = reverse ? CountedTree.Previous(_arena, at) : CountedTree.Next(_arena, at);
        }

        return given;
    }

    private static int WalkPackedMembers<TSink>(
        ReadOnlySpan<byte> packed, RankRange range, bool reverse, ref TSink sink, out bool more)
        where TSink : IScoreSink, allows ref struct
    {
        int count = PackedHash.Count(packed);
        Span<ushort> starts = stackalloc ushort[count];
        int at = PackedHash.HeaderBytes;
        for (int i = 0; i < count; i++)
        {
            starts[i] = (ushort)at;
            PackedHash.TryNext(packed, ref at, out _, out _);
        }

        more = true;
        int given = 0;
        while (more && given < (int)range.Count)
        {
            at = starts[(int)(reverse ? range.First + range.Count - 1 - given : range.First + given)];
            PackedHash.TryNext(packed, ref at, out ReadOnlySpan<byte> member, out ReadOnlySpan<byte> score);
            more = sink.Add(member, ScoreBytes.Read(score));
            given++;
        }

        return given;
    }

    private struct SizingSink : IScoreSink
    {
        public long Bytes { get; private set; }

        public bool Add(ReadOnlySpan<byte> member, double score)
        {
            Bytes += FieldsRemovedRecord.FieldHeaderBytes + member.Length;
            return true;
        }
    }
}
