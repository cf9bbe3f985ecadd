using System.Text;
using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>Commands about the server.</summary>
internal static class RespServerCommands
{
    private const string Group = "server";

    public static IEnumerable<RespCommand> All =>
    [
        new("info", -1, RespFlags.None, 0, 0, 0, Group, "Facts about the server, by section", Info),
        new("command", -1, RespFlags.None, 0, 0, 0, Group, "COUNT, LIST, INFO, DOCS, GETKEYS, or all commands", Command),
        new("config", -2, RespFlags.Admin, 0, 0, 0, Group, "GET of the settings that clients ask for, RESETSTAT, HELP", Config),
        new("slowlog", -2, RespFlags.Admin, 0, 0, 0, Group, "GET of the last slow operations, LEN, RESET, HELP", RespSlowLog.Run),
        new("time", 1, RespFlags.Fast, 0, 0, 0, Group, "Seconds and microseconds of the server's clock", Time),
        new("dbsize", 1, RespFlags.ReadOnly | RespFlags.Fast | RespFlags.AllKeys, 0, 0, 0, Group, "Keys that are there", DbSize),
        new("flushdb", -1, RespFlags.Write | RespFlags.AllKeys, 0, 0, 0, Group, "Deletes all keys", Flush),
        new("flushall", -1, RespFlags.Write | RespFlags.AllKeys, 0, 0, 0, Group, "Deletes all keys", Flush),
        new("lolwut", -1, RespFlags.ReadOnly | RespFlags.Fast, 0, 0, 0, Group, "Says the version", Lolwut),
    ];

    private static void Info(in RespRequest request)
    {
        var wanted = new HashSet<string>();
        for (int i = 1; i < request.Count; i++)
        {
            wanted.Add(Encoding.UTF8.GetString(request[i]).ToLowerInvariant());
        }

        request.Reply.Verbatim(RespInfo.Write(request.Connection.Server, wanted));
    }

    private static void Time(in RespRequest request)
    {
        const long MicrosecondsPerSecond = 1_000_000;
        long microseconds = (request.Connection.All.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        request.Reply.Array(2);
        request.Reply.BulkNumber(microseconds / MicrosecondsPerSecond);
        request.Reply.BulkNumber(microseconds % MicrosecondsPerSecond);
    }

    private static void DbSize(in RespRequest request) => request.Reply.Integer(request.Store.Stats.Entries);

    private static void Lolwut(in RespRequest request) =>
        request.Reply.Verbatim($"Nexo ver. {NexoServer.Version}, as Redis ver. {RespInfo.RedisVersion}\n");

    private static void Flush(in RespRequest request)
    {
        if (request.Count > 2 || (request.Count == 2 && !request.Is(1, "async"u8) && !request.Is(1, "sync"u8)))
        {
            request.FailSyntax();
            return;
        }

        RespConnection connection = request.Connection;
        string name = request.Command.Name;
        StoreClearing clearing = connection.Server.Store.Clear([]);
        connection.Aside(clearing.MoveNext, () =>
        {
            connection.NoteStoreWrite();
            if (clearing.Status == StoreStatus.Ok)
            {
                connection.Writer.Ok();
            }
            else
            {
                RespErrors.Fail(connection, clearing.Status, name);
            }
        });
    }

    private static void Config(in RespRequest request)
    {
        if (request.Is(1, "get"u8) && request.Count > 2)
        {
            RespConfig.Get(request);
        }
        else if (request.Is(1, "resetstat"u8) && request.Count == 2)
        {
            // Counters go on here: what reads them takes differences.
            request.Reply.Ok();
        }
        else if (request.Is(1, "help"u8))
        {
            request.Reply.Array(1);
            request.Reply.Simple("CONFIG GET|RESETSTAT|HELP; settings are those of Nexo: see docs/operating.md"u8);
        }
        else if (request.Is(1, "set"u8))
        {
            request.Fail("ERR CONFIG SET failed - settings are read at the start: see docs/operating.md"u8);
        }
        else
        {
            RespClients.FailSubcommand(request);
        }
    }

    private static void Command(in RespRequest request)
    {
        if (request.Count == 1)
        {
            RespCommandFacts.WriteAll(request.Reply);
        }
        else if (request.Is(1, "count"u8) && request.Count == 2)
        {
            request.Reply.Integer(RespCommands.All.Count);
        }
        else if (request.Is(1, "list"u8))
        {
            RespCommandFacts.List(request);
        }
        else if (request.Is(1, "info"u8))
        {
            RespCommandFacts.Info(request);
        }
        else if (request.Is(1, "docs"u8))
        {
            RespCommandFacts.Docs(request);
        }
        else if (request.Is(1, "getkeys"u8) && request.Count > 2)
        {
            RespCommandFacts.GetKeys(request);
        }
        else
        {
            RespClients.FailSubcommand(request);
        }
    }
}
