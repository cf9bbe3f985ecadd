using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Pops from the first of several keys that has something, and those that wait until one has.</summary>
internal static class RespBlockingCommands
{
    private const RespFlags Waits = RespFlags.Write | RespFlags.Blocking;
    private const RespFlags Pops = RespFlags.Write | RespFlags.MovableKeys;

    public static IEnumerable<RespCommand> OfLists =>
    [
        new("lmpop", -4, Pops, 0, 0, 0, "list", "Takes elements from the first list that has any: COUNT", LMPop),
        new("blpop", -3, Waits, 1, -2, 1, "list", "As LPOP of the first list that has any; waits for one", BLPop),
        new("brpop", -3, Waits, 1, -2, 1, "list", "As RPOP of the first list that has any; waits for one", BRPop),
        new("blmove", 6, Waits | RespFlags.DenyOom, 1, 2, 1, "list", "As LMOVE; waits for an element", BLMove),
        new("brpoplpush", 4, Waits | RespFlags.DenyOom, 1, 2, 1, "list", "As RPOPLPUSH; waits for an element", BRPopLPush),
        new("blmpop", -5, Waits | Pops, 0, 0, 0, "list", "As LMPOP; waits for an element", BLMPop),
    ];

    public static IEnumerable<RespCommand> OfSortedSets =>
    [
        new("zmpop", -4, Pops, 0, 0, 0, "sorted-set", "Takes members MIN or MAX from the first that has any: COUNT", ZMPop),
        new("bzpopmin", -3, Waits | RespFlags.Fast, 1, -2, 1, "sorted-set", "As ZPOPMIN of the first that has any; waits", BZPopMin),
        new("bzpopmax", -3, Waits | RespFlags.Fast, 1, -2, 1, "sorted-set", "As ZPOPMAX of the first that has any; waits", BZPopMax),
        new("bzmpop", -5, Waits | Pops, 0, 0, 0, "sorted-set", "As ZMPOP; waits for a member", BZMPop),
    ];

    private static void BLPop(in RespRequest request) => PopOne(request, StorePopKind.ListLeft);

    private static void BRPop(in RespRequest request) => PopOne(request, StorePopKind.ListRight);

    private static void BZPopMin(in RespRequest request) => PopOne(request, StorePopKind.ScoreMin);

    private static void BZPopMax(in RespRequest request) => PopOne(request, StorePopKind.ScoreMax);

    private static void PopOne(in RespRequest request, StorePopKind kind)
    {
        if (!RespPop.TryTimeout(request, request.Count - 1, out TimeSpan timeout))
        {
            return;
        }

        bool isScored = kind is StorePopKind.ScoreMin or StorePopKind.ScoreMax;
        var target = new RespPop(request.Connection.Server.AnswerBytesMax) { Write = isScored ? WriteMember : WriteElement };
        byte[][] keys = RespCollections.KeysOf(request.Arguments.Slice(1, request.Count - 2));
        Begin(request, new StorePop(keys, kind, target), target, timeout);
    }

    private static void BLMove(in RespRequest request)
    {
        if (RespListCommands.TryEnd(request, 3, out ListEnd from) && RespListCommands.TryEnd(request, 4, out ListEnd to))
        {
            Move(request, from, to);
        }
    }

    private static void BRPopLPush(in RespRequest request) => Move(request, ListEnd.Right, ListEnd.Left);

    private static void Move(in RespRequest request, ListEnd from, ListEnd to)
    {
        if (!RespPop.TryTimeout(request, request.Count - 1, out TimeSpan timeout))
        {
            return;
        }

        var target = new RespPop(request.Connection.Server.AnswerBytesMax) { Write = WriteItem };
        StorePopKind kind = from == ListEnd.Left ? StorePopKind.ListLeft : StorePopKind.ListRight;
        var pop = new StorePop([request[1].ToArray()], kind, target)
        {
            Destination = request[2].ToArray(),
            DestinationEnd = to,
        };
        Begin(request, pop, target, timeout);
    }

    private static void LMPop(in RespRequest request) => PopSome(request, 1, isScored: false, null);

    private static void ZMPop(in RespRequest request) => PopSome(request, 1, isScored: true, null);

    private static void BLMPop(in RespRequest request)
    {
        if (RespPop.TryTimeout(request, 1, out TimeSpan timeout))
        {
            PopSome(request, 2, isScored: false, timeout);
        }
    }

    private static void BZMPop(in RespRequest request)
    {
        if (RespPop.TryTimeout(request, 1, out TimeSpan timeout))
        {
            PopSome(request, 2, isScored: true, timeout);
        }
    }

    private static void PopSome(in RespRequest request, int index, bool isScored, TimeSpan? timeout)
    {
        if (!RespCollections.TryKeys(request, index, out byte[][] keys))
        {
            return;
        }

        int at = index + 1 + keys.Length;
        long count = 1;
        if (at >= request.Count || !TryKind(request, at, isScored, out StorePopKind kind))
        {
            request.FailSyntax();
            return;
        }

        if (request.Count > at + 1)
        {
            if (request.Count != at + 3 || !request.Is(at + 1, "count"u8))
            {
                request.FailSyntax();
                return;
            }

            if (!RespNumbers.TryInteger(request[at + 2], out count) || count <= 0)
            {
                request.Fail("ERR count should be greater than 0"u8);
                return;
            }
        }

        var target = new RespPop(request.Connection.Server.AnswerBytesMax) { Write = isScored ? WriteMembers : WriteElements };
        Begin(request, new StorePop(keys, kind, target) { CountMax = count }, target, timeout);
    }

    private static bool TryKind(in RespRequest request, int index, bool isScored, out StorePopKind kind)
    {
        bool first = request.Is(index, isScored ? "min"u8 : "left"u8);
        bool last = request.Is(index, isScored ? "max"u8 : "right"u8);
        kind = isScored
            ? (first ? StorePopKind.ScoreMin : StorePopKind.ScoreMax)
            : (first ? StorePopKind.ListLeft : StorePopKind.ListRight);
        return first || last;
    }

    /// <summary>Answers at once if it can, or must; a time-out of null does not wait.</summary>
    private static void Begin(in RespRequest request, StorePop pop, RespPop target, TimeSpan? timeout)
    {
        RespConnection connection = request.Connection;
        bool mayWait = timeout is not null && !connection.IsExecuting;
        StoreStatus status = request.Store.Pop(pop, waits: false, inTurn: mayWait);
        if (status != StoreStatus.NotFound || timeout is null || !mayWait)
        {
            // Within a transaction a move that finds nothing has no element, not no array.
            bool isMove = pop.Destination is not null;
            End(connection, status, target, request.Command.Name, isMove);
            return;
        }

        string name = request.Command.Name;
        StoreService store = request.Store;
        connection.Block(async wait =>
        {
            StoreStatus ended = await target.WaitAsync(store, pop, timeout.Value, wait.Token);
            connection.NoteStoreWrite();
            if (ended == StoreStatus.NotFound && wait.EndsWithError)
            {
                connection.Fail("UNBLOCKED client unblocked via CLIENT UNBLOCK"u8);
                return;
            }

            End(connection, ended, target, name, isMove: false);
        });
    }

    private static void End(RespConnection connection, StoreStatus status, RespPop target, string name, bool isMove)
    {
        switch (status)
        {
            case StoreStatus.Ok:
                target.Write(connection.Writer, target);
                break;
            case StoreStatus.NotFound when isMove:
                connection.Writer.Null();
                break;
            case StoreStatus.NotFound:
                connection.Writer.NullArray();
                break;
            default:
                RespErrors.Fail(connection, status, name);
                break;
        }
    }

    private static void WriteItem(RespWriter writer, RespPop got) => writer.Bulk(got.Items[0].Item);

    private static void WriteElement(RespWriter writer, RespPop got)
    {
        writer.Array(2);
        writer.Bulk(got.Key);
        writer.Bulk(got.Items[0].Item);
    }

    private static void WriteMember(RespWriter writer, RespPop got)
    {
        writer.Array(3);
        writer.Bulk(got.Key);
        writer.Bulk(got.Items[0].Item);
        writer.Double(got.Items[0].Score);
    }

    private static void WriteElements(RespWriter writer, RespPop got)
    {
        writer.Array(2);
        writer.Bulk(got.Key);
        writer.Array(got.Items.Count);
        foreach ((byte[] item, _) in got.Items)
        {
            writer.Bulk(item);
        }
    }

    private static void WriteMembers(RespWriter writer, RespPop got)
    {
        writer.Array(2);
        writer.Bulk(got.Key);
        writer.Array(got.Items.Count);
        foreach ((byte[] item, double score) in got.Items)
        {
            writer.Array(2);
            writer.Bulk(item);
            writer.Double(score);
        }
    }
}
