using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands on keys, whatever they hold.</summary>
internal static class RespKeyCommands
{
    private const string Group = "generic";
    private const RespFlags Writes = RespFlags.Write | RespFlags.Fast;
    private const RespFlags Reads = RespFlags.ReadOnly | RespFlags.Fast;

    public static IEnumerable<RespCommand> All =>
    [
        new("del", -2, RespFlags.Write, 1, -1, 1, Group, "Deletes keys", Delete),
        new("unlink", -2, Writes, 1, -1, 1, Group, "As DEL", Delete),
        new("exists", -2, Reads, 1, -1, 1, Group, "How many of the keys are there", Exists),
        new("touch", -2, Reads, 1, -1, 1, Group, "As EXISTS; it counts as a use", Exists),
        new("type", 2, Reads, 1, 1, 1, Group, "What a key holds", Type),
        new("rename", 3, RespFlags.Write, 1, 2, 1, Group, "Gives a key another name", Rename),
        new("renamenx", 3, Writes, 1, 2, 1, Group, "As RENAME, unless the name is taken", RenameNx),
        new("copy", -3, RespFlags.Write | RespFlags.DenyOom, 1, 2, 1, Group, "Copies a key: REPLACE", Copy),
        new("randomkey", 1, RespFlags.ReadOnly | RespFlags.AllKeys, 0, 0, 0, Group, "Some key", RandomKey),
        new("keys", 2, RespFlags.ReadOnly | RespFlags.AllKeys, 0, 0, 0, Group, "Keys that match a pattern", RespScanCommands.Keys),
        new("scan", -2, RespFlags.ReadOnly | RespFlags.AllKeys, 0, 0, 0, Group,
            "Keys by and by: MATCH, COUNT, TYPE", RespScanCommands.Scan),
        new("object", -2, RespFlags.ReadOnly, 2, 2, 1, Group, "ENCODING, REFCOUNT, IDLETIME, FREQ, HELP", Object),
        .. RespExpiryCommands.All,
    ];

    private static void Delete(in RespRequest request)
    {
        int deleted = 0;
        for (int i = 1; i < request.Count; i++)
        {
            StoreStatus status = request.Store.Delete(request[i], default, out _);
            if (status is not (StoreStatus.Ok or StoreStatus.NotFound or StoreStatus.KeyInvalid))
            {
                request.Fail(status);
                return;
            }

            deleted += status == StoreStatus.Ok ? 1 : 0;
        }

        request.Reply.Integer(deleted);
    }

    private static void Exists(in RespRequest request)
    {
        int found = 0;
        for (int i = 1; i < request.Count; i++)
        {
            found += request.Store.Exists(request[i]) ? 1 : 0;
        }

        request.Reply.Integer(found);
    }

    private static void Type(in RespRequest request)
    {
        StoreStatus status = request.Store.Kind(request[1], out StoreEntryKind kind);
        request.Reply.Simple(status == StoreStatus.Ok ? RespKinds.NameOf(kind) : "none"u8);
    }

    private static void Rename(in RespRequest request)
    {
        StoreStatus status = request.Store.Rename(request[1], request[2], replace: true);
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Ok(); break;
            case StoreStatus.NotFound: request.Fail(RespErrors.NoSuchKey); break;
            default: request.Fail(status); break;
        }
    }

    private static void RenameNx(in RespRequest request)
    {
        StoreStatus status = request.Store.Rename(request[1], request[2], replace: false);
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Integer(1); break;
            case StoreStatus.ConditionFailed: request.Reply.Integer(0); break;
            case StoreStatus.NotFound: request.Fail(RespErrors.NoSuchKey); break;
            default: request.Fail(status); break;
        }
    }

    private static void Copy(in RespRequest request)
    {
        bool replaces = false;
        for (int at = 3; at < request.Count; at++)
        {
            if (request.Is(at, "replace"u8))
            {
                replaces = true;
            }
            else if (request.Is(at, "db"u8) && at + 1 < request.Count)
            {
                if (!request.TryInteger(++at, out long database))
                {
                    return;
                }

                if (database != 0)
                {
                    request.Fail("ERR DB index is out of range"u8);
                    return;
                }
            }
            else
            {
                request.FailSyntax();
                return;
            }
        }

        if (request[1].SequenceEqual(request[2]))
        {
            request.Fail("ERR source and destination objects are the same"u8);
            return;
        }

        StoreStatus status = request.Store.Copy(request[1], request[2], replaces);
        switch (status)
        {
            case StoreStatus.Ok: request.Reply.Integer(1); break;
            case StoreStatus.ConditionFailed or StoreStatus.NotFound: request.Reply.Integer(0); break;
            default: request.Fail(status); break;
        }
    }

    private static void RandomKey(in RespRequest request)
    {
        var sink = new RespValueSink(request.Reply);
        if (!request.Store.TakeRandomKey(ref sink))
        {
            request.Reply.Null();
        }
    }

    private static void Object(in RespRequest request)
    {
        if (request.Is(1, "help"u8) && request.Count == 2)
        {
            request.Reply.Array(1);
            request.Reply.Simple("OBJECT ENCODING|REFCOUNT|IDLETIME|FREQ|HELP"u8);
            return;
        }

        if (request.Count != 3)
        {
            RespClients.FailSubcommand(request);
            return;
        }

        if (request.Store.Kind(request[2], out StoreEntryKind kind) != StoreStatus.Ok)
        {
            request.Reply.Null();
        }
        else if (request.Is(1, "encoding"u8))
        {
            request.Reply.Bulk(RespKinds.EncodingOf(kind));
        }
        else if (request.Is(1, "refcount"u8))
        {
            request.Reply.Integer(1);
        }
        else if (request.Is(1, "idletime"u8) || request.Is(1, "freq"u8))
        {
            request.Reply.Integer(0);
        }
        else
        {
            RespClients.FailSubcommand(request);
        }
    }
}
