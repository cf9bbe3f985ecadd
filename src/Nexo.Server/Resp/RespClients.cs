using System.Text;
using Nexo.Server.Connections;

namespace Nexo.Server.Resp;

/// <summary>What CLIENT tells of connections, of all protocols.</summary>
internal static class RespClients
{
    /// <summary>Longest name of a client or its library: all of them are in one answer of CLIENT LIST.</summary>
    public const int NameBytesMax = 1_024;

    public static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length <= NameBytesMax && name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;

    /// <summary>Whether an argument may be a client's name; false: it was answered with an error.</summary>
    public static bool TryName(in RespRequest request, int index)
    {
        bool isName = IsName(request[index]);
        if (!isName)
        {
            request.Fail("ERR Client names cannot contain spaces, newlines or special characters."u8);
        }

        return isName;
    }

    /// <summary>The connection with an identifier; null: it is not there.</summary>
    public static ClientConnection? Find(RespConnection asking, long id) => asking.All.Find(id, asking.Broker);

    public static void List(in RespRequest request)
    {
        var ids = new HashSet<long>();
        bool isFiltered = request.Count > 3 && request.Is(2, "id"u8);
        if (request.Count > 2 && !isFiltered && !(request.Count == 4 && request.Is(2, "type"u8)))
        {
            request.FailSyntax();
            return;
        }

        for (int i = 3; isFiltered && i < request.Count; i++)
        {
            if (!RespNumbers.TryInteger(request[i], out long id))
            {
                request.Fail("ERR Invalid client ID"u8);
                return;
            }

            ids.Add(id);
        }

        bool wantsSubscribers = request.Count == 4 && request.Is(2, "type"u8) && request.Is(3, "pubsub"u8);
        var text = new StringBuilder();
        RespConnection asking = request.Connection;
        foreach (ClientConnection connection in asking.All.SeenBy(asking.Broker).OrderBy(connection => connection.Id))
        {
            bool isSubscriber = connection is RespConnection { IsSubscriber: true };
            if ((!isFiltered || ids.Contains(connection.Id)) && (!wantsSubscribers || isSubscriber))
            {
                text.Append(Line(connection)).Append('\n');
            }
        }

        request.Reply.Verbatim(text.ToString());
    }

    public static string Line(ClientConnection connection)
    {
        long nowMs = connection.All.NowMs;
        long age = (nowMs - connection.ConnectedAtMs) / 1_000;
        long idle = Math.Max(0, nowMs - connection.ReceivedAtMs) / 1_000;
        var resp = connection as RespConnection;
        string flags = resp is null ? "N" : resp.IsSubscriber ? "P" : resp.IsBlocked ? "b" : resp.IsQueueing ? "x" : "N";
        return $"id={connection.Id} addr={connection.Remote} laddr={connection.LocalEndPoint} fd=0 name={connection.ClientName} "
            + $"age={age} idle={idle} flags={flags} db=0 sub={resp?.Channels.Count ?? 0} "
            + $"psub={resp?.PatternCount ?? 0} ssub={resp?.Shards.Count ?? 0} "
            + $"multi={resp?.QueuedCount ?? -1} watch={resp?.WatchedCount ?? 0} qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 "
            + $"rbp=0 obl=0 oll=0 omem={connection.BytesPending} tot-mem=0 events=r cmd={resp?.LastCommand ?? "NULL"} "
            + $"user={(connection.User.Length == 0 ? "default" : connection.User)} redir=-1 resp={resp?.Writer.Version ?? 0} "
            + $"lib-name={resp?.LibraryName} lib-ver={resp?.LibraryVersion} protocol={connection.Protocol.ToString().ToLowerInvariant()} "
            + $"namespace={connection.Broker.Name}";
    }

    public static void SetInfo(in RespRequest request)
    {
        bool isName = request.Is(2, "lib-name"u8);
        if (!isName && !request.Is(2, "lib-ver"u8))
        {
            request.Fail($"ERR Unrecognized option '{Encoding.UTF8.GetString(request[2])}'");
            return;
        }

        if (!IsName(request[3]))
        {
            request.Fail($"ERR {(isName ? "lib-name" : "lib-ver")} cannot contain spaces, newlines or special characters.");
            return;
        }

        string text = Encoding.UTF8.GetString(request[3]);
        if (isName)
        {
            request.Connection.LibraryName = text;
        }
        else
        {
            request.Connection.LibraryVersion = text;
        }

        request.Reply.Ok();
    }

    /// <summary>Answers to a subcommand that is not there.</summary>
    public static void FailSubcommand(in RespRequest request)
    {
        string name = Encoding.UTF8.GetString(request[1]).ReplaceLineEndings(" ");
        request.Fail($"ERR unknown subcommand or wrong number of arguments for '{name}'. Try {request.Command.Name.ToUpperInvariant()} "
            + "HELP.");
    }
}
