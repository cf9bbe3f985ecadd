using System.CommandLine;
using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Queues;

internal static class QueueListCommand
{
    public static Command Create()
    {
        Argument<string?> prefix = QueueArguments.Prefix("Only queues whose names begin with this");
        Option<long> limit =
            Parsers.Count("--limit", "Stop after so many queues; 0 is no limit", minimum: 0, defaultValue: 0);
        limit.Aliases.Add("-n");
        var command = new Command("list", "List queues and how much is in them") { prefix, limit };
        command.Aliases.Add("ls");
        return command
            .OnServer(async run =>
            {
                List<QueueSummary> queues = await ReadAsync(run, run.Parsed.GetValue(prefix) ?? "", run.Get(limit));
                Print(run.Out, queues);
                return ExitCode.Ok;
            })
            .WithDetails(
                "On a pipe one queue a line: name, ready, leased, delayed, dead, and what is paused, with tabs between.")
            .WithExamples(
                ("All of them", "nexo queue list"),
                ("Those with dead letters", "nexo queue list --json | jq -r 'select(.dead > 0).queue'"));
    }

    private static async Task<List<QueueSummary>> ReadAsync(ClientRun run, string prefix, long limit)
    {
        List<QueueSummary> queues = [];
        await foreach (QueueSummary queue in run.Client.Queues.ListAsync(prefix, run.Cancel))
        {
            queues.Add(queue);
            if (queues.Count == limit)
            {
                break;
            }
        }

        return queues;
    }

    private static void Print(CliOutput output, List<QueueSummary> queues)
    {
        if (output.ForPeople)
        {
            output.Render(console => console.Write(TableOf(queues)));
            return;
        }

        foreach (QueueSummary queue in queues)
        {
            if (output.Json)
            {
                output.Object(json =>
                {
                    json.WriteString("queue", queue.Name);
                    json.WriteNumber("ready", queue.Ready);
                    json.WriteNumber("leased", queue.Leased);
                    json.WriteNumber("delayed", queue.Delayed);
                    json.WriteNumber("dead", queue.Dead);
                    json.WriteString("paused", QueueText.Paused(queue.Paused));
                });
            }
            else
            {
                output.Items([.. Fields(queue).Select(field => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(field))]);
            }
        }
    }

    private static IEnumerable<string> Fields(QueueSummary queue) =>
    [
        queue.Name, $"{queue.Ready}", $"{queue.Leased}", $"{queue.Delayed}", $"{queue.Dead}", QueueText.Paused(queue.Paused),
    ];

    private static Table TableOf(List<QueueSummary> queues)
    {
        Table table = Tables.Create("queue", "ready", "leased", "delayed", "dead", "paused")
            .AlignNumbers(from: 1, until: 5);
        foreach (QueueSummary queue in queues)
        {
            table.AddRow(
                new Text(queue.Name),
                new Text($"{queue.Ready:N0}"),
                new Text($"{queue.Leased:N0}"),
                new Text($"{queue.Delayed:N0}"),
                new Text($"{queue.Dead:N0}"),
                new Text(queue.Paused == QueueFlow.None ? "" : QueueText.Paused(queue.Paused)));
        }

        return table;
    }
}
