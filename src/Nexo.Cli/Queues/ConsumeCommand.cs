using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Queues;

internal static class ConsumeCommand
{
    public static Command Create()
    {
        Argument<string> queue = QueueArguments.Queue();
        var options = new ConsumeOptions();
        var command = new Command("consume", "Take messages, print them, and settle them") { queue };
        options.AddTo(command);
        return command
            .OnServer(run => new ConsumeSession(run, run.Queue(queue), options.Of(run)).RunAsync())
            .WithDetails(
                "A message is acked after its body was printed, each body with a line's end. With --exec it is acked when the "
                + "command succeeds and nacked, with the last line of its errors as the reason, when it does not; the lease is "
                + "extended while it runs. The command finds MESSAGE_ID, MESSAGE_QUEUE, MESSAGE_ATTEMPT, MESSAGE_PRIORITY, "
                + "MESSAGE_GROUP and MESSAGE_ENQUEUED_AT_MS in its environment. With --no-ack messages stay here until the "
                + "command ends, at most as many as --prefetch says with --follow, and that counts as no failure. "
                + "Exit code 1 when there was no message, or one was not worked off.")
            .WithExamples(
                ("Take one", "nexo queue consume emails"),
                ("Wait for one, at most a minute", "nexo queue consume emails --wait 1m"),
                ("All that are there, with all that is known of them", "nexo queue consume emails --count 0 --json"),
                ("A worker in one line", "nexo queue consume emails --follow --exec ./send-mail"),
                ("Look at what comes, and give it back", "nexo queue consume emails --follow --no-ack"),
                ("Have one tried again in an hour", "nexo queue consume emails --nack --delay 1h --reason 'mail server down'"));
    }
}
