using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Streams;

/// <summary><c>nexo stream</c>. A new command is a file beside this one and a line below.</summary>
internal static class StreamCommand
{
    public static Command Create()
    {
        var command = new Command("stream", "Streams: append, read, tail, consumer groups and more");
        AddGroup(
            command,
            "Streams",
            StreamDefinitionCommands.CreateCreate(),
            StreamListCommand.Create(),
            StreamDefinitionCommands.CreateShow(),
            StreamDefinitionCommands.CreateUpdate(),
            StreamRemovalCommands.CreateTrim(),
            StreamRemovalCommands.CreateDelete(),
            StreamStatsCommand.Create());
        AddGroup(command, "Records", StreamAppendCommand.Create(), StreamReadCommand.Create(), StreamTailCommand.Create());
        AddGroup(command, "More", GroupCommands.Create());
        return command.WithExamples(
            ("Make one that keeps a week", "nexo stream create orders --max-age 7d"),
            ("Append a record", "nexo stream append orders '{\"state\":\"paid\"}' --key order-7"),
            ("See what came in the last ten minutes, and what comes", "nexo stream tail orders --since 10m"),
            ("Work on records as one of several", "nexo stream group consume orders billing --follow"));
    }

    private static void AddGroup(Command stream, string group, params ReadOnlySpan<Command> commands)
    {
        foreach (Command command in commands)
        {
            stream.Add(command.InGroup(group));
        }
    }
}
