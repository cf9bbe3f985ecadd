using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary><c>nexo queue dlq</c>: what could not be worked off.</summary>
internal static class DeadLetterCommands
{
    private const int DefaultLimit = 20;
    private const int OtherColumnsWidth = 80;

    public static Command Create()
    {
        var command = new Command("dlq", "Dead letters: look at them, redrive them, delete them")
        {
            CreateList(), CreateCount(), CreateRedrive(), CreateDelete(), CreatePurge(),
        };
        return command.WithExamples(
            ("Why did they fail?", "nexo queue dlq list emails"),
            ("Try all of them again, ten a second", "nexo queue dlq redrive emails --per-second 10"));
    }

    private static Command CreateList()
    {
        Argument<string> queue = QueueArguments.Queue();
        var filter = new DeadFilterOptions();
        Option<long> limit = Parsers.Count(
            "--limit", $"Stop after so many; 0 is no limit [{DefaultLimit}]", minimum: 0, DefaultLimit);
        limit.Aliases.Add("-n");
        var command = new Command("list", "List dead letters with their reasons") { queue, limit };
        filter.AddTo(command);
        command.Aliases.Add("ls");
        return command
            .OnServer(run => PeekCommand.ShowAsync(
                run,
                run.Queue(queue).DeadLetters.ListAsync(filter.Of(run), run.Cancel),
                run.Get(limit),
                () => Tables.Create("id", "died", "cause", "attempts", "source", "reason", "body"),
                Row,
                letter => run.Out.Items(Fields(run, letter))))
            .WithDetails(
                "The oldest first. On a pipe one a line: id, when it died (ms since 1970), cause, attempts, source, and the "
                + "reason, escaped, with tabs between; --json has everything. Exit code 1 when there is none.")
            .WithExamples(
                ("The oldest ones", "nexo queue dlq list emails"),
                ("What timed out today, whole", "nexo queue dlq list emails --reason timeout --from 2030-01-31 --json"));
    }

    private static Command CreateCount()
    {
        Argument<string> queue = QueueArguments.Queue();
        var filter = new DeadFilterOptions();
        var command = new Command("count", "Count dead letters") { queue };
        filter.AddTo(command);
        return command
            .OnServer(
                async run =>
                {
                    long count = await Spinner.ShowAsync(
                        run,
                        "counting",
                        run.Queue(queue).DeadLetters.CountAsync(filter.Of(run), run.Cancel).AsTask());
                    return Number(run, queue, "count", count, StoreResults.Count(count, "dead letter"));
                },
                ServerActions.LongTimeout)
            .WithExamples(
                ("All of them", "nexo queue dlq count emails"),
                ("Those that were too old", "nexo queue dlq count emails --cause expired"));
    }

    private static Command CreateRedrive()
    {
        Argument<string> queue = QueueArguments.Queue();
        var filter = new DeadFilterOptions();
        var to = new Option<string?>("--to") { Description = "Push them to this queue, not to their source", HelpName = "QUEUE" };
        Option<long?> perSecond = Parsers.Number("--per-second", "At most so many in a second", 1, int.MaxValue);
        Option<long?> limit = Parsers.Number("--limit", "At most so many", 1);
        var command = new Command("redrive", "Push dead letters again") { queue, to, perSecond, limit };
        filter.AddTo(command);
        return command
            .OnServer(
                async run =>
                {
                    long moved = await Spinner.ShowAsync(
                        run,
                        "redriving",
                        run.Queue(queue).DeadLetters.RedriveAsync(
                            filter.Of(run),
                            run.Get(to),
                            (int?)run.Get(perSecond),
                            run.Get(limit),
                            run.Cancel).AsTask());
                    return Number(run, queue, "redriven", moved, $"{StoreResults.Count(moved, "message")} redriven");
                },
                Timeout.InfiniteTimeSpan)
            .WithDetails(
                "All of them, or those that the options select. Each is moved in one step, and is a new message that was never "
                + "delivered. Takes as long as it takes; what was redriven when it is interrupted stays so.")
            .WithExamples(
                ("One of them", "nexo queue dlq redrive emails --id 4711"),
                ("All of one reason, slowly", "nexo queue dlq redrive emails --reason 'connection refused' --per-second 20"),
                ("Into another queue", "nexo queue dlq redrive emails --to emails-by-hand"));
    }

    private static Command CreateDelete()
    {
        Argument<string> queue = QueueArguments.Queue();
        var filter = new DeadFilterOptions();
        var command = new Command("delete", "Delete some dead letters") { queue };
        filter.AddTo(command);
        command.Aliases.Add("rm");
        command.Validators.Add(result =>
        {
            // An option that a script meant to give must not empty the queue by being left out.
            if (!filter.AnyGiven(result))
            {
                result.AddError("Say which: give --id or another option; 'purge' deletes all.");
            }
        });
        return command
            .OnServer(
                async run =>
                {
                    long deleted = await Spinner.ShowAsync(
                        run,
                        "deleting",
                        run.Queue(queue).DeadLetters.DeleteAsync(filter.Of(run), run.Cancel).AsTask());
                    return Number(run, queue, "removed", deleted, $"{StoreResults.Count(deleted, "dead letter")} deleted");
                },
                ServerActions.LongTimeout)
            .WithExamples(
                ("One of them", "nexo queue dlq delete emails --id 4711"),
                ("All before this year", "nexo queue dlq delete emails --until 2030-01-01"));
    }

    private static Command CreatePurge()
    {
        Argument<string> queue = QueueArguments.Queue();
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("purge", "Delete all dead letters") { queue, yes };
        return command
            .OnServer(
                run => RemovalCommands.PurgeAsync(run, queue, PurgeParts.Dead, run.Get(yes)), ServerActions.LongTimeout)
            .WithDetails("Asks first on a terminal. Prints how many were deleted; 0 is no failure.")
            .WithExamples(("In a script", "nexo queue dlq purge emails --yes"));
    }

    private static int Number(ClientRun run, Argument<string> queue, string name, long number, string people) =>
        StoreResults.Number(run, name, number, people, json => json.WriteString("queue", run.Get(queue)));

    private static ReadOnlyMemory<byte>[] Fields(ClientRun run, QueueDeadLetter<ReadOnlyMemory<byte>> letter) =>
    [
        .. new[]
        {
            $"{letter.MessageId}",
            $"{letter.DiedAt.ToUnixTimeMilliseconds()}",
            QueueText.WordOf(QueueText.Causes, letter.Cause),
            $"{letter.Attempts}",
            letter.Source,
            BytesArguments.UseEscapes(run.Parsed) ? letter.Reason : EscapedText.Escape(MessageText.Bytes(letter.Reason).Span),
        }.Select(MessageText.Bytes),
    ];

    private static string[] Row(ClientRun run, QueueDeadLetter<ReadOnlyMemory<byte>> letter)
    {
        int width = PeekCommand.BodyWidth(run, OtherColumnsWidth);
        return
        [
            $"{letter.MessageId}",
            $"{QueueText.Age(letter.DiedAt, run.Console.Time.GetUtcNow())} ago",
            QueueText.WordOf(QueueText.Causes, letter.Cause),
            $"{letter.Attempts}",
            letter.Source,
            MessageText.Short(MessageText.Bytes(letter.Reason), width),
            MessageText.Short(letter.RawBody, width),
        ];
    }
}
