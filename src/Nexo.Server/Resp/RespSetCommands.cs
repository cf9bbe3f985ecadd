using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on sets.</summary>
internal static class RespSetCommands
{
    private const string Group = "set";
    private const RespFlags Writes = RespFlags.Write | RespFlags.DenyOom;
    private const RespFlags Removes = RespFlags.Write | RespFlags.Fast;
    private const RespFlags Reads = RespFlags.ReadOnly;

    // A reply of more could not be sent anyway.
    private const long SampleMax = 10_000_000;

    public static IEnumerable<RespCommand> All =>
    [
        new("sadd", -3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Adds members", SAdd),
        new("srem", -3, Removes, 1, 1, 1, Group, "Removes members", SRem),
        new("sismember", 3, Reads | RespFlags.Fast, 1, 1, 1, Group, "Whether something is a member", SIsMember),
        new("smismember", -3, Reads | RespFlags.Fast, 1, 1, 1, Group, "Whether each of several is a member", SMIsMember),
        new("scard", 2, Reads | RespFlags.Fast, 1, 1, 1, Group, "How many members there are", SCard),
        new("smembers", 2, Reads, 1, 1, 1, Group, "All members", SMembers),
        new("spop", -2, Removes, 1, 1, 1, Group, "Takes members by chance: a count", SPop),
        new("srandmember", -2, Reads, 1, 1, 1, Group, "Members by chance: a count", SRandMember),
        new("smove", 4, Writes | RespFlags.Fast, 1, 2, 1, Group, "Moves a member to another set", SMove),
        new("sinter", -2, Reads, 1, -1, 1, Group, "Members of all sets", SInter),
        new("sunion", -2, Reads, 1, -1, 1, Group, "Members of any set", SUnion),
        new("sdiff", -2, Reads, 1, -1, 1, Group, "Members of the first set and no other", SDiff),
        new("sinterstore", -3, Writes, 1, -1, 1, Group, "Keeps what SINTER finds", SInterStore),
        new("sunionstore", -3, Writes, 1, -1, 1, Group, "Keeps what SUNION finds", SUnionStore),
        new("sdiffstore", -3, Writes, 1, -1, 1, Group, "Keeps what SDIFF finds", SDiffStore),
        new("sintercard", -3, Reads | RespFlags.MovableKeys, 0, 0, 0, Group, "How many members all sets have: LIMIT", SInterCard),
        new("sscan", -3, Reads, 1, 1, 1, Group, "Members by and by: MATCH, COUNT", SScan),
    ];

    private static void SAdd(in RespRequest request)
    {
        var members = new RespBlobs(request.Arguments.From(2));
        RespCollections.EndCount(request, request.Store.SetAdd(request[1], ref members, out int added), added);
    }

    private static void SRem(in RespRequest request)
    {
        var members = new RespBlobs(request.Arguments.From(2));
        RespCollections.EndCount(request, request.Store.SetRemove(request[1], ref members, out int removed), removed);
    }

    private static void SIsMember(in RespRequest request)
    {
        var member = new RespBlobs(request.Arguments.From(2));
        var found = default(RespFieldCount);
        StoreStatus status = request.Store.SetContains(request[1], ref member, ref found);
        RespCollections.EndCount(request, status, found.Found);
    }

    private static void SMIsMember(in RespRequest request)
    {
        var members = new RespBlobs(request.Arguments.From(2));
        var found = new RespFoundSink(request.Connection.ScratchWriter);
        StoreStatus status = request.Store.SetContains(request[1], ref members, ref found);
        for (int i = 2; status == StoreStatus.NotFound && i < request.Count; i++)
        {
            found.Add(found: false, default);
        }

        RespCollections.EndArray(request, status, request.Count - 2);
    }

    private static void SCard(in RespRequest request) =>
        RespCollections.EndCount(request, request.Store.SetCount(request[1], out int members), members);

    private static void SMembers(in RespRequest request)
    {
        var sink = new RespItemSink(request.Connection);
        RespCollections.EndSet(request, request.Store.SetMembers(request[1], ref sink), sink.Count);
    }

    private static void SPop(in RespRequest request)
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

        var sink = new RespItemSink(request.Connection);
        StoreStatus status = request.Store.SetPop(request[1], count, ref sink);
        if (request.Count == 2)
        {
            RespCollections.EndOne(request, status, sink.Count);
        }
        else
        {
            RespCollections.EndSet(request, status, sink.Count, isTaken: true);
        }
    }

    private static void SRandMember(in RespRequest request)
    {
        if (request.Count > 3)
        {
            request.FailSyntax();
            return;
        }

        long count = 1;
        if (request.Count == 3 && !TrySample(request, 2, out count))
        {
            return;
        }

        var sink = new RespItemSink(request.Connection);
        StoreStatus status = count == 0
            ? request.Store.SetCount(request[1], out _)
            : request.Store.SetSample(request[1], count, ref sink);
        if (request.Count == 2)
        {
            RespCollections.EndOne(request, status, sink.Count);
        }
        else
        {
            RespCollections.EndArray(request, status, sink.Count);
        }
    }

    /// <summary>Reads how many members are wanted by chance; negative: some may come again.</summary>
    public static bool TrySample(in RespRequest request, int index, out long count)
    {
        if (!request.TryInteger(index, out count))
        {
            return false;
        }

        if (count >= -SampleMax)
        {
            return true;
        }

        request.Fail("ERR value is out of range"u8);
        return false;
    }

    private static void SMove(in RespRequest request)
    {
        StoreStatus status = request.Store.SetMove(request[1], request[2], request[3], out bool moved);
        RespCollections.EndCount(request, status, moved ? 1 : 0);
    }

    private static void SInter(in RespRequest request) => Combine(request, SetOperation.Intersection);

    private static void SUnion(in RespRequest request) => Combine(request, SetOperation.Union);

    private static void SDiff(in RespRequest request) => Combine(request, SetOperation.Difference);

    private static void Combine(in RespRequest request, SetOperation operation)
    {
        byte[][] keys = RespCollections.KeysOf(request.Arguments.From(1));
        RespCollections.Over(request, keys, (in RespRequest over) =>
        {
            var sink = new RespItemSink(over.Connection);
            RespCollections.EndSet(over, over.Store.SetCombine(operation, keys, ref sink), sink.Count);
        });
    }

    private static void SInterStore(in RespRequest request) => Store(request, SetOperation.Intersection);

    private static void SUnionStore(in RespRequest request) => Store(request, SetOperation.Union);

    private static void SDiffStore(in RespRequest request) => Store(request, SetOperation.Difference);

    private static void Store(in RespRequest request, SetOperation operation)
    {
        byte[] target = request[1].ToArray();
        byte[][] keys = RespCollections.KeysOf(request.Arguments.From(2));
        RespCollections.Over(request, keys, (in RespRequest over) =>
        {
            StoreStatus status = over.Store.SetCombineStore(operation, target, keys, out long members);
            RespCollections.EndCount(over, status, members);
        });
    }

    private static void SInterCard(in RespRequest request)
    {
        if (TryLimited(request, out byte[][] keys, out long limit))
        {
            RespCollections.Over(request, keys, (in RespRequest over) =>
            {
                StoreStatus status = over.Store.CountCommon(keys, scored: false, limit, out long members);
                RespCollections.EndCount(over, status, members);
            });
        }
    }

    /// <summary>Reads keys and LIMIT, as SINTERCARD has them; false: it was answered with an error.</summary>
    private static bool TryLimited(in RespRequest request, out byte[][] keys, out long limit)
    {
        keys = [];
        limit = 0;
        if (!RespNumbers.TryInteger(request[1], out long count) || count <= 0)
        {
            request.Fail("ERR numkeys should be greater than 0"u8);
            return false;
        }

        if (count > request.Count - 2)
        {
            request.Fail("ERR Number of keys can't be greater than number of args"u8);
            return false;
        }

        int at = (int)count + 2;
        for (; at + 1 < request.Count && request.Is(at, "limit"u8); at += 2)
        {
            if (!RespNumbers.TryInteger(request[at + 1], out limit) || limit < 0)
            {
                request.Fail("ERR LIMIT can't be negative"u8);
                return false;
            }
        }

        if (at < request.Count)
        {
            request.FailSyntax();
            return false;
        }

        keys = RespCollections.KeysOf(request.Arguments.Slice(2, (int)count));
        return true;
    }

    private static void SScan(in RespRequest request) => RespCollections.Scan(request, StoreEntryKind.Set);
}
