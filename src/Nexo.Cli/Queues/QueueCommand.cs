using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Queues;

/// <summary><c>nexo queue</c>. A new command is a file beside this one and a line below.</summary>
internal static class QueueCommand
{
    public static Command Create()
    {
        var command = new Command("queue", "Queues: push, consume, dead letters, schedules and more");
        AddGroup(
            command,
            "Queues",
            DefinitionCommands.CreateDeclare(),
            QueueListCommand.Create(),
            DefinitionCommands.CreateShow(),
            DefinitionCommands.CreateUpdate(),
            FlowCommands.CreatePause(),
            FlowCommands.CreateResume(),
            RemovalCommands.CreatePurge(),
            RemovalCommands.CreateDelete(),
            StatsCommand.Create(),
            TopCommand.Create());
        AddGroup(command, "Messages", PushCommand.Create(), ConsumeCommand.Create(), PeekCommand.Create());
        AddGroup(command, "More", DeadLetterCommands.Create(), ScheduleCommands.Create());
        return command.WithExamples(
            ("Push a message; the queue is made if it is not there", "nexo queue push emails hello"),
            ("Work on messages as they come", "nexo queue consume emails --follow --exec ./send-mail"),
            ("See all queues live", "nexo queue top"),
            ("Try again what has failed for good", "nexo queue dlq redrive emails"));
    }

    private static void AddGroup(Command queue, string group, params ReadOnlySpan<Command> commands)
    {
        foreach (Command command in commands)
        {
            queue.Add(command.InGroup(group));
        }
    }
}
