namespace Nexo.Engine.Store;

/// <summary>What a range of a sorted set goes by.</summary>
public enum SortedRangeKind : byte
{
    Rank,
    Score,

    /// <summary>By the members' bytes, for sets in which all have one score.</summary>
    Member,
}

/// <summary>An end of a range by score or by member.</summary>
public readonly ref struct SortedBound
{
    public double Score { get; private init; }

    public ReadOnlySpan<byte> Member { get; private init; }

    /// <summary>What is at the bound is not in the range.</summary>
    public bool Exclusive { get; private init; }

    /// <summary>-1: before every member, 1: behind every member.</summary>
    internal int Open { get; private init; }

    /// <summary>Before every member.</summary>
    public static SortedBound Lowest => new() { Open = -1 };

    /// <summary>Behind every member.</summary>
    public static SortedBound Highest => new() { Open = 1 };

    public static SortedBound At(double score, bool exclusive) => new() { Score = score, Exclusive = exclusive };

    public static SortedBound At(ReadOnlySpan<byte> member, bool exclusive) =>
        new() { Member = member, Exclusive = exclusive };
}

/// <summary>A part of a sorted set.</summary>
public readonly ref struct SortedRange
{
    public SortedRange()
    {
        CountMax = -1;
    }

    public SortedRangeKind By { get; private init; }

    /// <summary>By rank: from here to <see cref="Last"/>, both included; negative ones count from the end.</summary>
    public long First { get; private init; }

    public long Last { get; private init; }

    public SortedBound Min { get; private init; }

    public SortedBound Max { get; private init; }

    /// <summary>Ranks and offset count from the highest score, and members come in that order.</summary>
    public bool Reverse { get; init; }

    /// <summary>So many are passed over first; negative: the range is empty.</summary>
    public long Offset { get; init; }

    /// <summary>So many at most; negative: all.</summary>
    public long CountMax { get; init; }

    public static SortedRange ByRank(long first, long last) => new() { First = first, Last = last };

    public static SortedRange ByScore(SortedBound min, SortedBound max) =>
        new() { By = SortedRangeKind.Score, Min = min, Max = max };

    public static SortedRange ByMember(SortedBound min, SortedBound max) =>
        new() { By = SortedRangeKind.Member, Min = min, Max = max };

    /// <summary>The same range, in this order, with an offset and a count.</summary>
    public SortedRange With(bool reverse, long offset = 0, long countMax = -1) => new()
    {
        By = By,
        First = First,
        Last = Last,
        Min = Min,
        Max = Max,
        Reverse = reverse,
        Offset = offset,
        CountMax = countMax,
    };
}

/// <summary>Which scores are set, and how.</summary>
public readonly record struct ScoreRule
{
    /// <summary>Only members that are not there.</summary>
    public bool IfAbsent { get; init; }

    /// <summary>Only members that are there.</summary>
    public bool IfPresent { get; init; }

    /// <summary>Those that are there only if their score gets higher.</summary>
    public bool IfGreater { get; init; }

    /// <summary>Those that are there only if their score gets lower.</summary>
    public bool IfLess { get; init; }

    /// <summary>The score is added to the one that is there, or to 0.</summary>
    public bool Increments { get; init; }
}

/// <summary>What a setting of scores has changed.</summary>
public record struct ScoreChanges
{
    public long Added { get; set; }

    /// <summary>Members that were there and have another score.</summary>
    public long Changed { get; set; }

    /// <summary>At least one member was not passed over by the rule.</summary>
    public bool Applied { get; set; }

    /// <summary>The score of the last of those.</summary>
    public double Score { get; set; }
}
