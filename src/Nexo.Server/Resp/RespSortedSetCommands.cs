using System.Runtime.InteropServices;
using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on sorted sets.</summary>
internal static class RespSortedSetCommands
{
    private const string Group = "sorted-set";
    private const RespFlags Writes = RespFlags.Write | RespFlags.DenyOom | RespFlags.Fast;
    private const RespFlags Removes = RespFlags.Write | RespFlags.Fast;
    private const RespFlags Reads = RespFlags.ReadOnly | RespFlags.Fast;

    public static IEnumerable<RespCommand> All =>
    [
        new("zadd", -4, Writes, 1, 1, 1, Group, "Sets scores: NX, XX, GT, LT, CH, INCR", ZAdd),
        new("zincrby", 4, Writes, 1, 1, 1, Group, "Adds to a score", ZIncrBy),
        new("zrem", -3, Removes, 1, 1, 1, Group, "Removes members", ZRem),
        new("zscore", 3, Reads, 1, 1, 1, Group, "The score of a member", ZScore),
        new("zmscore", -3, Reads, 1, 1, 1, Group, "The scores of members", ZMScore),
        new("zcard", 2, Reads, 1, 1, 1, Group, "How many members there are", ZCard),
        new("zrank", -3, Reads, 1, 1, 1, Group, "The rank of a member: WITHSCORE", ZRank),
        new("zrevrank", -3, Reads, 1, 1, 1, Group, "The rank of a member from the highest score: WITHSCORE", ZRevRank),
        new("zpopmin", -2, Removes, 1, 1, 1, Group, "Takes members with the lowest scores: a count", ZPopMin),
        new("zpopmax", -2, Removes, 1, 1, 1, Group, "Takes members with the highest scores: a count", ZPopMax),
        new("zrandmember", -2, RespFlags.ReadOnly, 1, 1, 1, Group, "Members by chance: a count, WITHSCORES", ZRandMember),
        new("zscan", -3, RespFlags.ReadOnly, 1, 1, 1, Group, "Members with scores by and by: MATCH, COUNT", ZScan),
        .. RespSortedRangeCommands.All,
        .. RespSortedCombineCommands.All,
        .. RespBlockingCommands.OfSortedSets,
    ];

    private static void ZAdd(in RespRequest request)
    {
        if (!TryOptions(request, out ScoreRule rule, out bool countsChanges, out int first))
        {
            return;
        }

        RespArguments members = request.Arguments.From(first);
        double[] scores = new double[members.Count / 2];
        for (int i = 0; i < scores.Length; i++)
        {
            if (!RespNumbers.TryDouble(members[2 * i], out scores[i]))
            {
                request.Fail(RespErrors.NotAFloat);
                return;
            }

            // As in a small sorted set of Redis, there is one zero.
            scores[i] += 0.0;
        }

        var pairs = new ScoredArguments(members, scores);
        if (rule == default && !countsChanges)
        {
            RespCollections.EndCount(request, request.Store.SortedSet(request[1], ref pairs, out int added), added);
            return;
        }

        StoreStatus status = request.Store.SortedAdd(request[1], rule, ref pairs, out ScoreChanges changes);
        if (rule.Increments)
        {
            EndScore(request, status, changes);
        }
        else
        {
            RespCollections.EndCount(request, status, changes.Added + (countsChanges ? changes.Changed : 0));
        }
    }

    private static bool TryOptions(in RespRequest request, out ScoreRule rule, out bool countsChanges, out int first)
    {
        rule = default;
        countsChanges = false;
        for (first = 2; first < request.Count; first++)
        {
            if (request.Is(first, "nx"u8))
            {
                rule = rule with { IfAbsent = true };
            }
            else if (request.Is(first, "xx"u8))
            {
                rule = rule with { IfPresent = true };
            }
            else if (request.Is(first, "gt"u8))
            {
                rule = rule with { IfGreater = true };
            }
            else if (request.Is(first, "lt"u8))
            {
                rule = rule with { IfLess = true };
            }
            else if (request.Is(first, "incr"u8))
            {
                rule = rule with { Increments = true };
            }
            else if (request.Is(first, "ch"u8))
            {
                countsChanges = true;
            }
            else
            {
                break;
            }
        }

        int words = request.Count - first;
        if (words == 0 || words % 2 != 0)
        {
            request.FailSyntax();
            return false;
        }

        if (rule.IfAbsent && rule.IfPresent)
        {
            request.Fail("ERR XX and NX options at the same time are not compatible"u8);
            return false;
        }

        if ((rule.IfGreater && rule.IfLess) || (rule.IfAbsent && (rule.IfGreater || rule.IfLess)))
        {
            request.Fail("ERR GT, LT, and/or NX options at the same time are not compatible"u8);
            return false;
        }

        if (rule.Increments && words > 2)
        {
            request.Fail("ERR INCR option supports a single increment-element pair"u8);
            return false;
        }

        return true;
    }

    private static void ZIncrBy(in RespRequest request)
    {
        double[] score = new double[1];
        if (!RespNumbers.TryDouble(request[2], out score[0]))
        {
            request.Fail(RespErrors.NotAFloat);
            return;
        }

        var pair = new ScoredArguments(request.Arguments.Slice(2, 2), score);
        var rule = new ScoreRule { Increments = true };
        StoreStatus status = request.Store.SortedAdd(request[1], rule, ref pair, out ScoreChanges changes);
        EndScore(request, status, changes);
    }

    private static void EndScore(in RespRequest request, StoreStatus status, in ScoreChanges changes)
    {
        switch (status)
        {
            case StoreStatus.Ok when changes.Applied: request.Reply.Double(changes.Score); break;
            case StoreStatus.Ok: request.Reply.Null(); break;
            case StoreStatus.InvalidArgument: request.Fail("ERR resulting score is not a number (NaN)"u8); break;
            default: request.Fail(status); break;
        }
    }

    private static void ZRem(in RespRequest request)
    {
        var members = new RespBlobs(request.Arguments.From(2));
        RespCollections.EndCount(request, request.Store.SortedRemove(request[1], ref members, out int removed), removed);
    }

    private static void ZScore(in RespRequest request)
    {
        var member = new RespBlobs(request.Arguments.From(2));
        var sink = new RespFoundScoreSink(request.Connection.ScratchWriter);
        StoreStatus status = request.Store.SortedScores(request[1], ref member, ref sink);
        RespCollections.EndOne(request, status, status == StoreStatus.NotFound ? 0 : 1);
    }

    private static void ZMScore(in RespRequest request)
    {
        var members = new RespBlobs(request.Arguments.From(2));
        var sink = new RespFoundScoreSink(request.Connection.ScratchWriter);
        StoreStatus status = request.Store.SortedScores(request[1], ref members, ref sink);
        for (int i = 2; status == StoreStatus.NotFound && i < request.Count; i++)
        {
            sink.Add(found: false, default);
        }

        RespCollections.EndArray(request, status, request.Count - 2);
    }

    private static void ZCard(in RespRequest request) =>
        RespCollections.EndCount(request, request.Store.SortedCount(request[1], out int members), members);

    private static void ZRank(in RespRequest request) => Rank(request, reverse: false);

    private static void ZRevRank(in RespRequest request) => Rank(request, reverse: true);

    private static void Rank(in RespRequest request, bool reverse)
    {
        if (request.Count > 4)
        {
            request.FailArity();
            return;
        }

        bool hasScore = request.Count == 4;
        if (hasScore && !request.Is(3, "withscore"u8))
        {
            request.FailSyntax();
            return;
        }

        StoreStatus status = request.Store.SortedRank(request[1], request[2], reverse, out long rank, out double score);
        if (!RespCollections.IsAnswer(request, status))
        {
            return;
        }

        if (status == StoreStatus.NotFound)
        {
            if (hasScore)
            {
                request.Reply.NullArray();
            }
            else
            {
                request.Reply.Null();
            }

            return;
        }

        if (hasScore)
        {
            request.Reply.Array(2);
        }

        request.Reply.Integer(rank);
        if (hasScore)
        {
            request.Reply.Double(score);
        }
    }

    private static void ZPopMin(in RespRequest request) => Pop(request, highest: false);

    private static void ZPopMax(in RespRequest request) => Pop(request, highest: true);

    private static void Pop(in RespRequest request, bool highest)
    {
        if (request.Count > 3)
        {
            request.FailSyntax();
            return;
        }

        long count = 1;
        if (request.Count == 3 && !RespCollections.TryPositive(request, 2, out count))
        {
            return;
        }

        bool isNested = request.Count == 3 && request.Reply.IsV3;
        var sink = new RespScoreSink(request.Connection, scores: true) { Nested = isNested };
        StoreStatus status = request.Store.SortedPop(request[1], highest, count, ref sink);
        RespCollections.EndArray(request, status, isNested ? sink.Count : 2 * sink.Count, isTaken: true);
    }

    private static void ZRandMember(in RespRequest request)
    {
        bool hasScores = request.Count == 4 && request.Is(3, "withscores"u8);
        if (request.Count > 4 || (request.Count == 4 && !hasScores))
        {
            request.FailSyntax();
            return;
        }

        long count = 1;
        if (request.Count > 2 && !RespSetCommands.TrySample(request, 2, out count))
        {
            return;
        }

        bool isNested = hasScores && request.Reply.IsV3;
        var sink = new RespScoreSink(request.Connection, hasScores) { Nested = isNested };
        StoreStatus status = request.Store.SortedSample(request[1], count, ref sink);
        if (request.Count == 2)
        {
            RespCollections.EndOne(request, status, sink.Count);
        }
        else
        {
            RespCollections.EndArray(request, status, hasScores && !isNested ? 2 * sink.Count : sink.Count);
        }
    }

    private static void ZScan(in RespRequest request) => RespCollections.Scan(request, StoreEntryKind.SortedSet);

    /// <summary>Scores and members, two by two, as the store takes members with their scores.</summary>
    private ref struct ScoredArguments(RespArguments arguments, double[] scores) : IPairSource
    {
        private readonly RespArguments _arguments = arguments;
        private readonly double[] _scores = scores;
        private int _next;

        public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
        {
            first = default;
            second = default;
            if (_next == _scores.Length)
            {
                return false;
            }

            first = _arguments[(2 * _next) + 1];
            second = MemoryMarshal.AsBytes(_scores.AsSpan(_next, 1));
            _next++;
            return true;
        }
    }
}
