using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>
/// Fields and members by chance: different ones, at most so many; or, if the count is negative, so many that may come again.
/// </content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>Of more than this part of all, those that come are chosen while going over all, else one by one.</summary>
    private const int SampledPart = 4;

    public StoreStatus HashSample<TSink>(ReadOnlySpan<byte> key, ulong hash, long count, ref TSink sink)
        where TSink : struct, IHashSink
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.Hash, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok || count == 0)
            {
                return status;
            }

            long fields = FieldCount(entry);
            if (count is < 0 or 1)
            {
                bool more = true;
                for (long left = Math.Abs(count); more && left > 0; left--)
                {
                    ReadOnlySpan<byte> field = FieldByChance(entry, out ReadOnlySpan<byte> value);
                    more = sink.Add(field, value);
                }
            }
            else if (Entry.Is(entry, EntryFlags.Table) && count <= fields / SampledPart)
            {
                SampleFields(FieldTable.Of(_arena, entry), count, ref sink);
            }
            else
            {
                var sampling = new FieldSampling<TSink>(sink, fields, Math.Min(count, fields));
                ListMembers(entry, ref sampling);
                sink = sampling.Sink;
            }

            return status;
        }
    }

    public StoreStatus SortedSample<TSink>(ReadOnlySpan<byte> key, ulong hash, long count, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.SortedSet, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            long members = FieldCount(entry);
            if (count >= members)
            {
                WalkMembers(entry, new RankRange(0, members), reverse: false, ref sink);
                return status;
            }

            if (count > members / SampledPart)
            {
                SampleMembers(entry, members, count, ref sink);
                return status;
            }

            HashSet<long>? chosen = count > 1 ? [] : null;
            bool more = true;
            for (long left = Math.Abs(count); more && left > 0;)
            {
                long rank = Random.Shared.NextInt64(members);
                if (chosen is null || chosen.Add(rank))
                {
                    WalkMembers(entry, new RankRange(rank, 1), reverse: false, ref sink, out more);
                    left--;
                }
            }

            return status;
        }
    }

    private void SampleFields<TSink>(FieldTable* table, long count, ref TSink sink)
        where TSink : struct, IHashSink
    {
        HashSet<uint> chosen = [];
        bool more = true;
        while (more && chosen.Count < count)
        {
            uint reference = table->Table.Pick(_arena, Random.Shared);
            if (chosen.Add(reference))
            {
                byte* field = _arena.At(reference);
                more = sink.Add(Entry.Key(field), Entry.Value(field));
            }
        }
    }

    // As `FieldSampling` does, by the order of the scores.
    private void SampleMembers<TSink>(byte* entry, long members, long wanted, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        bool isTable = Entry.Is(entry, EntryFlags.Table);
        CountedTree.Position at = isTable ? FieldTable.Of(_arena, entry)->Tree.Seek(_arena, 0) : default;
        bool more = true;
        for (long rank = 0; more && wanted > 0; rank++)
        {
            bool isChosen = Random.Shared.NextInt64(members - rank) < wanted;
            wanted -= isChosen ? 1 : 0;
            if (isChosen && isTable)
            {
                byte* item = _arena.At(at.Reference);
                more = sink.Add(Entry.Key(item), ScoredItem.Score(item));
            }
            else if (isChosen)
            {
                WalkMembers(entry, new RankRange(rank, 1), reverse: false, ref sink, out more);
            }

            at = isTable ? CountedTree.Next(_arena, at) : at;
        }
    }

    private ReadOnlySpan<byte> FieldByChance(byte* entry, out ReadOnlySpan<byte> value)
    {
        if (Entry.Is(entry, EntryFlags.Table))
        {
            byte* chosen = _arena.At(FieldTable.Of(_arena, entry)->Table.Pick(_arena, Random.Shared));
            value = Entry.Value(chosen);
            return Entry.Key(chosen);
        }

        ReadOnlySpan<byte> packed = Entry.Value(entry);
        int at = PackedHash.HeaderBytes;
        ReadOnlySpan<byte> field = default;
        value = default;
        for (int left = Random.Shared.Next(PackedHash.Count(packed)); left >= 0; left--)
        {
            PackedHash.TryNext(packed, ref at, out field, out value);
        }

        return field;
    }

    /// <summary>Selection sampling (Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S).</summary>
    private struct FieldSampling<TSink>(TSink sink, long fields, long wanted) : IHashSink
        where TSink : struct, IHashSink
    {
        private TSink _sink = sink;
        private long _left = fields;
        private long _wanted = wanted;

        public readonly TSink Sink => _sink;

        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            if (Random.Shared.NextInt64(_left--) >= _wanted)
            {
                return true;
            }

            _wanted--;
            TSink sink = _sink;
            bool more = sink.Add(field, value);
            _sink = sink;
            return more && _wanted > 0;
        }
    }
}
