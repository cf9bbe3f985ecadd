using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Topics;

/// <summary><c>nexo sub</c>.</summary>
internal static class SubCommand
{
    public static Command Create()
    {
        var options = new SubOptions();
        var command = new Command("sub", "Print the messages of topics as they are published");
        options.AddTo(command);
        return command
            .OnServer(run => new SubSession(run, options).RunAsync())
            .WithDetails(
                "Until Ctrl-C, or --count. Each message is its body and a line's end; with -v the topic and a tab come before it, and "
                + "a body of several lines, or a topic with a tab, is escaped; --escape escapes all alike. The last values that are "
                + "kept of the topics come first. With --json an object a message. What was missed, because this was slow or the "
                + "connection was lost, is told on standard error, and with --json as an object of its own.")
            .WithExamples(
                ("Everything, with its topic", "nexo sub '#' -v"),
                ("Two kinds of topics, for a program", "nexo sub 'rooms/+/temperature' 'alarms/#' --json"),
                ("Wait for the next one", "nexo sub jobs/done --no-retained --count 1"),
                ("One of several workers", "nexo sub 'orders/#' --group billing"),
                ("Let others know when this is lost", "nexo sub 'cmd/7' --will state/7 --will-body gone --will-retain"));
    }
}
