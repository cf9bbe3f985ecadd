using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using Spectre.Console;
using Message = Nexo.Client.QueuedMessage<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Queues;

internal static class PeekCommand
{
    private const int DefaultLimit = 10;
    private const int BodyWidthMin = 20;
    private const int OtherColumnsWidth = 50;

    public static Command Create()
    {
        Argument<string> queue = QueueArguments.Queue();
        var leased = new Option<bool>("--leased") { Description = "Those that consumers have" };
        var delayed = new Option<bool>("--delayed") { Description = "Those whose time has not come" };
        Option<long> limit = Parsers.Count(
            "--limit", $"Stop after so many; 0 is no limit [{DefaultLimit}]", minimum: 0, DefaultLimit);
        limit.Aliases.Add("-n");
        var command = new Command("peek", "Look at messages without taking them") { queue, leased, delayed, limit };
        command.Validators.Add(result =>
        {
            if (result.GetValue(leased) && result.GetValue(delayed))
            {
                result.AddError("Give either --leased or --delayed, not both.");
            }
        });
        return command
            .OnServer(async run =>
            {
                PeekWhich which = run.Get(leased) ? PeekWhich.Leased
                    : run.Get(delayed) ? PeekWhich.Delayed
                    : PeekWhich.Ready;
                return await ShowAsync(
                    run,
                    run.Queue(queue).PeekAsync(which, run.Cancel),
                    run.Get(limit),
                    () => Tables.Create("id", "age", "attempts", "priority", "group", "body"),
                    Row,
                    message => run.Out.Items(MessageText.Bytes($"{message.MessageId}"), message.RawBody));
            })
            .WithDetails(
                "The oldest first: by id, whatever their priority. On a pipe the id and the body of a message a line, with a "
                + "tab between. Exit code 1 when there is none.")
            .WithExamples(
                ("The next ones", "nexo queue peek emails"),
                ("What the consumers have, with all that is known of it", "nexo queue peek emails --leased --limit 0 --json"));
    }

    /// <summary>Shows messages, as a table to people.</summary>
    public static async Task<int> ShowAsync<TMessage>(
        ClientRun run,
        IAsyncEnumerable<TMessage> messages,
        long limit,
        Func<Table> heading,
        Func<ClientRun, TMessage, string[]> row,
        Action<TMessage> plain)
        where TMessage : Message
    {
        Table table = heading();
        long count = 0;
        await foreach (TMessage message in messages)
        {
            count++;
            if (run.Out.Json)
            {
                run.Out.Object(json => MessageText.Write(json, message));
            }
            else if (run.Out.ForPeople)
            {
                table.AddRow([.. row(run, message).Select(text => new Text(text))]);
            }
            else
            {
                plain(message);
            }

            if (count == limit)
            {
                break;
            }
        }

        if (run.Out.ForPeople && count > 0)
        {
            run.Out.Render(console => console.Write(table));
        }
        else if (count == 0)
        {
            run.Remark("no message");
        }

        return count > 0 ? ExitCode.Ok : ExitCode.Negative;
    }

    /// <summary>What is left of a line for a body.</summary>
    public static int BodyWidth(ClientRun run, int others = OtherColumnsWidth) =>
        Math.Max(run.Console.Width - others, BodyWidthMin);

    private static string[] Row(ClientRun run, Message message) =>
    [
        $"{message.MessageId}",
        QueueText.Age(message.EnqueuedAt, run.Console.Time.GetUtcNow()),
        $"{message.Attempts}",
        $"{message.Priority}",
        run.Out.Shown(message.Group.ToBytes().Span),
        MessageText.Short(message.RawBody, BodyWidth(run)),
    ];
}
