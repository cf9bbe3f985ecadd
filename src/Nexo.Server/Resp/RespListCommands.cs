using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on lists.</summary>
internal static class RespListCommands
{
    private const string Group = "list";
    private const RespFlags Writes = RespFlags.Write | RespFlags.DenyOom;
    private const RespFlags Removes = RespFlags.Write | RespFlags.Fast;
    private const RespFlags Reads = RespFlags.ReadOnly;

    public static IEnumerable<RespCommand> All =>
    [
        new("lpush", -3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Adds elements at the left", LPush),
        new("rpush", -3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Adds elements at the right", RPush),
        new("lpushx", -3, Writes | RespFlags.Fast, 1, 1, 1, Group, "As LPUSH, if the list is there", LPushX),
        new("rpushx", -3, Writes | RespFlags.Fast, 1, 1, 1, Group, "As RPUSH, if the list is there", RPushX),
        new("lpop", -2, Removes, 1, 1, 1, Group, "Takes elements from the left: a count", LPop),
        new("rpop", -2, Removes, 1, 1, 1, Group, "Takes elements from the right: a count", RPop),
        new("llen", 2, Reads | RespFlags.Fast, 1, 1, 1, Group, "How many elements there are", LLen),
        new("lrange", 4, Reads, 1, 1, 1, Group, "Elements from one rank to another", LRange),
        new("lindex", 3, Reads, 1, 1, 1, Group, "The element with a rank", LIndex),
        new("lset", 4, Writes, 1, 1, 1, Group, "Replaces the element with a rank", LSet),
        new("linsert", 5, Writes, 1, 1, 1, Group, "Adds an element BEFORE or AFTER another", LInsert),
        new("lrem", 4, RespFlags.Write, 1, 1, 1, Group, "Removes elements that equal one", LRem),
        new("ltrim", 4, RespFlags.Write, 1, 1, 1, Group, "Removes all but the elements from one rank to another", LTrim),
        new("lpos", -3, Reads, 1, 1, 1, Group, "Ranks of an element: RANK, COUNT, MAXLEN", LPos),
        new("lmove", 5, Writes, 1, 2, 1, Group, "Moves an element from an end of a list to one of another", LMove),
        new("rpoplpush", 3, Writes, 1, 2, 1, Group, "As LMOVE source target RIGHT LEFT", RPopLPush),
        .. RespBlockingCommands.OfLists,
    ];

    private static void LPush(in RespRequest request) => Push(request, ListEnd.Left, ifPresent: false);

    private static void RPush(in RespRequest request) => Push(request, ListEnd.Right, ifPresent: false);

    private static void LPushX(in RespRequest request) => Push(request, ListEnd.Left, ifPresent: true);

    private static void RPushX(in RespRequest request) => Push(request, ListEnd.Right, ifPresent: true);

    private static void Push(in RespRequest request, ListEnd end, bool ifPresent)
    {
        var elements = new RespBlobs(request.Arguments.From(2));
        StoreStatus status = request.Store.ListPush(request[1], end, ifPresent, ref elements, out long length, out _);
        RespCollections.EndCount(request, status, length);
    }

    private static void LPop(in RespRequest request) => Pop(request, ListEnd.Left);

    private static void RPop(in RespRequest request) => Pop(request, ListEnd.Right);

    private static void Pop(in RespRequest request, ListEnd end)
    {
        if (request.Count > 3)
        {
            request.FailArity();
            return;
        }

        long count = 1;
        if (request.Count == 3 && !RespCollections.TryPositive(request, 2, out count))
        {
            return;
        }

        var sink = new RespItemSink(request.Connection);
        StoreStatus status = request.Store.ListPop(request[1], end, count, ref sink);
        if (request.Count == 2)
        {
            RespCollections.EndOne(request, status, sink.Count);
        }
        else if (status == StoreStatus.NotFound)
        {
            request.Reply.NullArray();
        }
        else
        {
            RespCollections.EndArray(request, status, sink.Count, isTaken: true);
        }
    }

    private static void LLen(in RespRequest request) =>
        RespCollections.EndCount(request, request.Store.ListLength(request[1], out long length), length);

    private static void LRange(in RespRequest request)
    {
        if (request.TryInteger(2, out long first) && request.TryInteger(3, out long last))
        {
            var sink = new RespItemSink(request.Connection);
            StoreStatus status = request.Store.ListRange(request[1], first, last, ref sink);
            RespCollections.EndArray(request, status, sink.Count);
        }
    }

    private static void LIndex(in RespRequest request)
    {
        // What is no number counts only where there is a list.
        bool isNumber = RespNumbers.TryInteger(request[2], out long rank);
        StoreStatus status = request.Store.ListGet(request[1], rank, request.Connection.Scratch);
        if (!isNumber && status is StoreStatus.Ok or StoreStatus.InvalidArgument)
        {
            request.Connection.Scratch.Clear();
            request.FailNotAnInteger();
            return;
        }

        request.Connection.EndScratchValue(status == StoreStatus.InvalidArgument ? StoreStatus.NotFound : status, request);
    }

    private static void LSet(in RespRequest request)
    {
        if (!RespNumbers.TryInteger(request[2], out long rank))
        {
            StoreStatus there = request.Store.ListLength(request[1], out _);
            switch (there)
            {
                case StoreStatus.Ok: request.FailNotAnInteger(); break;
                case StoreStatus.NotFound: request.Fail(RespErrors.NoSuchKey); break;
                default: request.Fail(there); break;
            }

            return;
        }

        StoreStatus status = request.Store.ListSet(request[1], rank, request[3]);
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Ok(); break;
            case StoreStatus.NotFound: request.Fail(RespErrors.NoSuchKey); break;
            case StoreStatus.InvalidArgument: request.Fail(RespErrors.OutOfRange); break;
            default: request.Fail(status); break;
        }
    }

    private static void LInsert(in RespRequest request)
    {
        bool before = request.Is(2, "before"u8);
        if (!before && !request.Is(2, "after"u8))
        {
            request.FailSyntax();
            return;
        }

        StoreStatus status = request.Store.ListInsert(request[1], before, request[3], request[4], out long length);
        RespCollections.EndCount(request, status, length);
    }

    private static void LRem(in RespRequest request)
    {
        if (request.TryInteger(2, out long count))
        {
            StoreStatus status = request.Store.ListRemove(request[1], count, request[3], out long removed);
            RespCollections.EndCount(request, status, removed);
        }
    }

    private static void LTrim(in RespRequest request)
    {
        if (request.TryInteger(2, out long first) && request.TryInteger(3, out long last)
            && RespCollections.IsAnswer(request, request.Store.ListTrim(request[1], first, last)))
        {
            request.Reply.Ok();
        }
    }

    private static void LPos(in RespRequest request)
    {
        long nth = 1;
        long count = -1;
        long looked = 0;
        for (int at = 3; at < request.Count; at += 2)
        {
            if (at + 1 == request.Count)
            {
                request.FailSyntax();
                return;
            }

            if (request.Is(at, "rank"u8))
            {
                if (!TryNth(request, at + 1, out nth))
                {
                    return;
                }
            }
            else if (request.Is(at, "count"u8))
            {
                if (!RespNumbers.TryInteger(request[at + 1], out count) || count < 0)
                {
                    request.Fail("ERR COUNT can't be negative"u8);
                    return;
                }
            }
            else if (!request.Is(at, "maxlen"u8))
            {
                request.FailSyntax();
                return;
            }
            else if (!RespNumbers.TryInteger(request[at + 1], out looked) || looked < 0)
            {
                request.Fail("ERR MAXLEN can't be negative"u8);
                return;
            }
        }

        var sink = new RespItemSink(request.Connection);
        var search = new ListSearch(nth, count < 0 ? 1 : count, looked);
        StoreStatus status = request.Store.ListFind(request[1], request[2], search, ref sink);
        if (count < 0)
        {
            RespCollections.EndOne(request, status, sink.Count);
        }
        else
        {
            RespCollections.EndArray(request, status, sink.Count);
        }
    }

    private static bool TryNth(in RespRequest request, int index, out long nth)
    {
        if (!request.TryInteger(index, out nth))
        {
            return false;
        }

        if (nth == 0)
        {
            request.Fail("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "u8
                + "negative to start from the end of the list"u8);
            return false;
        }

        if (nth == long.MinValue)
        {
            request.Fail("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
            return false;
        }

        return true;
    }

    private static void LMove(in RespRequest request)
    {
        if (TryEnd(request, 3, out ListEnd from) && TryEnd(request, 4, out ListEnd to))
        {
            Move(request, from, to);
        }
    }

    private static void RPopLPush(in RespRequest request) => Move(request, ListEnd.Right, ListEnd.Left);

    private static void Move(in RespRequest request, ListEnd from, ListEnd to)
    {
        var sink = new RespItemSink(request.Connection);
        StoreStatus status = request.Store.ListMove(request[1], request[2], from, to, ref sink);
        RespCollections.EndOne(request, status, sink.Count);
    }

    /// <summary>Reads LEFT or RIGHT, or answers that it is neither.</summary>
    public static bool TryEnd(in RespRequest request, int index, out ListEnd end)
    {
        end = request.Is(index, "right"u8) ? ListEnd.Right : ListEnd.Left;
        if (end == ListEnd.Right || request.Is(index, "left"u8))
        {
            return true;
        }

        request.FailSyntax();
        return false;
    }
}
