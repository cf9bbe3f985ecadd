using System.Text;

namespace Nexo.Server.Resp;

/// <summary>What COMMAND tells of the commands.</summary>
internal static class RespCommandFacts
{
    private static readonly (RespFlags Flag, string Name)[] FlagNames =
    [
        (RespFlags.Write, "write"), (RespFlags.ReadOnly, "readonly"), (RespFlags.DenyOom, "denyoom"), (RespFlags.Fast, "fast"),
        (RespFlags.Admin, "admin"), (RespFlags.PubSub, "pubsub"), (RespFlags.Blocking, "blocking"), (RespFlags.NoAuth, "no_auth"),
        (RespFlags.NotInTransaction, "no_multi"), (RespFlags.MovableKeys, "movablekeys"),
    ];

    public static void WriteAll(RespWriter reply)
    {
        reply.Array(RespCommands.All.Count);
        foreach (RespCommand command in RespCommands.All)
        {
            Write(reply, command);
        }
    }

    public static void List(in RespRequest request)
    {
        byte[]? pattern = null;
        if (request.Count == 5 && request.Is(2, "filterby"u8) && request.Is(3, "pattern"u8))
        {
            pattern = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request[4]).ToLowerInvariant());
        }
        else if (request.Count != 2)
        {
            request.FailSyntax();
            return;
        }

        RespCommand[] found = [.. RespCommands.All.Where(one => pattern is null || RespGlob.Matches(pattern, one.NameBytes))];
        request.Reply.Array(found.Length);
        foreach (RespCommand command in found)
        {
            request.Reply.Bulk(command.NameBytes);
        }
    }

    public static void Info(in RespRequest request)
    {
        if (request.Count == 2)
        {
            WriteAll(request.Reply);
            return;
        }

        request.Reply.Array(request.Count - 2);
        for (int i = 2; i < request.Count; i++)
        {
            if (RespCommands.Find(request[i]) is { } command)
            {
                Write(request.Reply, command);
            }
            else
            {
                request.Reply.NullArray();
            }
        }
    }

    public static void Docs(in RespRequest request)
    {
        var found = new List<RespCommand>();
        if (request.Count == 2)
        {
            found.AddRange(RespCommands.All);
        }

        for (int i = 2; i < request.Count; i++)
        {
            if (RespCommands.Find(request[i]) is { } command)
            {
                found.Add(command);
            }
        }

        request.Reply.Map(found.Count);
        foreach (RespCommand command in found)
        {
            request.Reply.Bulk(command.NameBytes);
            request.Reply.Map(2);
            request.Reply.Bulk("summary"u8);
            request.Reply.Bulk(command.Summary);
            request.Reply.Bulk("group"u8);
            request.Reply.Bulk(command.Group);
        }
    }

    public static void GetKeys(in RespRequest request)
    {
        RespCommand? command = RespCommands.Find(request[2]);
        RespArguments arguments = request.Arguments.From(2);
        if (command is null || !command.Takes(arguments.Count))
        {
            request.Fail("ERR Invalid command specified"u8);
            return;
        }

        int last = command.LastKey < 0 ? arguments.Count + command.LastKey : Math.Min(command.LastKey, arguments.Count - 1);
        if (command.FirstKey == 0 || last < command.FirstKey)
        {
            request.Fail("ERR The command has no key arguments"u8);
            return;
        }

        request.Reply.Array(((last - command.FirstKey) / command.KeyStep) + 1);
        for (int i = command.FirstKey; i <= last; i += command.KeyStep)
        {
            request.Reply.Bulk(arguments[i]);
        }
    }

    // Name, arity, flags, first key, last key, step, categories, tips, key specifications, subcommands.
    private static void Write(RespWriter reply, RespCommand command)
    {
        (RespFlags Flag, string Name)[] flags = [.. FlagNames.Where(flag => command.Has(flag.Flag))];
        reply.Array(10);
        reply.Bulk(command.NameBytes);
        reply.Integer(command.Arity);
        reply.Set(flags.Length);
        foreach ((_, string name) in flags)
        {
            reply.Simple(Encoding.ASCII.GetBytes(name));
        }

        reply.Integer(command.FirstKey);
        reply.Integer(command.LastKey);
        reply.Integer(command.KeyStep);
        reply.Set(0);
        reply.Array(0);
        reply.Array(0);
        reply.Array(0);
    }
}
