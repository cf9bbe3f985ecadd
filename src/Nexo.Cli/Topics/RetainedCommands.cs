using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Spectre.Console;
using Message = Nexo.Client.RetainedMessage<System.ReadOnlyMemory<byte>>;
using Spinner = Nexo.Cli.Terminal.Spinner;

namespace Nexo.Cli.Topics;

/// <summary><c>nexo retained</c>: the last values of topics.</summary>
internal static class RetainedCommands
{
    private const int BodyWidth = 48;
    private const int TableRows = 1_000;

    public static Command Create()
    {
        var command = new Command("retained", "The last values that are kept of topics: list, get, clear")
        {
            CreateList(), CreateGet(), CreateClear(),
        };
        return command.WithExamples(
            ("What is kept of some topics", "nexo retained list 'rooms/#'"),
            ("Forget it", "nexo retained clear 'rooms/#' --yes"));
    }

    private static Command CreateList()
    {
        Argument<string> filter = TopicArguments.FilterOrAll("Only of these topics");
        Option<long> limit = Parsers.Count("--limit", "Stop after so many; 0 is no limit", minimum: 0, defaultValue: 0);
        limit.Aliases.Add("-n");
        var command = new Command("list", "List the last values of topics") { filter, limit };
        command.Aliases.Add("ls");
        return command
            .OnServer(async run =>
            {
                await ListAsync(run, run.Get(filter), run.Get(limit));
                return ExitCode.Ok;
            })
            .WithDetails("In the order of their topics. On a pipe one a line: topic, when it was set in ms, and body, with tabs between.")
            .WithExamples(
                ("All of them", "nexo retained list"),
                ("Those that expire", "nexo retained list --json | jq -r 'select(.expires_at_ms).topic'"));
    }

    private static Command CreateGet()
    {
        Argument<string> topic = TopicArguments.Topic();
        var command = new Command("get", "Print the last value of a topic") { topic };
        return command
            .OnServer(async run => await run.Client.Topics.Retained.GetAsync<ReadOnlyMemory<byte>>(run.Get(topic), run.Cancel)
                is { } message
                ? Print(run, message)
                : Missing(run, run.Get(topic)))
            .WithDetails("Exit code 1 when nothing is kept of it.")
            .WithExamples(("The state of the kitchen", "nexo retained get rooms/kitchen/state"));
    }

    private static Command CreateClear()
    {
        Argument<string> filter = TopicArguments.Filter();
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("clear", "Forget the last values of topics") { filter, yes };
        return command
            .OnServer(
                async run =>
                {
                    bool asks = !run.Get(yes) && Confirmation.IsWanted(run);
                    if (asks && !await Confirmation.AskAsync(run, $"Forget what is kept of '{run.Get(filter)}'?"))
                    {
                        return RemovalCommands.NotDone(run);
                    }

                    NexoTopics topics = run.Client.Topics;
                    long removed = await Spinner.ShowAsync(
                        run, "clearing", topics.Retained.ClearAsync(run.Get(filter), run.Cancel).AsTask());
                    return StoreResults.Number(
                        run,
                        "removed",
                        removed,
                        $"removed: {StoreResults.Count(removed, "retained message")}",
                        json => json.WriteString("filter", run.Get(filter)));
                },
                ServerActions.LongTimeout)
            .WithDetails("Asks first on a terminal. Prints how many there were; 0 is no failure.")
            .WithExamples(("Of one topic", "nexo retained clear rooms/kitchen/state --yes"));
    }

    private static async Task ListAsync(ClientRun run, string filter, long limit)
    {
        var rows = new List<Message>();
        long count = 0;
        await foreach (Message message in
            run.Client.Topics.Retained.ListAsync<ReadOnlyMemory<byte>>(filter, run.Cancel))
        {
            if (!run.Out.ForPeople)
            {
                Write(run, message);
            }
            else
            {
                rows.Add(message);
            }

            if (++count == limit)
            {
                break;
            }

            // A table of a million is no table: so much at a time.
            if (rows.Count == TableRows)
            {
                run.Out.Render(console => console.Write(TableOf(rows)));
                rows.Clear();
            }
        }

        if (run.Out.ForPeople && (rows.Count > 0 || count == 0))
        {
            run.Out.Render(console => console.Write(TableOf(rows)));
        }
    }

    private static int Print(ClientRun run, Message message)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => PublishedText.Write(json, message));
        }
        else
        {
            run.Out.Value(message.RawBody.Span);
        }

        return ExitCode.Ok;
    }

    private static int Missing(ClientRun run, string topic)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteString("topic", topic);
                json.WriteBoolean("found", false);
            });
        }

        run.Remark("nothing is kept of it");
        return ExitCode.Negative;
    }

    private static void Write(ClientRun run, Message message)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => PublishedText.Write(json, message));
            return;
        }

        run.Out.Items(
            MessageText.Bytes(message.Topic),
            MessageText.Bytes($"{message.SetAt.ToUnixTimeMilliseconds()}"),
            message.RawBody);
    }

    private static Table TableOf(List<Message> messages)
    {
        Table table = Tables.Create("topic", "set", "expires", "body");
        foreach (Message message in messages)
        {
            table.AddRow(
                new Text(EscapedText.Show(MessageText.Bytes(message.Topic).Span)),
                new Text(QueueText.Moment(message.SetAt)),
                new Text(message.ExpiresAt is { } expiresAt ? QueueText.Moment(expiresAt) : ""),
                new Text(MessageText.Short(message.RawBody, BodyWidth)));
        }

        return table;
    }
}
