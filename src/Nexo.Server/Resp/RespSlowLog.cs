using System.Globalization;
using Nexo.Server.Observability;

namespace Nexo.Server.Resp;

/// <summary>SLOWLOG: operations of all protocols that were slow, the newest first.</summary>
internal static class RespSlowLog
{
    private const int GivenUnlessAsked = 10;
    private const int FieldCount = 6;

    public static void Run(in RespRequest request)
    {
        RespConnection connection = request.Connection;
        if (request.Is(1, "get"u8) && request.Count <= 3)
        {
            Get(request);
        }
        else if (request.Is(1, "len"u8) && request.Count == 2)
        {
            request.Reply.Integer(connection.Slow.Newest(SlowLog.KeptMax, connection.Broker).Count);
        }
        else if (request.Is(1, "reset"u8) && request.Count == 2)
        {
            connection.Slow.Reset(connection.Broker);
            request.Reply.Ok();
        }
        else if (request.Is(1, "help"u8))
        {
            Help(request.Reply);
        }
        else
        {
            request.FailSyntax();
        }
    }

    private static void Get(in RespRequest request)
    {
        long most = GivenUnlessAsked;
        if (request.Count == 3 && (!RespNumbers.TryInteger(request[2], out most) || most < -1))
        {
            request.Fail("ERR count should be greater than or equal to -1"u8);
            return;
        }

        RespConnection connection = request.Connection;
        int given = most == -1 ? SlowLog.KeptMax : (int)Math.Min(most, SlowLog.KeptMax);
        IReadOnlyList<SlowOperation> found = connection.Slow.Newest(given, connection.Broker);
        RespWriter reply = request.Reply;
        reply.Array(found.Count);
        foreach (SlowOperation slow in found)
        {
            string[] words = slow.Subject.Length == 0 ? [slow.Operation] : [slow.Operation, slow.Subject];
            reply.Array(FieldCount);
            reply.Integer(slow.Id);
            reply.Integer(slow.AtMs / 1_000);
            reply.Integer(slow.Microseconds);
            reply.Array(words.Length);
            foreach (string word in words)
            {
                reply.Bulk(word);
            }

            reply.Bulk(slow.Remote);
            reply.Bulk(slow.Client);
        }
    }

    private static void Help(RespWriter reply)
    {
        string[] lines =
        [
            "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "GET [<count>]",
            "    The last slow operations of all protocols, the newest first (default: 10, -1 for all).",
            "LEN",
            "    How many are kept.",
            "RESET",
            "    Forgets them.",
            string.Create(CultureInfo.InvariantCulture, $"    Kept are {SlowLog.KeptMax} of those that took slow.threshold or longer."),
        ];
        reply.Array(lines.Length);
        foreach (string line in lines)
        {
            reply.Bulk(line);
        }
    }
}
