using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>The commands on sorted sets.</content>
public sealed partial class StoreService
{
    /// <summary>Bytes of a score where it is given as bytes: a double, little-endian, but no NaN.</summary>
    public const int ScoreLength = ScoreBytes.Length;

    /// <summary>
    /// Sets scores of members. Pairs are a member and its score as <see cref="ScoreLength"/> bytes. <see
    /// cref="StoreStatus.InvalidArgument"/>: a sum is not a number; what came before it is done.
    /// </summary>
    public StoreStatus SortedAdd<TPairs>(
        ReadOnlySpan<byte> key, in ScoreRule rule, ref TPairs pairs, out ScoreChanges changes)
        where TPairs : struct, IPairSource, allows ref struct
    {
        changes = default;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        StoreStatus status;
        int rounds = 0;
        do
        {
            using StoreScope scope = Enter(key, key);
            TPairs again = pairs;
            status = shard.SortedAdd(key, hash, rule, ref again, out changes);
        }
        while (status == StoreStatus.OutOfMemory && !changes.Applied && MakeRoom(shard, ref rounds));
        return status;
    }

    /// <summary>As <see cref="SortedAdd"/> without a rule, all or none, where it is of no interest what has changed.</summary>
    public StoreStatus SortedSet<TPairs>(ReadOnlySpan<byte> key, ref TPairs pairs, out int added)
        where TPairs : struct, IPairSource, allows ref struct =>
        SetFields(EntryFlags.SortedSet, key, ref pairs, out added);

    /// <summary>Removes members; a sorted set without members is gone.</summary>
    public StoreStatus SortedRemove<TMembers>(ReadOnlySpan<byte> key, ref TMembers members, out int removed)
        where TMembers : struct, IBlobSource, allows ref struct =>
        DeleteFields(EntryFlags.SortedSet, key, ref members, out removed);

    /// <summary>Gives out the score of each member, as <see cref="ScoreLength"/> bytes.</summary>
    public StoreStatus SortedScores<TMembers, TSink>(ReadOnlySpan<byte> key, ref TMembers members, ref TSink sink)
        where TMembers : struct, IBlobSource, allows ref struct
        where TSink : IFieldSink, allows ref struct =>
        ReadFields(EntryFlags.SortedSet, key, ref members, ref sink);

    public StoreStatus SortedCount(ReadOnlySpan<byte> key, out int members) =>
        CountFields(EntryFlags.SortedSet, key, out members);

    public StoreStatus SortedCount(ReadOnlySpan<byte> key, in SortedRange range, out long members)
    {
        members = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).SortedCount(key, hash, range, out members);
    }

    /// <summary>The rank of a member, from the lowest score or from the highest, and its score.</summary>
    public StoreStatus SortedRank(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> member, bool reverse, out long rank, out double score)
    {
        rank = -1;
        score = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).SortedRank(key, hash, member, reverse, out rank, out score);
    }

    /// <summary>Gives out the members of a range, in its order.</summary>
    public StoreStatus SortedList<TSink>(ReadOnlySpan<byte> key, in SortedRange range, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).SortedList(key, hash, range, ref sink);
    }

    /// <summary>Removes the members of a range; of a large one in several holds, between which others may come.</summary>
    public StoreStatus SortedRemove(ReadOnlySpan<byte> key, in SortedRange range, out long removed)
    {
        removed = 0;
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        StoreShard shard = ShardOf(hash);
        SortedRange rest = range;
        StoreStatus status;
        bool more;
        do
        {
            status = shard.SortedRemove(key, hash, ref rest, ref removed, out more);
        }
        while (status == StoreStatus.Ok && more);
        return status == StoreStatus.NotFound && removed > 0 ? StoreStatus.Ok : status;
    }

    /// <summary>
    /// Takes members with the lowest scores, or the highest, at most so many or as many as the sink wants. What it was
    /// given counts only if the answer is Ok.
    /// </summary>
    public StoreStatus SortedPop<TSink>(ReadOnlySpan<byte> key, bool highest, long countMax, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).SortedPop(key, hash, highest, countMax, ref sink);
    }

    /// <summary>Gives out members by chance, as <see cref="SetSample"/> does.</summary>
    public StoreStatus SortedSample<TSink>(ReadOnlySpan<byte> key, long count, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        if (!KeyValid(key))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        return ShardOf(hash).SortedSample(key, hash, count, ref sink);
    }
}
