using System.Text;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Resp;

/// <summary>Commands about the connection itself.</summary>
internal static class RespConnectionCommands
{
    private const string Group = "connection";
    private const RespFlags Early = RespFlags.NoAuth | RespFlags.Fast;

    public static IEnumerable<RespCommand> All =>
    [
        new("ping", -1, RespFlags.Fast | RespFlags.WhenSubscribed, 0, 0, 0, Group, "Answers PONG, or with what it was given", Ping),
        new("echo", 2, RespFlags.Fast, 0, 0, 0, Group, "Answers with what it was given", Echo),
        new("hello", -1, Early | RespFlags.NotInTransaction, 0, 0, 0, Group, "Chooses RESP2 or RESP3, and logs in", Hello),
        new("auth", -2, Early | RespFlags.NotInTransaction, 0, 0, 0, Group, "Logs in with a token, or as a user", Auth),
        new("select", 2, RespFlags.Fast, 0, 0, 0, Group, "Chooses database 0, the only one", Select),
        new("client", -2, RespFlags.None, 0, 0, 0, Group,
            "SETNAME, GETNAME, ID, INFO, LIST, SETINFO, REPLY, NO-EVICT, NO-TOUCH, UNBLOCK, KILL ID, HELP", RespClientCommands.Client),
        new("reset", 1, Early | RespFlags.WhenSubscribed | RespFlags.NotQueued, 0, 0, 0, Group,
            "Forgets transaction, subscriptions, name and login", Reset),
        new("quit", -1, Early | RespFlags.WhenSubscribed | RespFlags.NotQueued, 0, 0, 0, Group, "Ends the connection", Quit),
    ];

    private static void Ping(in RespRequest request)
    {
        if (request.Count > 2)
        {
            request.FailArity();
            return;
        }

        ReadOnlySpan<byte> text = request.Count == 2 ? request[1] : default;
        if (request.Connection.IsSubscriber && !request.Reply.IsV3)
        {
            request.Reply.Array(2);
            request.Reply.Bulk("pong"u8);
            request.Reply.Bulk(text);
        }
        else if (request.Count == 2)
        {
            request.Reply.Bulk(text);
        }
        else
        {
            request.Reply.Simple("PONG"u8);
        }
    }

    private static void Echo(in RespRequest request) => request.Reply.Bulk(request[1]);

    private static void Select(in RespRequest request)
    {
        if (!request.TryInteger(1, out long database))
        {
            return;
        }

        if (database != 0)
        {
            request.Fail("ERR DB index is out of range"u8);
            return;
        }

        request.Reply.Ok();
    }

    private static void Hello(in RespRequest request)
    {
        int version = request.Reply.Version;
        int at = 1;
        if (request.Count > 1)
        {
            if (!RespNumbers.TryInteger(request[1], out long wanted))
            {
                request.Fail("ERR Protocol version is not an integer or out of range"u8);
                return;
            }

            if (wanted is < 2 or > 3)
            {
                request.Fail("NOPROTO unsupported protocol version"u8);
                return;
            }

            version = (int)wanted;
            at = 2;
        }

        string? name = null;
        string? user = null;
        string secret = string.Empty;
        while (at < request.Count)
        {
            if (request.Is(at, "auth"u8) && at + 2 < request.Count)
            {
                user = Text(request[at + 1]);
                secret = Text(request[at + 2]);
                at += 3;
            }
            else if (request.Is(at, "setname"u8) && at + 1 < request.Count)
            {
                if (!RespClients.TryName(request, at + 1))
                {
                    return;
                }

                name = Text(request[at + 1]);
                at += 2;
            }
            else
            {
                request.Fail($"ERR Syntax error in HELLO option '{Text(request[at])}'");
                return;
            }
        }

        RespConnection connection = request.Connection;
        if (user is not null && MustVerify(connection, user))
        {
            connection.LogIn(user, secret, result =>
            {
                if (result.Code != ErrorCode.None)
                {
                    connection.Fail(Refusal(result));
                    return;
                }

                Greet(connection, version, name);
            });
            return;
        }

        if (!connection.IsLoggedIn)
        {
            request.Fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
                + "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at the "
                + "same time");
            return;
        }

        Greet(connection, version, name);
    }

    private static void Greet(RespConnection connection, int version, string? name)
    {
        RespWriter reply = connection.Writer;
        reply.Version = version;
        if (name is not null)
        {
            connection.Rename(name);
        }

        reply.Map(7);
        reply.Bulk("server"u8);
        reply.Bulk("redis"u8);
        reply.Bulk("version"u8);
        reply.Bulk(RespInfo.RedisVersion);
        reply.Bulk("proto"u8);
        reply.Integer(version);
        reply.Bulk("id"u8);
        reply.Integer(connection.Id);
        reply.Bulk("mode"u8);
        reply.Bulk("standalone"u8);
        reply.Bulk("role"u8);
        reply.Bulk("master"u8);
        reply.Bulk("modules"u8);
        reply.Array(0);
    }

    private static void Auth(in RespRequest request)
    {
        if (request.Count > 3)
        {
            request.FailSyntax();
            return;
        }

        RespConnection connection = request.Connection;
        string user = request.Count == 3 ? Text(request[1]) : "default";
        if (MustVerify(connection, user))
        {
            connection.LogIn(user, Text(request[request.Count - 1]), result =>
            {
                if (result.Code == ErrorCode.None)
                {
                    connection.Writer.Ok();
                }
                else
                {
                    connection.Fail(Refusal(result));
                }
            });
        }
        else if (request.Count == 2)
        {
            request.Fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your "
                + "configuration is correct?");
        }
        else
        {
            request.Reply.Ok();
        }
    }

    // Where nobody is asked, the user that Redis has of itself needs no password.
    private static bool MustVerify(RespConnection connection, string user) =>
        connection.Server.Clients.Authenticator.Required || user != "default";

    private static string Refusal(AuthResult result) => result.Code switch
    {
        ErrorCode.AuthenticationThrottled => $"ERR {result.Message}",
        _ => "WRONGPASS invalid username-password pair or user is disabled.",
    };

    private static void Reset(in RespRequest request)
    {
        request.Connection.Reset();
        request.Reply.Simple("RESET"u8);
    }

    private static void Quit(in RespRequest request)
    {
        request.Reply.Ok();
        request.Connection.Quit();
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
