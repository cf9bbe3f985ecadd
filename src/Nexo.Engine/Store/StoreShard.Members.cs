using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Members of sets and of sorted sets by chance, and scans of what is in a key.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>Beyond as many, some members of a set are chosen one by one, and not by looking at all of them.</summary>
    private const int SamplingMax = 4_096;

    /// <summary>What a bucket of a table holds, about.</summary>
    private const int BucketItems = 8;

    /// <summary>
    /// Gives out what a hash, a set or a sorted set has behind a cursor, about so many of them or the rest; begin with
    /// 0; a next one of 0: that was all. What is there all the while comes at least once.
    /// </summary>
    public StoreStatus ScanFields<TSink>(
        EntryFlags type, ReadOnlySpan<byte> key, ulong hash, ref uint cursor, int count, ref TSink sink)
        where TSink : IHashSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(type, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok || !Entry.Is(entry, EntryFlags.Table))
            {
                cursor = 0;
                if (status == StoreStatus.Ok)
                {
                    ListPacked(entry, ref sink);
                }

                return status;
            }

            FieldTable* table = FieldTable.Of(_arena, entry);
            int buckets = Math.Clamp(count / BucketItems, 1, _limits.Tuning.HoldKeysMax);
            bool more;
            do
            {
                more = table->Table.ListNext(_arena, ref cursor, ref sink);
            }
            while (more && --buckets > 0);
            cursor = more ? cursor : 0;
            return status;
        }
    }

    /// <summary>Takes a member of a set out by chance; <paramref name="more"/>: the sink wants more.</summary>
    public StoreStatus SetPop<TSink>(ReadOnlySpan<byte> key, ulong hash, ref TSink sink, out bool more)
        where TSink : IBlobSink, allows ref struct
    {
        lock (_gate)
        {
            more = false;
            FindTypedForRead(EntryFlags.Set, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            using ItemBuffer chosen = ItemBuffer.Rent();
            chosen.Sink.Add(MemberByChance(entry));
            BlobRun members = chosen.Items;
            status = HashDelete(EntryFlags.Set, key, hash, ref members, out _);
            BlobRun taken = chosen.Items;
            if (status == StoreStatus.Ok && taken.TryTake(out ReadOnlySpan<byte> member))
            {
                more = sink.Add(member);
            }

            return status;
        }
    }

    /// <summary>
    /// Gives out members of a set by chance: different ones, at most so many; or, if the count is negative, so many that
    /// may come again.
    /// </summary>
    public StoreStatus SetSample<TSink>(ReadOnlySpan<byte> key, ulong hash, long count, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        lock (_gate)
        {
            FindTypedForRead(EntryFlags.Set, key, hash, out byte* entry, out StoreStatus status);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            if (count < 0)
            {
                for (; count < 0 && sink.Add(MemberByChance(entry)); count++)
                {
                }
            }
            else if (count == 1)
            {
                sink.Add(MemberByChance(entry));
            }
            else
            {
                SampleSome(entry, count, ref sink);
            }

            return status;
        }
    }

    /// <summary>
    /// What a set is, or a sorted set, for as long as the lock is held; no entry: it has no members. One moment counts for
    /// all that are looked at together: none of them ends while another one looks into it.
    /// </summary>
    public StoreStatus View(ReadOnlySpan<byte> key, ulong hash, bool scored, long now, out MemberView view)
    {
        view = default;
        Find(key, hash, out byte* entry, now);
        CountLook(entry == null ? StoreStatus.NotFound : StoreStatus.Ok);
        if (entry == null)
        {
            return StoreStatus.Ok;
        }

        EntryFlags type = Entry.Type(entry);
        if (type != EntryFlags.Set && (type != EntryFlags.SortedSet || !scored))
        {
            return StoreStatus.WrongType;
        }

        view = new MemberView(this, entry);
        return StoreStatus.Ok;
    }

    public int CountOf(byte* entry) => FieldCount(entry);

    public bool TryGetMember(byte* entry, ReadOnlySpan<byte> member, out double score)
    {
        bool found = TryGetField(entry, member, out ReadOnlySpan<byte> value);
        score = found && !value.IsEmpty ? ScoreBytes.Read(value) : 1;
        return found;
    }

    public void ListMembers<TSink>(byte* entry, ref TSink sink)
        where TSink : IHashSink, allows ref struct
    {
        if (Entry.Is(entry, EntryFlags.Table))
        {
            FieldTable.Of(_arena, entry)->Table.List(_arena, ref sink);
        }
        else
        {
            ListPacked(entry, ref sink);
        }
    }

    private void ListPacked<TSink>(byte* entry, ref TSink sink)
        where TSink : IHashSink, allows ref struct
    {
        int at = PackedHash.HeaderBytes;
        ReadOnlySpan<byte> packed = Entry.Value(entry);
        while (PackedHash.TryNext(packed, ref at, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
            && sink.Add(field, value))
        {
        }
    }

    private ReadOnlySpan<byte> MemberByChance(byte* entry) => FieldByChance(entry, out _);

    private void SampleSome<TSink>(byte* entry, long count, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        long members = FieldCount(entry);
        if (members > SamplingMax && count < members / 4)
        {
            FieldTable* table = FieldTable.Of(_arena, entry);
            HashSet<uint> chosen = [];
            while (chosen.Count < count)
            {
                uint reference = table->Table.Pick(_arena, Random.Shared);
                if (chosen.Add(reference) && !sink.Add(Entry.Key(_arena.At(reference))))
                {
                    return;
                }
            }

            return;
        }

        var sampling = new MemberSampling<TSink>(sink, members, count);
        if (Entry.Is(entry, EntryFlags.Table))
        {
            FieldTable.Of(_arena, entry)->Table.List(_arena, ref sampling);
        }
        else
        {
            ListPacked(entry, ref sampling);
        }

        sink = sampling.Sink;
    }

    /// <summary>Selection sampling (Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S).</summary>
    private ref struct MemberSampling<TSink>(TSink sink, long members, long wanted) : IHashSink
        where TSink : IBlobSink, allows ref struct
    {
        /// <summary>To be taken back: it may be a value.</summary>
        public TSink Sink = sink;

        private long _left = members;
        private long _wanted = wanted;

        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            if (Random.Shared.NextInt64(_left--) >= _wanted)
            {
                return true;
            }

            _wanted--;
            return Sink.Add(field) && _wanted > 0;
        }
    }
}
