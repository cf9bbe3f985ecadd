using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on values.</summary>
internal static class RespStringCommands
{
    private const string Group = "string";
    private const RespFlags Writes = RespFlags.Write | RespFlags.DenyOom;
    private const RespFlags Reads = RespFlags.ReadOnly | RespFlags.Fast;

    public static IEnumerable<RespCommand> All =>
    [
        new("get", 2, Reads, 1, 1, 1, Group, "Reads a value", Get),
        new("set", -3, Writes, 1, 1, 1, Group, "Stores a value: NX, XX, GET, EX, PX, EXAT, PXAT, KEEPTTL", RespSetCommand.Set),
        new("setnx", 3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Stores a value if there is none", SetNx),
        new("setex", 4, Writes, 1, 1, 1, Group, "Stores a value for so many seconds", SetEx),
        new("psetex", 4, Writes, 1, 1, 1, Group, "Stores a value for so many milliseconds", PSetEx),
        new("getset", 3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Stores a value and answers with the one before", GetSet),
        new("getdel", 2, RespFlags.Write | RespFlags.Fast, 1, 1, 1, Group, "Reads a value and deletes it", GetDel),
        new("getex", -2, RespFlags.Write | RespFlags.Fast, 1, 1, 1, Group,
            "Reads a value and sets its expiry: EX, PX, EXAT, PXAT, PERSIST", GetEx),
        new("getrange", 4, RespFlags.ReadOnly, 1, 1, 1, Group, "Reads a part of a value", GetRange),
        new("substr", 4, RespFlags.ReadOnly, 1, 1, 1, Group, "As GETRANGE", GetRange),
        new("setrange", 4, Writes, 1, 1, 1, Group, "Writes into a value from an offset on", SetRange),
        new("strlen", 2, Reads, 1, 1, 1, Group, "Length of a value", StrLen),
        new("append", 3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Adds to the end of a value", Append),
        new("mget", -2, Reads, 1, -1, 1, Group, "Reads several values", MGet),
        new("mset", -3, Writes, 1, -1, 2, Group, "Stores several values, all together", MSet),
        new("msetnx", -3, Writes, 1, -1, 2, Group, "Stores several values if none of the keys is there", MSetNx),
        new("incr", 2, Writes | RespFlags.Fast, 1, 1, 1, Group, "Adds 1 to a counter", Incr),
        new("decr", 2, Writes | RespFlags.Fast, 1, 1, 1, Group, "Takes 1 from a counter", Decr),
        new("incrby", 3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Adds to a counter", IncrBy),
        new("decrby", 3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Takes from a counter", DecrBy),
        new("incrbyfloat", 3, Writes | RespFlags.Fast, 1, 1, 1, Group, "Adds a number with a fraction", IncrByFloat),
    ];

    private static void Get(in RespRequest request)
    {
        var sink = new RespValueSink(request.Reply);
        EndRead(request, request.Store.Read(request[1], ref sink));
    }

    // The value has been answered with, if there is one.
    private static void EndRead(in RespRequest request, StoreStatus status)
    {
        switch (status)
        {
            case StoreStatus.Ok: break;
            case StoreStatus.NotFound: request.Reply.Null(); break;
            default: request.Fail(status); break;
        }
    }

    private static void SetNx(in RespRequest request)
    {
        var options = new SetOptions { Condition = new StoreCondition { Kind = StoreConditionKind.IfAbsent } };
        StoreStatus status = request.Store.Set(request[1], request[2], options, null, out SetResult result);
        if (status == StoreStatus.Ok)
        {
            request.Reply.Integer(result.Stored ? 1 : 0);
        }
        else
        {
            request.Fail(status);
        }
    }

    private static void SetEx(in RespRequest request) => SetFor(request, isSeconds: true);

    private static void PSetEx(in RespRequest request) => SetFor(request, isSeconds: false);

    private static void SetFor(in RespRequest request, bool isSeconds)
    {
        if (!request.TryInteger(2, out long number))
        {
            return;
        }

        if (number <= 0 || !RespExpiries.TryMake(number, isSeconds, isMoment: false, out StoreExpiry expiry))
        {
            request.Fail(StoreStatus.ExpiryOutOfRange);
            return;
        }

        EndSet(request, request.Store.Set(request[1], request[3], new SetOptions { Expiry = expiry }, null, out _));
    }

    private static void EndSet(in RespRequest request, StoreStatus status)
    {
        if (status == StoreStatus.Ok)
        {
            request.Reply.Ok();
        }
        else
        {
            request.Fail(status);
        }
    }

    private static void GetSet(in RespRequest request)
    {
        RespConnection connection = request.Connection;
        StoreStatus status = request.Store.Set(request[1], request[2], default, connection.Scratch, out SetResult result);
        connection.EndScratchValue(status == StoreStatus.Ok && !result.PreviousFound ? StoreStatus.NotFound : status, request);
    }

    private static void GetDel(in RespRequest request)
    {
        RespConnection connection = request.Connection;
        connection.EndScratchValue(request.Store.Take(request[1], connection.Scratch, out _), request);
    }

    private static void GetEx(in RespRequest request)
    {
        var option = default(RespExpiryOption);
        bool persists = false;
        for (int at = 2; at < request.Count;)
        {
            if (request.Is(at, "persist"u8) && !option.IsGiven)
            {
                persists = true;
                at++;
            }
            else if (persists || !option.TryTake(request, ref at))
            {
                request.FailSyntax();
                return;
            }
        }

        var expiry = default(StoreExpiry);
        bool isValue = request.Store.Kind(request[1], out StoreEntryKind kind) == StoreStatus.Ok && kind == StoreEntryKind.Value;
        if (!isValue || (!persists && !option.IsGiven))
        {
            Get(request);
        }
        else if (persists || option.TryRead(request, out expiry))
        {
            RespConnection connection = request.Connection;
            connection.EndScratchValue(request.Store.Touch(request[1], expiry, connection.Scratch, out _), request);
        }
    }

    private static void GetRange(in RespRequest request)
    {
        if (!request.TryInteger(2, out long first) || !request.TryInteger(3, out long last))
        {
            return;
        }

        var sink = new RespRangeSink(request.Reply, first, last);
        StoreStatus status = request.Store.Read(request[1], ref sink);
        if (status == StoreStatus.NotFound)
        {
            request.Reply.Bulk(default(ReadOnlySpan<byte>));
        }
        else
        {
            EndRead(request, status);
        }
    }

    private static void SetRange(in RespRequest request)
    {
        if (!request.TryInteger(2, out long offset))
        {
            return;
        }

        if (offset < 0)
        {
            request.Fail("ERR offset is out of range"u8);
            return;
        }

        EndNumber(request, request.Store.Overwrite(request[1], offset, request[3], out long length, out _), length);
    }

    private static void StrLen(in RespRequest request)
    {
        StoreStatus status = request.Store.Length(request[1], out long length);
        EndNumber(request, status == StoreStatus.NotFound ? StoreStatus.Ok : status, length);
    }

    private static void Append(in RespRequest request) =>
        EndNumber(request, request.Store.Append(request[1], request[2], out long length, out _), length);

    private static void MGet(in RespRequest request)
    {
        var sink = new RespValueSink(request.Reply);
        int start = request.Reply.Buffer.Count;
        request.Reply.Array(request.Count - 1);
        for (int i = 1; i < request.Count; i++)
        {
            if (request.Reply.Buffer.Count - start > request.Connection.Server.AnswerBytesMax)
            {
                request.Reply.Buffer.Truncate(start);
                request.Fail(RespErrors.AnswerTooLarge);
                return;
            }

            if (request.Store.Read(request[i], ref sink) != StoreStatus.Ok)
            {
                request.Reply.Null();
            }
        }
    }

    private static void MSet(in RespRequest request)
    {
        if (request.Count % 2 == 0)
        {
            request.FailArity();
            return;
        }

        var keys = new RespBlobs(request.Arguments.From(1), step: 2);
        using StoreScope scope = request.Store.Enter(ref keys);
        EndSet(request, SetAll(request));
    }

    private static void MSetNx(in RespRequest request)
    {
        if (request.Count % 2 == 0)
        {
            request.FailArity();
            return;
        }

        var keys = new RespBlobs(request.Arguments.From(1), step: 2);
        using StoreScope scope = request.Store.Enter(ref keys);
        for (int i = 1; i < request.Count; i += 2)
        {
            if (request.Store.Exists(request[i]))
            {
                request.Reply.Integer(0);
                return;
            }
        }

        EndNumber(request, SetAll(request), 1);
    }

    private static StoreStatus SetAll(in RespRequest request)
    {
        for (int i = 1; i < request.Count; i += 2)
        {
            StoreStatus status = request.Store.Set(request[i], request[i + 1], default, null, out _);
            if (status != StoreStatus.Ok)
            {
                return status;
            }
        }

        return StoreStatus.Ok;
    }

    private static void Incr(in RespRequest request) => Add(request, 1);

    private static void Decr(in RespRequest request) => Add(request, -1);

    private static void IncrBy(in RespRequest request)
    {
        if (request.TryInteger(2, out long delta))
        {
            Add(request, delta);
        }
    }

    private static void DecrBy(in RespRequest request)
    {
        if (!request.TryInteger(2, out long delta))
        {
            return;
        }

        if (delta == long.MinValue)
        {
            request.Fail("ERR decrement would overflow"u8);
            return;
        }

        Add(request, -delta);
    }

    private static void Add(in RespRequest request, long delta) =>
        EndNumber(request, request.Store.Increment(request[1], delta, default, out long value, out _), value);

    private static void IncrByFloat(in RespRequest request)
    {
        Span<byte> text = stackalloc byte[FractionText.BytesMax];
        StoreStatus status = request.Store.IncrementFraction(request[1], request[2], text, out int length);
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Bulk(text[..length]); break;
            case StoreStatus.NotANumber: request.Fail(RespErrors.NotAFloat); break;
            case StoreStatus.Overflow: request.Fail("ERR increment would produce NaN or Infinity"u8); break;
            default: request.Fail(status); break;
        }
    }

    private static void EndNumber(in RespRequest request, StoreStatus status, long number)
    {
        if (status == StoreStatus.Ok)
        {
            request.Reply.Integer(number);
        }
        else
        {
            request.Fail(status);
        }
    }
}
