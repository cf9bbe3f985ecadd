using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Unions, intersections and differences of sorted sets.</summary>
internal static class RespSortedCombineCommands
{
    private const string Group = "sorted-set";
    private const RespFlags Reads = RespFlags.ReadOnly | RespFlags.MovableKeys;
    private const RespFlags Writes = RespFlags.Write | RespFlags.DenyOom | RespFlags.MovableKeys;

    public static IEnumerable<RespCommand> All =>
    [
        new("zunion", -3, Reads, 0, 0, 0, Group, "Members of any: WEIGHTS, AGGREGATE, WITHSCORES", ZUnion),
        new("zinter", -3, Reads, 0, 0, 0, Group, "Members of all: WEIGHTS, AGGREGATE, WITHSCORES", ZInter),
        new("zdiff", -3, Reads, 0, 0, 0, Group, "Members of the first and no other: WITHSCORES", ZDiff),
        new("zunionstore", -4, Writes, 1, 1, 1, Group, "Keeps what ZUNION finds", ZUnionStore),
        new("zinterstore", -4, Writes, 1, 1, 1, Group, "Keeps what ZINTER finds", ZInterStore),
        new("zdiffstore", -4, Writes, 1, 1, 1, Group, "Keeps what ZDIFF finds", ZDiffStore),
        new("zintercard", -3, Reads, 0, 0, 0, Group, "How many members all have: LIMIT", ZInterCard),
    ];

    private static void ZUnion(in RespRequest request) => List(request, SetOperation.Union);

    private static void ZInter(in RespRequest request) => List(request, SetOperation.Intersection);

    private static void ZDiff(in RespRequest request) => List(request, SetOperation.Difference);

    private static void List(in RespRequest request, SetOperation operation)
    {
        if (!TryRead(request, 1, operation, isStored: false, out byte[][] keys, out SortedCombination combination, out bool hasScores))
        {
            return;
        }

        bool isNested = hasScores && request.Reply.IsV3;
        RespCollections.Over(request, keys, (in RespRequest over) =>
        {
            var sink = new RespScoreSink(over.Connection, hasScores) { Nested = isNested };
            StoreStatus status = over.Store.SortedCombine(combination, keys, ref sink);
            RespCollections.EndArray(over, status, hasScores && !isNested ? 2 * sink.Count : sink.Count);
        });
    }

    private static void ZUnionStore(in RespRequest request) => Store(request, SetOperation.Union);

    private static void ZInterStore(in RespRequest request) => Store(request, SetOperation.Intersection);

    private static void ZDiffStore(in RespRequest request) => Store(request, SetOperation.Difference);

    private static void Store(in RespRequest request, SetOperation operation)
    {
        if (TryRead(request, 2, operation, isStored: true, out byte[][] keys, out SortedCombination combination, out _))
        {
            byte[] target = request[1].ToArray();
            RespCollections.Over(request, keys, (in RespRequest over) =>
            {
                StoreStatus status = over.Store.SortedCombineStore(combination, target, keys, out long members);
                RespCollections.EndCount(over, status, members);
            });
        }
    }

    private static void ZInterCard(in RespRequest request)
    {
        if (!TryKeys(request, 1, out byte[][] keys))
        {
            return;
        }

        long limit = 0;
        for (int at = 2 + keys.Length; at < request.Count; at += 2)
        {
            if (at + 1 == request.Count || !request.Is(at, "limit"u8))
            {
                FailBehindKeys(request, keys, RespErrors.Syntax);
                return;
            }

            if (!RespNumbers.TryInteger(request[at + 1], out limit) || limit < 0)
            {
                FailBehindKeys(request, keys, "ERR LIMIT can't be negative"u8);
                return;
            }
        }

        RespCollections.Over(request, keys, (in RespRequest over) =>
        {
            StoreStatus status = over.Store.CountCommon(keys, scored: true, limit, out long members);
            RespCollections.EndCount(over, status, members);
        });
    }

    private static bool TryRead(
        in RespRequest request,
        int index,
        SetOperation operation,
        bool isStored,
        out byte[][] keys,
        out SortedCombination combination,
        out bool hasScores)
    {
        combination = default;
        hasScores = false;
        if (!TryKeys(request, index, out keys))
        {
            return false;
        }

        double[]? weights = null;
        ScoreAggregate aggregate = ScoreAggregate.Sum;
        bool isWeighed = operation != SetOperation.Difference;
        for (int at = index + 1 + keys.Length; at < request.Count; at++)
        {
            if (isWeighed && request.Is(at, "weights"u8) && at + keys.Length < request.Count)
            {
                if (!TryWeights(request, at + 1, keys, out weights))
                {
                    return false;
                }

                at += keys.Length;
            }
            else if (isWeighed && request.Is(at, "aggregate"u8) && at + 1 < request.Count
                && TryAggregate(request[at + 1], out aggregate))
            {
                at++;
            }
            else if (!isStored && request.Is(at, "withscores"u8))
            {
                hasScores = true;
            }
            else
            {
                FailBehindKeys(request, keys, RespErrors.Syntax);
                return false;
            }
        }

        combination = new SortedCombination(operation, aggregate, weights);
        return true;
    }

    private static bool TryKeys(in RespRequest request, int index, out byte[][] keys)
    {
        keys = [];
        if (!request.TryInteger(index, out long count))
        {
            return false;
        }

        if (count < 1)
        {
            request.Fail($"ERR at least 1 input key is needed for '{request.Command.Name}' command");
            return false;
        }

        if (count >= request.Count - index)
        {
            request.FailSyntax();
            return false;
        }

        keys = RespCollections.KeysOf(request.Arguments.Slice(index + 1, (int)count));
        return true;
    }

    // What the keys hold is looked at before the words behind them.
    private static void FailBehindKeys(in RespRequest request, byte[][] keys, ReadOnlySpan<byte> error)
    {
        foreach (byte[] key in keys)
        {
            if (request.Store.Kind(key, out StoreEntryKind kind) == StoreStatus.Ok
                && kind is not (StoreEntryKind.Set or StoreEntryKind.SortedSet))
            {
                request.Fail(StoreStatus.WrongType);
                return;
            }
        }

        request.Fail(error);
    }

    private static bool TryWeights(in RespRequest request, int first, byte[][] keys, out double[] weights)
    {
        weights = new double[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            if (!RespNumbers.TryDouble(request[first + i], out weights[i]))
            {
                FailBehindKeys(request, keys, "ERR weight value is not a float"u8);
                return false;
            }
        }

        return true;
    }

    private static bool TryAggregate(ReadOnlySpan<byte> word, out ScoreAggregate aggregate)
    {
        bool isMin = RespNumbers.IsWord(word, "min"u8);
        bool isMax = RespNumbers.IsWord(word, "max"u8);
        aggregate = isMin ? ScoreAggregate.Min : isMax ? ScoreAggregate.Max : ScoreAggregate.Sum;
        return isMin || isMax || RespNumbers.IsWord(word, "sum"u8);
    }
}
