using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Commands over several keys at once: under the locks of all their shards.</content>
public sealed partial class StoreService
{
    /// <summary>
    /// Moves an element from an end of a list to an end of another, or of the same, and gives it out.
    /// </summary>
    public StoreStatus ListMove<TSink>(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ListEnd from, ListEnd to, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        if (!KeyValid(source) || !KeyValid(target))
        {
            return StoreStatus.KeyInvalid;
        }

        int rounds = 0;
        StoreStatus status;
        do
        {
            using StoreScope scope = Enter(source, target);
            status = MoveElement(source, target, from, to, ref sink);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(ShardOf(_hasher.Of(target)), ref rounds));
        return status;
    }

    /// <summary>Moves a member from a set to another; false: it is not in the first.</summary>
    public StoreStatus SetMove(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> member, out bool moved)
    {
        moved = false;
        if (!KeyValid(source) || !KeyValid(target))
        {
            return StoreStatus.KeyInvalid;
        }

        int rounds = 0;
        StoreStatus status;
        do
        {
            using StoreScope scope = Enter(source, target);
            status = MoveMember(source, target, member, out moved);
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(ShardOf(_hasher.Of(target)), ref rounds));
        return status;
    }

    /// <summary>
    /// Gives out what sets have together, in no order that means anything. <see cref="StoreStatus.ValueTooLarge"/>: it is more than one
    /// command may gather.
    /// </summary>
    public StoreStatus SetCombine<TSink>(SetOperation operation, byte[][] keys, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        if (!KeysValid(keys))
        {
            return StoreStatus.KeyInvalid;
        }

        using StoreScope scope = Enter(ShardsOf(keys));
        StoreStatus status = Views(keys, scored: false, out MemberView[] views);
        if (status == StoreStatus.Ok)
        {
            using ItemBuffer result = ItemBuffer.Rent(_limits.Tuning.GatheredBytesMax);
            SetAlgebra.Combine(operation, views, _hasher, result);
            status = result.IsFull ? StoreStatus.ValueTooLarge : StoreStatus.Ok;
            BlobRun members = result.Items;
            while (status == StoreStatus.Ok && members.TryTake(out ReadOnlySpan<byte> member) && sink.Add(member))
            {
            }
        }

        return status;
    }

    /// <summary>Counts the members that sets have in common, or sorted sets and sets.</summary>
    /// <param name="limit">It ends at so many; 0: at none.</param>
    public StoreStatus CountCommon(byte[][] keys, bool scored, long limit, out long members)
    {
        members = 0;
        if (!KeysValid(keys))
        {
            return StoreStatus.KeyInvalid;
        }

        using StoreScope scope = Enter(ShardsOf(keys));
        StoreStatus status = Views(keys, scored, out MemberView[] views);
        if (status == StoreStatus.Ok)
        {
            using ItemBuffer result = ItemBuffer.Rent();
            result.CountsOnly = true;
            SetAlgebra.Combine(SetOperation.Intersection, views, _hasher, result, limit);
            members = result.Count;
        }

        return status;
    }

    /// <summary>Makes a key the set of what others have together; nothing: the key is gone.</summary>
    public StoreStatus SetCombineStore(
        SetOperation operation, ReadOnlySpan<byte> target, byte[][] keys, out long members)
    {
        members = 0;
        if (!KeyValid(target) || !KeysValid(keys))
        {
            return StoreStatus.KeyInvalid;
        }

        int rounds = 0;
        StoreStatus status;
        do
        {
            ShardSet shards = ShardsOf(keys);
            shards.Add(ShardIndexOf(_hasher.Of(target)));
            using StoreScope scope = Enter(shards);
            status = Views(keys, scored: false, out MemberView[] views);
            if (status == StoreStatus.Ok)
            {
                using ItemBuffer result = ItemBuffer.Rent(_limits.Tuning.GatheredBytesMax);
                SetAlgebra.Combine(operation, views, _hasher, result);
                members = result.Count;
                var pairs = new MemberPairs<BlobRun>(result.Items);
                status = result.IsFull ? StoreStatus.ValueTooLarge : Replace(EntryFlags.Set, target, ref pairs, result.Count);
            }
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(ShardOf(_hasher.Of(target)), ref rounds));
        return status;
    }

    /// <summary>Gives out what sorted sets (and sets, whose scores are 1) have together, in the order of the scores.</summary>
    public StoreStatus SortedCombine<TSink>(in SortedCombination combination, byte[][] keys, ref TSink sink)
        where TSink : IScoreSink, allows ref struct
    {
        if (!KeysValid(keys))
        {
            return StoreStatus.KeyInvalid;
        }

        List<ScoredMember> members;
        using (Enter(ShardsOf(keys)))
        {
            StoreStatus status = Views(keys, scored: true, out MemberView[] views);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            if (!SetAlgebra.TryCombine(combination, views, _hasher, _limits.Tuning.GatheredBytesMax, out members))
            {
                return StoreStatus.ValueTooLarge;
            }
        }

        members.Sort();
        foreach (ScoredMember member in members)
        {
            if (!sink.Add(member.Member, member.Score))
            {
                break;
            }
        }

        return StoreStatus.Ok;
    }

    /// <summary>Makes a key the sorted set of what others have together; nothing: the key is gone.</summary>
    public StoreStatus SortedCombineStore(
        in SortedCombination combination, ReadOnlySpan<byte> target, byte[][] keys, out long members)
    {
        members = 0;
        if (!KeyValid(target) || !KeysValid(keys))
        {
            return StoreStatus.KeyInvalid;
        }

        int rounds = 0;
        StoreStatus status;
        do
        {
            ShardSet shards = ShardsOf(keys);
            shards.Add(ShardIndexOf(_hasher.Of(target)));
            using StoreScope scope = Enter(shards);
            status = Views(keys, scored: true, out MemberView[] views);
            if (status == StoreStatus.Ok)
            {
                status = SetAlgebra.TryCombine(
                    combination, views, _hasher, _limits.Tuning.GatheredBytesMax, out List<ScoredMember> result)
                    ? ReplaceSorted(target, result, out members)
                    : StoreStatus.ValueTooLarge;
            }
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(ShardOf(_hasher.Of(target)), ref rounds));
        return status;
    }

    /// <summary>Makes a key the sorted set of a part of another; nothing: the key is gone.</summary>
    public StoreStatus SortedListStore(
        ReadOnlySpan<byte> target, ReadOnlySpan<byte> source, in SortedRange range, out long members)
    {
        members = 0;
        if (!KeyValid(target) || !KeyValid(source))
        {
            return StoreStatus.KeyInvalid;
        }

        int rounds = 0;
        StoreStatus status;
        do
        {
            using StoreScope scope = Enter(source, target);
            var result = new ScoredMembers(_limits.Tuning.GatheredBytesMax);
            ulong hash = _hasher.Of(source);
            status = ShardOf(hash).SortedList(source, hash, range, ref result);
            if (result.IsFull)
            {
                return StoreStatus.ValueTooLarge;
            }

            if (status is StoreStatus.Ok or StoreStatus.NotFound)
            {
                status = ReplaceSorted(target, result.List, out members);
            }
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(ShardOf(_hasher.Of(target)), ref rounds));
        return status;
    }

    private bool KeysValid(byte[][] keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (byte[] key in keys)
        {
            if (!KeyValid(key))
            {
                return false;
            }
        }

        return keys.Length > 0;
    }

    private ShardSet ShardsOf(byte[][] keys)
    {
        var shards = default(ShardSet);
        foreach (byte[] key in keys)
        {
            shards.Add(ShardIndexOf(_hasher.Of(key)));
        }

        return shards;
    }

    /// <summary>What is in these keys, for as long as their shards are held.</summary>
    private StoreStatus Views(byte[][] keys, bool scored, out MemberView[] views)
    {
        views = new MemberView[keys.Length];
        long now = _clock.NowMs;
        for (int i = 0; i < keys.Length; i++)
        {
            ulong hash = _hasher.Of(keys[i]);
            StoreStatus status = ShardOf(hash).View(keys[i], hash, scored, now, out views[i]);
            if (status != StoreStatus.Ok)
            {
                return status;
            }
        }

        return StoreStatus.Ok;
    }

    /// <summary>Both shards are held. The element is added before it is taken: so a refusal has changed nothing.</summary>
    private StoreStatus MoveElement<TSink>(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ListEnd from, ListEnd to, ref TSink sink)
        where TSink : IBlobSink, allows ref struct
    {
        ulong sourceHash = _hasher.Of(source);
        ulong targetHash = _hasher.Of(target);
        StoreShard shard = ShardOf(sourceHash);
        using ItemBuffer moved = ItemBuffer.Rent();
        int end = from == ListEnd.Left ? 0 : -1;
        StoreStatus status = shard.ListRange(source, sourceHash, end, end, ref moved.Sink);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        BlobRun elements = moved.Items;
        status = ShardOf(targetHash).ListPush(target, targetHash, to, ifPresent: false, ref elements, out _, out _);
        if (status == StoreStatus.Ok)
        {
            // Where room was made for it the source may have been evicted: then it is only in its new place.
            var nothing = default(NoBlobs);
            shard.ListPop(source, sourceHash, from, 1, ref nothing);
            elements = moved.Items;
            elements.TryTake(out ReadOnlySpan<byte> element);
            sink.Add(element);
        }

        return status;
    }

    private StoreStatus MoveMember(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> member, out bool moved)
    {
        moved = false;
        ulong sourceHash = _hasher.Of(source);
        ulong targetHash = _hasher.Of(target);
        long now = _clock.NowMs;
        StoreStatus status = ShardOf(sourceHash).View(source, sourceHash, scored: false, now, out MemberView from);
        if (status != StoreStatus.Ok || from.IsNone)
        {
            return status;
        }

        status = ShardOf(targetHash).View(target, targetHash, scored: false, now, out _);
        if (status != StoreStatus.Ok || !from.TryGet(member, out _) || source.SequenceEqual(target))
        {
            moved = status == StoreStatus.Ok && from.TryGet(member, out _);
            return status;
        }

        var item = new OneItem(member);
        var pairs = new MemberPairs<OneItem>(item);
        status = ShardOf(targetHash).HashSet(EntryFlags.Set, target, targetHash, ref pairs, out _, out _);
        if (status == StoreStatus.Ok)
        {
            moved = true;
            ShardOf(sourceHash).HashDelete(EntryFlags.Set, source, sourceHash, ref item, out _);
        }

        return status;
    }

    private StoreStatus ReplaceSorted(ReadOnlySpan<byte> target, List<ScoredMember> result, out long members)
    {
        members = result.Count;
        var pairs = new ScoredPairs(result);
        return Replace(EntryFlags.SortedSet, target, ref pairs, result.Count);
    }

    private StoreStatus Replace<TPairs>(EntryFlags type, ReadOnlySpan<byte> key, ref TPairs pairs, long count)
        where TPairs : struct, IPairSource, allows ref struct
    {
        ulong hash = _hasher.Of(key);
        if (count > 0)
        {
            return ShardOf(hash).HashReplace(type, key, hash, ref pairs);
        }

        StoreStatus status = ShardOf(hash).Delete(key, hash, default, out _);
        return status == StoreStatus.NotFound ? StoreStatus.Ok : status;
    }

    private struct NoBlobs : IBlobSink
    {
        public readonly bool Add(ReadOnlySpan<byte> item) => true;
    }

    private ref struct OneItem(ReadOnlySpan<byte> item) : IBlobSource
    {
        private readonly ReadOnlySpan<byte> _item = item;
        private bool _taken;

        public bool TryTake(out ReadOnlySpan<byte> item)
        {
            item = _item;
            bool given = !_taken;
            _taken = true;
            return given;
        }
    }
}
