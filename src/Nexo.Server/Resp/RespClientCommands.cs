using System.Text;
using Nexo.Server.Connections;

namespace Nexo.Server.Resp;

/// <summary>CLIENT: about this connection, and about others.</summary>
internal static class RespClientCommands
{
    public static void Client(in RespRequest request)
    {
        RespConnection connection = request.Connection;
        RespWriter reply = request.Reply;
        if (request.Is(1, "id"u8))
        {
            reply.Integer(connection.Id);
        }
        else if (request.Is(1, "getname"u8))
        {
            if (connection.ClientName.Length == 0)
            {
                reply.Null();
            }
            else
            {
                reply.Bulk(connection.ClientName);
            }
        }
        else if (request.Is(1, "info"u8))
        {
            reply.Verbatim(RespClients.Line(connection) + "\n");
        }
        else if (request.Is(1, "list"u8))
        {
            RespClients.List(request);
        }
        else if (request.Is(1, "help"u8))
        {
            reply.Array(1);
            reply.Simple("CLIENT SETNAME|GETNAME|ID|INFO|LIST|SETINFO|REPLY|NO-EVICT|NO-TOUCH|UNBLOCK|KILL ID|HELP"u8);
        }
        else if (request.Count < 3)
        {
            RespClients.FailSubcommand(request);
        }
        else
        {
            ClientWith(request);
        }
    }

    private static void ClientWith(in RespRequest request)
    {
        RespWriter reply = request.Reply;
        if (request.Is(1, "setname"u8) && request.Count == 3)
        {
            if (RespClients.TryName(request, 2))
            {
                request.Connection.Rename(Encoding.UTF8.GetString(request[2]));
                reply.Ok();
            }
        }
        else if (request.Is(1, "setinfo"u8) && request.Count == 4)
        {
            RespClients.SetInfo(request);
        }
        else if ((request.Is(1, "no-evict"u8) || request.Is(1, "no-touch"u8)) && request.Count == 3)
        {
            // Nobody is evicted here, and a read of an entry is a use.
            if (request.Is(2, "on"u8) || request.Is(2, "off"u8))
            {
                reply.Ok();
            }
            else
            {
                request.FailSyntax();
            }
        }
        else if (request.Is(1, "reply"u8) && request.Count == 3)
        {
            Reply(request);
        }
        else if (request.Is(1, "unblock"u8) && request.Count is 3 or 4)
        {
            Unblock(request);
        }
        else if (request.Is(1, "kill"u8) && request.Count == 4 && request.Is(2, "id"u8))
        {
            Kill(request);
        }
        else
        {
            RespClients.FailSubcommand(request);
        }
    }

    private static void Reply(in RespRequest request)
    {
        if (request.Connection.IsExecuting)
        {
            request.Fail("ERR CLIENT REPLY is not allowed in a transaction here"u8);
        }
        else if (request.Is(2, "on"u8))
        {
            request.Connection.Answer(RespAnswers.All);
            request.Reply.Ok();
        }
        else if (request.Is(2, "off"u8))
        {
            request.Connection.Answer(RespAnswers.None);
        }
        else if (request.Is(2, "skip"u8))
        {
            request.Connection.Answer(RespAnswers.NotNext);
        }
        else
        {
            request.FailSyntax();
        }
    }

    private static void Unblock(in RespRequest request)
    {
        bool withError = request.Count == 4 && request.Is(3, "error"u8);
        if (request.Count == 4 && !withError && !request.Is(3, "timeout"u8))
        {
            request.Fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8);
        }
        else if (request.TryInteger(2, out long id))
        {
            bool ended = RespClients.Find(request.Connection, id) is RespConnection other && other.Unblock(withError);
            request.Reply.Integer(ended ? 1 : 0);
        }
    }

    private static void Kill(in RespRequest request)
    {
        if (!RespNumbers.TryInteger(request[3], out long id) || id < 1)
        {
            request.Fail("ERR client-id should be greater than 0"u8);
            return;
        }

        // As with SKIPME, which is the default: nobody ends himself by it.
        ClientConnection? other = id == request.Connection.Id ? null : RespClients.Find(request.Connection, id);
        if (other is not null)
        {
            RespConnection self = request.Connection;
            self.All.Audit.Operation(
                self.User, self.RemoteEndPoint, "client kill", Encoding.UTF8.GetBytes(other.Title), isAllowed: true);
            other.Cut("a client has asked for its end");
        }

        request.Reply.Integer(other is null ? 0 : 1);
    }
}
