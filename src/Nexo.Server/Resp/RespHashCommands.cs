using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on hashes.</summary>
internal static class RespHashCommands
{
    private const string Group = "hash";
    private const RespFlags Writes = RespFlags.Write | RespFlags.DenyOom | RespFlags.Fast;
    private const RespFlags Reads = RespFlags.ReadOnly | RespFlags.Fast;

    public static IEnumerable<RespCommand> All =>
    [
        new("hset", -4, Writes, 1, 1, 1, Group, "Sets fields", HSet),
        new("hmset", -4, Writes, 1, 1, 1, Group, "As HSET; answers OK", HMSet),
        new("hsetnx", 4, Writes, 1, 1, 1, Group, "Sets a field if it is not there", HSetNx),
        new("hget", 3, Reads, 1, 1, 1, Group, "Reads a field", HGet),
        new("hmget", -3, Reads, 1, 1, 1, Group, "Reads fields", HMGet),
        new("hgetall", 2, RespFlags.ReadOnly, 1, 1, 1, Group, "Reads all fields", HGetAll),
        new("hkeys", 2, RespFlags.ReadOnly, 1, 1, 1, Group, "Names of all fields", HKeys),
        new("hvals", 2, RespFlags.ReadOnly, 1, 1, 1, Group, "Values of all fields", HVals),
        new("hlen", 2, Reads, 1, 1, 1, Group, "How many fields there are", HLen),
        new("hexists", 3, Reads, 1, 1, 1, Group, "Whether a field is there", HExists),
        new("hstrlen", 3, Reads, 1, 1, 1, Group, "Length of a field's value", HStrLen),
        new("hdel", -3, RespFlags.Write | RespFlags.Fast, 1, 1, 1, Group, "Deletes fields", HDel),
        new("hincrby", 4, Writes, 1, 1, 1, Group, "Adds to a field that is a counter", HIncrBy),
        new("hincrbyfloat", 4, Writes, 1, 1, 1, Group, "Adds a number with a fraction to a field", HIncrByFloat),
        new("hscan", -3, RespFlags.ReadOnly, 1, 1, 1, Group, "Fields by and by: MATCH, COUNT, NOVALUES", HScan),
        new("hrandfield", -2, RespFlags.ReadOnly, 1, 1, 1, Group, "Some fields: a count, WITHVALUES", RespRandomField.Take),
    ];

    private static void HSet(in RespRequest request)
    {
        StoreStatus status = SetFields(request, out int added);
        if (status == StoreStatus.Ok)
        {
            request.Reply.Integer(added);
        }
    }

    private static void HMSet(in RespRequest request)
    {
        if (SetFields(request, out _) == StoreStatus.Ok)
        {
            request.Reply.Ok();
        }
    }

    // Anything but Ok has been answered.
    private static StoreStatus SetFields(in RespRequest request, out int added)
    {
        added = 0;
        if (request.Count % 2 != 0)
        {
            request.FailArity();
            return StoreStatus.InvalidArgument;
        }

        var pairs = new RespPairs(request.Arguments.From(2));
        StoreStatus status = request.Store.HashSet(request[1], ref pairs, out added, out _);
        if (status != StoreStatus.Ok)
        {
            request.Fail(status);
        }

        return status;
    }

    private static void HSetNx(in RespRequest request)
    {
        StoreStatus status = request.Store.HashSetIfAbsent(request[1], request[2], request[3], out bool stored);
        EndCount(request, status, stored ? 1 : 0);
    }

    private static void HGet(in RespRequest request)
    {
        RespConnection connection = request.Connection;
        connection.EndScratchValue(request.Store.HashGet(request[1], request[2], connection.Scratch, out _), request);
    }

    private static void HMGet(in RespRequest request)
    {
        RespConnection connection = request.Connection;
        var fields = new RespBlobs(request.Arguments.From(2));
        var sink = new RespFieldSink(connection);
        StoreStatus status = request.Store.HashMultiGet(request[1], ref fields, ref sink, out _);
        if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
        {
            request.Fail(status);
            return;
        }

        if (connection.FailIfScratchFull())
        {
            return;
        }

        request.Reply.Array(request.Count - 2);
        for (int i = 2; status == StoreStatus.NotFound && i < request.Count; i++)
        {
            request.Reply.Null();
        }

        connection.AppendScratch();
    }

    private static void HGetAll(in RespRequest request) => List(request, fields: true, values: true);

    private static void HKeys(in RespRequest request) => List(request, fields: true, values: false);

    private static void HVals(in RespRequest request) => List(request, fields: false, values: true);

    private static void List(in RespRequest request, bool fields, bool values)
    {
        RespConnection connection = request.Connection;
        var sink = new RespHashSink(connection, fields, values);
        StoreStatus status = request.Store.HashGetAll(request[1], ref sink, out _);
        if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
        {
            request.Fail(status);
            return;
        }

        if (connection.FailIfScratchFull())
        {
            return;
        }

        if (fields && values)
        {
            request.Reply.Map(sink.Count);
        }
        else
        {
            request.Reply.Array(sink.Count);
        }

        connection.AppendScratch();
    }

    private static void HLen(in RespRequest request) =>
        EndCount(request, request.Store.HashLength(request[1], out int fields), fields);

    private static void HExists(in RespRequest request)
    {
        StoreStatus status = LookAt(request, out RespFieldCount field);
        EndCount(request, status, field.Found);
    }

    private static void HStrLen(in RespRequest request)
    {
        StoreStatus status = LookAt(request, out RespFieldCount field);
        EndCount(request, status, field.Bytes);
    }

    private static StoreStatus LookAt(in RespRequest request, out RespFieldCount field)
    {
        field = default;
        var fields = new RespBlobs(request.Arguments.Slice(2, 1));
        return request.Store.HashMultiGet(request[1], ref fields, ref field, out _);
    }

    private static void HDel(in RespRequest request)
    {
        var fields = new RespBlobs(request.Arguments.From(2));
        EndCount(request, request.Store.HashDelete(request[1], ref fields, out int removed), removed);
    }

    private static void HIncrBy(in RespRequest request)
    {
        if (!request.TryInteger(3, out long delta))
        {
            return;
        }

        StoreStatus status = request.Store.HashIncrement(request[1], request[2], delta, out long value, out _);
        if (status == StoreStatus.NotAnInteger)
        {
            request.Fail("ERR hash value is not an integer"u8);
            return;
        }

        EndCount(request, status, value);
    }

    private static void HIncrByFloat(in RespRequest request)
    {
        if (!RespNumbers.TryDouble(request[3], out double delta))
        {
            request.Fail(RespErrors.NotAFloat);
            return;
        }

        if (!double.IsFinite(delta))
        {
            request.Fail("ERR value is NaN or Infinity"u8);
            return;
        }

        Span<byte> text = stackalloc byte[FractionText.BytesMax];
        StoreStatus status = request.Store.HashIncrementFraction(request[1], request[2], request[3], text, out int length);
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Bulk(text[..length]); break;
            case StoreStatus.NotANumber: request.Fail("ERR hash value is not a float"u8); break;
            case StoreStatus.Overflow: request.Fail("ERR increment would produce NaN or Infinity"u8); break;
            default: request.Fail(status); break;
        }
    }

    private static void HScan(in RespRequest request)
    {
        if (!RespScanCommands.TryCursor(request[2], out ulong cursor) || cursor > uint.MaxValue)
        {
            request.Fail("ERR invalid cursor"u8);
            return;
        }

        bool hasValues = request.Count == 3 || !request.Is(request.Count - 1, "novalues"u8);
        var options = new RespRequest(
            request.Connection, request.Command, hasValues ? request.Arguments : request.Arguments.Slice(0, request.Count - 1));
        if (!RespScanCommands.TryOptions(options, out RespScanCommands.ScanOptions scan, first: 3))
        {
            return;
        }

        RespConnection connection = request.Connection;
        var sink = new RespHashSink(connection, fields: true, hasValues) { Pattern = scan.Pattern };
        uint next = (uint)cursor;
        StoreStatus status = RespScanCommands.Page(request, StoreEntryKind.Hash, ref next, scan.Count, ref sink);
        if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
        {
            connection.Scratch.Clear();
            request.Fail(status);
            return;
        }

        if (connection.FailIfScratchFull())
        {
            return;
        }

        request.Reply.Array(2);
        request.Reply.BulkNumber(status == StoreStatus.Ok ? next : 0);
        request.Reply.Array(hasValues ? 2 * sink.Count : sink.Count);
        connection.AppendScratch();
    }

    private static void EndCount(in RespRequest request, StoreStatus status, long count)
    {
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Integer(count); break;
            case StoreStatus.NotFound: request.Reply.Integer(0); break;
            default: request.Fail(status); break;
        }
    }
}
