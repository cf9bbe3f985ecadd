using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on parts of sorted sets.</summary>
internal static class RespSortedRangeCommands
{
    private const string Group = "sorted-set";
    private const RespFlags Reads = RespFlags.ReadOnly;

    public static IEnumerable<RespCommand> All =>
    [
        new("zcount", 4, Reads | RespFlags.Fast, 1, 1, 1, Group, "How many members have scores in a range", ZCount),
        new("zlexcount", 4, Reads | RespFlags.Fast, 1, 1, 1, Group, "How many members lie in a range of members", ZLexCount),
        new("zrange", -4, Reads, 1, 1, 1, Group, "Members of a range: BYSCORE, BYLEX, REV, LIMIT, WITHSCORES", ZRange),
        new("zrevrange", -4, Reads, 1, 1, 1, Group, "As ZRANGE with REV", ZRevRange),
        new("zrangebyscore", -4, Reads, 1, 1, 1, Group, "As ZRANGE with BYSCORE", ZRangeByScore),
        new("zrevrangebyscore", -4, Reads, 1, 1, 1, Group, "As ZRANGE with BYSCORE REV", ZRevRangeByScore),
        new("zrangebylex", -4, Reads, 1, 1, 1, Group, "As ZRANGE with BYLEX", ZRangeByLex),
        new("zrevrangebylex", -4, Reads, 1, 1, 1, Group, "As ZRANGE with BYLEX REV", ZRevRangeByLex),
        new("zrangestore", -5, RespFlags.Write | RespFlags.DenyOom, 1, 2, 1, Group, "Keeps what ZRANGE finds", ZRangeStore),
        new("zremrangebyrank", 4, RespFlags.Write, 1, 1, 1, Group, "Removes members by rank", ZRemRangeByRank),
        new("zremrangebyscore", 4, RespFlags.Write, 1, 1, 1, Group, "Removes members by score", ZRemRangeByScore),
        new("zremrangebylex", 4, RespFlags.Write, 1, 1, 1, Group, "Removes members in a range of members", ZRemRangeByLex),
    ];

    private static void ZCount(in RespRequest request) => Count(request, SortedRangeKind.Score);

    private static void ZLexCount(in RespRequest request) => Count(request, SortedRangeKind.Member);

    private static void Count(in RespRequest request, SortedRangeKind kind)
    {
        if (TryBounds(request, kind, 2, 3, out SortedRange range))
        {
            StoreStatus status = request.Store.SortedCount(request[1], range, out long members);
            RespCollections.EndCount(request, status, members);
        }
    }

    private static void ZRange(in RespRequest request) => List(request, null, reverse: false);

    private static void ZRevRange(in RespRequest request) => List(request, SortedRangeKind.Rank, reverse: true);

    private static void ZRangeByScore(in RespRequest request) => List(request, SortedRangeKind.Score, reverse: false);

    private static void ZRevRangeByScore(in RespRequest request) => List(request, SortedRangeKind.Score, reverse: true);

    private static void ZRangeByLex(in RespRequest request) => List(request, SortedRangeKind.Member, reverse: false);

    private static void ZRevRangeByLex(in RespRequest request) => List(request, SortedRangeKind.Member, reverse: true);

    private static void List(in RespRequest request, SortedRangeKind? kind, bool reverse)
    {
        var options = new RangeOptions { Kind = kind, Reverse = reverse };
        if (!TryRange(request, first: 2, ref options, out SortedRange range))
        {
            return;
        }

        bool isNested = options.HasScores && request.Reply.IsV3;
        var sink = new RespScoreSink(request.Connection, options.HasScores) { Nested = isNested };
        StoreStatus status = request.Store.SortedList(request[1], range, ref sink);
        RespCollections.EndArray(request, status, options.HasScores && !isNested ? 2 * sink.Count : sink.Count);
    }

    private static void ZRangeStore(in RespRequest request)
    {
        var options = new RangeOptions { IsStored = true };
        if (TryRange(request, first: 3, ref options, out SortedRange range))
        {
            StoreStatus status = request.Store.SortedListStore(request[1], request[2], range, out long members);
            RespCollections.EndCount(request, status, members);
        }
    }

    private static void ZRemRangeByRank(in RespRequest request) => Remove(request, SortedRangeKind.Rank);

    private static void ZRemRangeByScore(in RespRequest request) => Remove(request, SortedRangeKind.Score);

    private static void ZRemRangeByLex(in RespRequest request) => Remove(request, SortedRangeKind.Member);

    private static void Remove(in RespRequest request, SortedRangeKind kind)
    {
        if (TryBounds(request, kind, 2, 3, out SortedRange range))
        {
            StoreStatus status = request.Store.SortedRemove(request[1], range, out long removed);
            RespCollections.EndCount(request, status, removed);
        }
    }

    /// <summary>Reads both ends of a range and the options behind them; false: it was answered with an error.</summary>
    private static bool TryRange(in RespRequest request, int first, ref RangeOptions options, out SortedRange range)
    {
        range = default;
        for (int at = first + 2; at < request.Count; at++)
        {
            if (!options.IsStored && request.Is(at, "withscores"u8))
            {
                options.HasScores = true;
            }
            else if (request.Is(at, "limit"u8) && at + 2 < request.Count)
            {
                if (!request.TryInteger(at + 1, out options.Offset) || !request.TryInteger(at + 2, out options.CountMax))
                {
                    return false;
                }

                options.IsLimited = true;
                at += 2;
            }
            else if (options.IsFree && request.Is(at, "byscore"u8))
            {
                options.GoBy(SortedRangeKind.Score);
            }
            else if (options.IsFree && request.Is(at, "bylex"u8))
            {
                options.GoBy(SortedRangeKind.Member);
            }
            else if (options.IsFree && request.Is(at, "rev"u8))
            {
                options.Reverse = true;
            }
            else
            {
                request.FailSyntax();
                return false;
            }
        }

        SortedRangeKind kind = options.Kind ?? SortedRangeKind.Rank;
        if (options.IsLimited && kind == SortedRangeKind.Rank)
        {
            request.Fail("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8);
            return false;
        }

        if (options.HasScores && kind == SortedRangeKind.Member)
        {
            request.Fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8);
            return false;
        }

        // In reverse the higher end is said first, but for ranks.
        bool isSwapped = options.Reverse && kind != SortedRangeKind.Rank;
        if (!TryBounds(request, kind, isSwapped ? first + 1 : first, isSwapped ? first : first + 1, out range))
        {
            return false;
        }

        range = range.With(options.Reverse, options.Offset, options.IsLimited ? options.CountMax : -1);
        return true;
    }

    private static bool TryBounds(in RespRequest request, SortedRangeKind kind, int min, int max, out SortedRange range)
    {
        range = default;
        if (kind == SortedRangeKind.Rank)
        {
            bool isRank = request.TryInteger(min, out long first) & (RespNumbers.TryInteger(request[max], out long last));
            if (isRank)
            {
                range = SortedRange.ByRank(first, last);
            }
            else if (RespNumbers.TryInteger(request[min], out _))
            {
                request.FailNotAnInteger();
            }

            return isRank;
        }

        if (kind == SortedRangeKind.Score)
        {
            if (TryScore(request[min], out SortedBound low) && TryScore(request[max], out SortedBound high))
            {
                range = SortedRange.ByScore(low, high);
                return true;
            }

            request.Fail("ERR min or max is not a float"u8);
            return false;
        }

        if (TryMember(request[min], out SortedBound lowest) && TryMember(request[max], out SortedBound highest))
        {
            range = SortedRange.ByMember(lowest, highest);
            return true;
        }

        request.Fail("ERR min or max not valid string range item"u8);
        return false;
    }

    private static bool TryScore(ReadOnlySpan<byte> text, out SortedBound bound)
    {
        bool isExclusive = !text.IsEmpty && text[0] == (byte)'(';
        bool isNumber = RespNumbers.TryDouble(isExclusive ? text[1..] : text, out double score);
        bound = SortedBound.At(score, isExclusive);
        return isNumber;
    }

    private static bool TryMember(ReadOnlySpan<byte> text, out SortedBound bound)
    {
        bound = default;
        if (text.IsEmpty)
        {
            return false;
        }

        switch (text[0])
        {
            case (byte)'-' when text.Length == 1:
                bound = SortedBound.Lowest;
                return true;
            case (byte)'+' when text.Length == 1:
                bound = SortedBound.Highest;
                return true;
            case (byte)'[' or (byte)'(':
                bound = SortedBound.At(text[1..], exclusive: text[0] == (byte)'(');
                return true;
            default:
                return false;
        }
    }

    private struct RangeOptions
    {
        public long Offset;
        public long CountMax;

        /// <summary>Null: not said yet.</summary>
        private SortedRangeKind? _kind;
        private bool _isFixed;

        public SortedRangeKind? Kind
        {
            readonly get => _kind;
            init
            {
                _kind = value;
                _isFixed = value is not null;
            }
        }

        public bool Reverse { get; set; }

        public bool IsStored { get; init; }

        public bool HasScores { get; set; }

        public bool IsLimited { get; set; }

        /// <summary>Words may say what it goes by.</summary>
        public readonly bool IsFree => !_isFixed;

        public void GoBy(SortedRangeKind kind) => _kind = kind;
    }
}
