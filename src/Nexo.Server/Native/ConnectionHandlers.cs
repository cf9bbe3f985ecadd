using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about the connection and the server itself.</summary>
internal static class ConnectionHandlers
{
    /// <summary>Most bytes that a PING may carry; they come back in the reply.</summary>
    public const int PingBytesMax = 64;

    public static void Ping(in Request request)
    {
        if (request.Body.Length > PingBytesMax)
        {
            request.Fail(ErrorCode.Malformed, $"A PING carries at most {PingBytesMax} bytes.");
            return;
        }

        request.Connection.WriteReport();
        FrameBuffer reply = request.BeginReply();
        reply.Write(request.Body);
        reply.End();
    }

    public static void Info(in Request request)
    {
        if (!request.Body.IsEmpty)
        {
            request.FailMalformed();
            return;
        }

        FrameBuffer reply = request.BeginReply();
        InfoReply.Write(reply, request.Connection.Access.AllowsAdmin(AccessOperation.Read)
            ? ServerFacts.Gather(request.Connection.Server)
            : ServerFacts.OfSelf(request.Connection));
        reply.End();
    }

    public static void HelloAgain(in Request request) =>
        request.Fail(ErrorCode.HelloRepeated, "HELLO was already answered on this connection.");
}
