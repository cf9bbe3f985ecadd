namespace Nexo.Server.Resp;

/// <summary>Transactions.</summary>
internal static class RespTransactionCommands
{
    private const string Group = "transactions";

    public static IEnumerable<RespCommand> All =>
    [
        new("multi", 1, RespFlags.Fast | RespFlags.NotQueued, 0, 0, 0, Group, "Begins a transaction", Multi),
        new("exec", 1, RespFlags.NotQueued, 0, 0, 0, Group, "Does what was queued, all together", Exec),
        new("discard", 1, RespFlags.Fast | RespFlags.NotQueued, 0, 0, 0, Group, "Forgets what was queued", Discard),
        new("watch", -2, RespFlags.Fast | RespFlags.NotQueued, 1, -1, 1, Group,
            "Has EXEC do nothing when one of the keys has changed", Watch),
        new("unwatch", 1, RespFlags.Fast, 0, 0, 0, Group, "Forgets the watched keys", Unwatch),
    ];

    private static void Multi(in RespRequest request)
    {
        if (request.Connection.IsQueueing)
        {
            request.Fail("ERR MULTI calls can not be nested"u8);
            return;
        }

        request.Connection.BeginTransaction();
        request.Reply.Ok();
    }

    private static void Exec(in RespRequest request)
    {
        if (!request.Connection.IsQueueing)
        {
            request.Fail("ERR EXEC without MULTI"u8);
            return;
        }

        request.Connection.Exec();
    }

    private static void Discard(in RespRequest request)
    {
        if (!request.Connection.IsQueueing)
        {
            request.Fail("ERR DISCARD without MULTI"u8);
            return;
        }

        request.Connection.Discard();
        request.Reply.Ok();
    }

    private static void Watch(in RespRequest request)
    {
        if (request.Connection.IsQueueing)
        {
            request.Fail("ERR WATCH inside MULTI is not allowed"u8);
            return;
        }

        for (int i = 1; i < request.Count; i++)
        {
            if (!request.Connection.TryWatch(request[i]))
            {
                request.Fail("ERR too many watched keys"u8);
                return;
            }
        }

        request.Reply.Ok();
    }

    private static void Unwatch(in RespRequest request)
    {
        if (!request.Connection.IsExecuting)
        {
            request.Connection.Unwatch();
        }

        request.Reply.Ok();
    }
}
