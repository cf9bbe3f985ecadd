using System.Runtime.InteropServices;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <summary>How sets are taken together.</summary>
public enum SetOperation : byte
{
    /// <summary>What is in any of them.</summary>
    Union,

    /// <summary>What is in all of them.</summary>
    Intersection,

    /// <summary>What is in the first and in none of the others.</summary>
    Difference,
}

/// <summary>What becomes of the scores of a member that several sets have.</summary>
public enum ScoreAggregate : byte
{
    Sum,
    Min,
    Max,
}

/// <summary>How sorted sets are taken together.</summary>
/// <param name="Operation">Of a difference the scores are those of the first.</param>
/// <param name="Aggregate">For members that several have.</param>
/// <param name="Weights">For each key what its scores are multiplied by; null: 1.</param>
public readonly record struct SortedCombination(SetOperation Operation, ScoreAggregate Aggregate, double[]? Weights);

/// <summary>The members of a set or a sorted set, for as long as the lock of its shard is held.</summary>
internal readonly unsafe struct MemberView(StoreShard? shard, byte* entry)
{
    public bool IsNone => shard is null;

    public long Count => shard is null ? 0 : shard.CountOf(entry);

    /// <summary>Whether it has a member; that of a set has the score 1.</summary>
    public bool TryGet(ReadOnlySpan<byte> member, out double score)
    {
        score = 1;
        return shard is not null && shard.TryGetMember(entry, member, out score);
    }

    public void List<TSink>(ref TSink sink)
        where TSink : IHashSink, allows ref struct => shard?.ListMembers(entry, ref sink);
}

/// <summary>A member that was copied, with its score.</summary>
internal readonly struct ScoredMember(byte[] member, double score) : IComparable<ScoredMember>
{
    public readonly byte[] Member = member;
    public readonly double Score = score;

    public int CompareTo(ScoredMember other)
    {
        int order = Score.CompareTo(other.Score);
        return order != 0 ? order : Member.AsSpan().SequenceCompareTo(other.Member);
    }
}

/// <summary>Copies members, as many as may be gathered.</summary>
internal struct ScoredMembers(long bytesMax) : IScoreSink
{
    private long _bytes;

    public List<ScoredMember> List { get; } = [];

    /// <summary>One was refused: they would take more than they may.</summary>
    public bool IsFull { get; private set; }

    public bool Add(ReadOnlySpan<byte> member, double score)
    {
        _bytes += member.Length + ItemBuffer.OverheadBytes;
        IsFull |= _bytes > bytesMax;
        if (!IsFull)
        {
            List.Add(new ScoredMember(member.ToArray(), score));
        }

        return !IsFull;
    }
}

/// <summary>Members with their scores, as they are stored.</summary>
internal struct ScoredPairs(List<ScoredMember> members) : IPairSource
{
    private int _next;

    public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        first = default;
        second = default;
        if (_next == members.Count)
        {
            return false;
        }

        ref readonly ScoredMember member = ref CollectionsMarshal.AsSpan(members)[_next++];
        first = member.Member;
        second = MemoryMarshal.AsBytes(new ReadOnlySpan<double>(in member.Score));
        return true;
    }
}

/// <summary>Unions, intersections and differences of what is held. Members are copied; sets are only looked into.</summary>
internal static class SetAlgebra
{
    /// <param name="limit">Members to be found at most; 0: all.</param>
    public static void Combine(
        SetOperation operation, MemberView[] views, in KeyHash hasher, ItemBuffer result, long limit = 0)
    {
        switch (operation)
        {
            case SetOperation.Union:
                var union = new UnionSink(result, new HashSet<byte[]>(new NameComparer(hasher)));
                for (int i = 0; i < views.Length && !result.IsFull; i++)
                {
                    views[i].List(ref union);
                }

                break;
            case SetOperation.Intersection:
                int smallest = SmallestOf(views);
                var common = new CommonSink(result, views, smallest, limit == 0 ? long.MaxValue : limit);
                views[smallest].List(ref common);
                break;
            default:
                var rest = new RestSink(result, views);
                views[0].List(ref rest);
                break;
        }
    }

    /// <summary>False: they would take more than this.</summary>
    public static bool TryCombine(
        in SortedCombination combination, MemberView[] views, in KeyHash hasher, long bytesMax, out List<ScoredMember> members)
    {
        members = [];
        double[]? weights = combination.Weights;

        // As Redis goes, from the smallest on: sums of numbers with a fraction, or without an end, depend on it.
        int[] order = [.. Enumerable.Range(0, views.Length)];
        Array.Sort([.. views.Select((view, i) => (view.Count, i))], order);
        if (combination.Operation == SetOperation.Union)
        {
            var scores = new Dictionary<byte[], double>(new NameComparer(hasher));
            var sum = new SumSink(scores, combination.Aggregate, bytesMax);
            for (int i = 0; i < views.Length && !sum.IsFull; i++)
            {
                sum.Weight = weights?[order[i]] ?? 1;
                views[order[i]].List(ref sum);
            }

            foreach ((byte[] member, double score) in scores)
            {
                members.Add(new ScoredMember(member, score));
            }

            return !sum.IsFull;
        }

        using ItemBuffer result = ItemBuffer.Rent(bytesMax);
        Combine(combination.Operation, views, hasher, result);
        if (result.IsFull)
        {
            return false;
        }

        BlobRun items = result.Items;
        while (items.TryTake(out ReadOnlySpan<byte> member))
        {
            bool isCommon = combination.Operation == SetOperation.Intersection;
            int first = isCommon ? order[0] : 0;
            views[first].TryGet(member, out double score);
            if (isCommon)
            {
                score = Weighed(score, weights?[first] ?? 1);
                foreach (int i in order.AsSpan(1))
                {
                    views[i].TryGet(member, out double other);
                    score = Together(score, other * (weights?[i] ?? 1), combination.Aggregate);
                }
            }

            members.Add(new ScoredMember(member.ToArray(), score));
        }

        return true;
    }

    private static int SmallestOf(MemberView[] views)
    {
        int smallest = 0;
        for (int i = 1; i < views.Length; i++)
        {
            smallest = views[i].Count < views[smallest].Count ? i : smallest;
        }

        return smallest;
    }

    // Infinity times nothing, and infinity less infinity, are nothing. What is no number is not smaller and not larger.
    private static double Weighed(double score, double weight) =>
        score * weight is var product && double.IsNaN(product) ? 0 : product;

    private static double Together(double one, double other, ScoreAggregate aggregate) => aggregate switch
    {
        ScoreAggregate.Min => other < one ? other : one,
        ScoreAggregate.Max => other > one ? other : one,
        _ => one + other is var sum && double.IsNaN(sum) ? 0 : sum,
    };

    /// <summary>The score of a listed member: what a set lists has no value.</summary>
    private static double ScoreOf(ReadOnlySpan<byte> value) => value.IsEmpty ? 1 : ScoreBytes.Read(value);

    private readonly struct UnionSink(ItemBuffer result, HashSet<byte[]> seen) : IHashSink
    {
        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            return !seen.GetAlternateLookup<ReadOnlySpan<byte>>().Add(field) || result.Sink.Add(field);
        }
    }

    private readonly struct CommonSink(ItemBuffer result, MemberView[] views, int self, long limit) : IHashSink
    {
        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            for (int i = 0; i < views.Length; i++)
            {
                if (i != self && !views[i].TryGet(field, out _))
                {
                    return true;
                }
            }

            return result.Sink.Add(field) && result.Count < limit;
        }
    }

    private readonly struct RestSink(ItemBuffer result, MemberView[] views) : IHashSink
    {
        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            for (int i = 1; i < views.Length; i++)
            {
                if (views[i].TryGet(field, out _))
                {
                    return true;
                }
            }

            return result.Sink.Add(field);
        }
    }

    private struct SumSink(Dictionary<byte[], double> scores, ScoreAggregate aggregate, long bytesMax) : IHashSink
    {
        private long _bytes;

        public double Weight { get; set; }

        public readonly bool IsFull => _bytes > bytesMax;

        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            double weighed = Weighed(ScoreOf(value), Weight);
            ref double score = ref CollectionsMarshal.GetValueRefOrAddDefault(
                scores.GetAlternateLookup<ReadOnlySpan<byte>>(), field, out bool exists);
            score = exists ? Together(score, weighed, aggregate) : weighed;
            _bytes += exists ? 0 : field.Length + ItemBuffer.OverheadBytes;
            return !IsFull;
        }
    }
}
