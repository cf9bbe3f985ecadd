using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

internal static class PushCommand
{
    public static Command Create()
    {
        Argument<string> queue = QueueArguments.Queue();
        var body = new ValueInput("body");
        var lines = new Option<bool>("--lines") { Description = "Every line of standard input, or of --file, is a message" };
        var options = new PushOptions();
        var command = new Command("push", "Push a message, or many") { queue };
        body.AddTo(command, lines);
        command.Add(lines);
        options.AddTo(command, lines);
        return command
            .OnServer(async run => run.Get(lines)
                ? await new LinePusher(run, run.Queue(queue), options.Of(run)).RunAsync(body)
                : Print(
                    run,
                    run.Get(queue),
                    await run.Queue(queue).PushAsync(await body.ReadAsync(run), options.Of(run), run.Cancel)))
            .WithDetails(
                "Returns when the message is as durable as the queue is defined, and prints its id; of lines, how many there "
                + "were. A duplicate is no failure: its id is that of the first one.")
            .WithExamples(
                ("A message", "nexo queue push emails '{\"to\":\"ada@example.com\"}'"),
                ("In ten minutes, ahead of others", "nexo queue push emails hello --delay 10m --priority 9"),
                ("Once, however often this is run", "nexo queue push billing invoice-4711 --dedup invoice-4711"),
                ("In order per customer", "nexo queue push calls 'ring back' --group customer-7"),
                ("A message for each line of a file", "nexo queue push urls --lines --file urls.txt"));
    }

    private static int Print(ClientRun run, string queue, QueuePushResult pushed)
    {
        string outcome = ClientFailures.SnakeCase($"{pushed.Outcome}");
        string people = pushed.Outcome switch
        {
            PushOutcome.Duplicate => run.Out.Dim("a duplicate of"),
            PushOutcome.DeadLettered => "the queue is full: a dead letter,",
            _ => run.Out.Good("pushed"),
        };
        run.Out.Result($"{pushed.MessageId}", $"{people} message {pushed.MessageId}", json =>
        {
            json.WriteString("queue", queue);
            json.WriteString("outcome", outcome);
            json.WriteBoolean("duplicate", pushed.IsDuplicate);
            json.WriteNumber("message_id", pushed.MessageId);
        });
        return ExitCode.Ok;
    }
}
