using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Queues;

/// <summary><c>nexo queue schedule</c>: messages that the server pushes again and again.</summary>
internal static class ScheduleCommands
{
    public static Command Create()
    {
        var command = new Command("schedule", "Schedules: push messages again and again, by the clock")
        {
            CreateSet(), CreateList(), CreateShow(), CreateDelete(),
        };
        return command.WithExamples(
            ("Every night at three", "nexo queue schedule set nightly '0 3 * * *' reports daily --time-zone Europe/Berlin"),
            ("What comes next?", "nexo queue schedule list"));
    }

    private static Command CreateSet()
    {
        Argument<string> name = Name();
        var cron = new Argument<string>("CRON")
        {
            Description = "When: minute, hour, day, month, day of the week (seconds first if six), or @every 90s, @daily, …",
        };
        Argument<string> queue = QueueArguments.Queue();
        var body = new ValueInput("body");
        var zone = new Option<string>("--time-zone")
        {
            Description = "Whose clock it goes by, such as Europe/Berlin [UTC]",
            HelpName = "ZONE",
            DefaultValueFactory = _ => "",
        };
        Option<CatchUpKind?> catchUp = Parsers.Choice(
            "--catch-up", "What becomes of those that were missed while the server was down [once]", QueueText.CatchUps);
        Option<long?> priority = Parsers.Number("--priority", "The priority of its messages [0]", 0, byte.MaxValue);
        Option<TimeSpan?> ttl = Parsers.Duration("--ttl", "A message is a dead letter if it is not done after so long");
        var group = new Option<string?>("--group") { Description = "The group of its messages", HelpName = "KEY" };
        Option<string[]> headers = PushOptions.Header();
        var command = new Command("set", "Make a schedule, or replace it") { name, cron, queue };
        body.AddTo(command);
        var disabled = new Option<bool>("--disabled") { Description = "Keep it, and push nothing until it is set again" };
        Option[] options = [zone, catchUp, priority, ttl, group, headers, disabled];
        Array.ForEach(options, command.Add);
        return command
            .OnServer(async run =>
            {
                ScheduleSetResult set = await run.Client.Schedules.SetAsync<ReadOnlyMemory<byte>>(
                    run.Get(name),
                    run.Get(cron),
                    run.Get(queue),
                    await body.ReadAsync(run),
                    new ScheduleOptions
                    {
                        TimeZone = run.Get(zone)!,
                        CatchUp = run.Get(catchUp) ?? CatchUpKind.Once,
                        Priority = (int)(run.Get(priority) ?? 0),
                        Ttl = run.Get(ttl),
                        Group = PushOptions.Key(run, group, "group"),
                        Headers = PushOptions.Headers(run, headers),
                        Disabled = run.Get(disabled),
                    },
                    run.Cancel);
                return Print(run, run.Get(name), set);
            })
            .WithDetails(
                "It survives restarts. What was missed while the server was down is pushed once, or not at all. An H in a field is "
                + "a value that the name chooses, so that not all run at once; @hourly, @daily, @weekly, @monthly, @yearly and "
                + "@every 1h30m are taken as well. On a pipe the moment of the next push is printed, in ms since 1970.")
            .WithExamples(
                ("Every night at three", "nexo queue schedule set nightly '0 3 * * *' reports daily --time-zone Europe/Berlin"),
                ("Every ten seconds, none for what was missed", "nexo queue schedule set s '@every 10s' ticks go --catch-up skip"));
    }

    private static Command CreateList()
    {
        Argument<string?> prefix = QueueArguments.Prefix("Only schedules whose names begin with this");
        var command = new Command("list", "List schedules") { prefix };
        command.Aliases.Add("ls");
        return command
            .OnServer(async run =>
            {
                Table table = Tables.Create("schedule", "cron", "time zone", "queue", "last", "next");
                await foreach (ScheduleSummary schedule in
                    run.Client.Schedules.ListAsync(run.Parsed.GetValue(prefix) ?? "", run.Cancel))
                {
                    Print(run.Out, table, schedule);
                }

                if (run.Out.ForPeople)
                {
                    run.Out.Render(console => console.Write(table));
                }

                return ExitCode.Ok;
            })
            .WithDetails(
                "On a pipe one a line: name, cron expression, time zone, queue, and when it pushed last and pushes next, in ms "
                + "since 1970, with tabs between; nothing for never.")
            .WithExamples(("All of them", "nexo queue schedule list"));
    }

    private static Command CreateShow()
    {
        Argument<string> name = Name();
        var command = new Command("show", "Show a schedule with its message") { name };
        command.Aliases.Add("describe");
        return command
            .OnServer(async run =>
            {
                Schedule<ReadOnlyMemory<byte>>? schedule =
                    await run.Client.Schedules.DescribeAsync<ReadOnlyMemory<byte>>(run.Get(name), run.Cancel);
                if (schedule is null)
                {
                    return Missing(run);
                }

                Describe(schedule, run).Write(run.Out);
                return ExitCode.Ok;
            })
            .WithExamples(("For a program", "nexo queue schedule show nightly --json"));
    }

    private static Command CreateDelete()
    {
        Argument<string> name = Name();
        var command = new Command("delete", "End a schedule; what it has pushed stays") { name };
        command.Aliases.Add("rm");
        return command
            .OnServer(async run =>
            {
                bool deleted = await run.Client.Schedules.DeleteAsync(run.Get(name), run.Cancel);
                StoreResults.Number(
                    run,
                    "deleted",
                    deleted ? 1 : 0,
                    deleted ? run.Out.Good("deleted") : run.Out.Dim("no such schedule"),
                    json => json.WriteString("schedule", run.Get(name)));
                return deleted ? ExitCode.Ok : ExitCode.Negative;
            })
            .WithDetails("Exit code 1 when there was none of this name.")
            .WithExamples(("End it", "nexo queue schedule delete nightly"));
    }

    private static Argument<string> Name() => new("NAME") { Description = "The schedule's name" };

    private static int Missing(ClientRun run)
    {
        run.Remark("no such schedule");
        return ExitCode.Negative;
    }

    private static int Print(ClientRun run, string name, ScheduleSetResult set)
    {
        string next = set.NextAt is { } moment ? $"next at {QueueText.Moment(moment)}" : "it will never push";
        run.Out.Result(
            $"{set.NextAt?.ToUnixTimeMilliseconds()}",
            $"{run.Out.Good(set.Created ? "created" : "replaced")} {run.Out.Dim(next)}",
            json =>
            {
                json.WriteString("schedule", name);
                json.WriteBoolean("created", set.Created);
                new FactSheet().Moment("next_at", set.NextAt).WriteJson(json);
            });
        return ExitCode.Ok;
    }

    private static void Print(CliOutput output, Table table, ScheduleSummary schedule)
    {
        if (output.Json)
        {
            output.Object(Describe(schedule).WriteJson);
        }
        else if (output.ForPeople)
        {
            string[] cells =
            [
                schedule.Name, schedule.Cron, Zone(schedule), schedule.Queue, When(schedule.LastAt), Next(schedule),
            ];
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }
        else
        {
            string[] fields =
            [
                schedule.Name,
                schedule.Cron,
                Zone(schedule),
                schedule.Queue,
                $"{schedule.LastAt?.ToUnixTimeMilliseconds()}",
                $"{schedule.NextAt?.ToUnixTimeMilliseconds()}",
            ];
            output.Items([.. fields.Select(MessageText.Bytes)]);
        }
    }

    private static FactSheet Describe(ScheduleSummary schedule) => new FactSheet()
        .Text("schedule", schedule.Name)
        .Text("cron", schedule.Cron)
        .Text("time_zone", Zone(schedule))
        .Text("queue", schedule.Queue)
        .Flag("disabled", schedule.Disabled)
        .Moment("last_at", schedule.LastAt)
        .Moment("next_at", schedule.NextAt);

    private static FactSheet Describe(Schedule<ReadOnlyMemory<byte>> schedule, ClientRun run) => Describe(schedule.Summary)
        .Text("catch_up", QueueText.WordOf(QueueText.CatchUps, schedule.Options.CatchUp))
        .Number("priority", schedule.Options.Priority)
        .Duration("ttl", schedule.Options.Ttl)
        .Number("runs", schedule.Runs.Tried)
        .Number("failed", schedule.Runs.Failed)
        .Number("missed", schedule.Runs.Missed)
        .Text("last_error", LastError(schedule.Runs), schedule.Runs.LastError == ErrorCode.None ? "none" : null)
        .Bytes("group", schedule.Options.Group.ToBytes(), run.Out)
        .Bytes("body", schedule.Body, run.Out);

    private static string LastError(ScheduleRuns runs) =>
        runs.LastError == ErrorCode.None ? "" : ClientFailures.SnakeCase($"{runs.LastError}");

    private static string Zone(ScheduleSummary schedule) => schedule.TimeZone.Length == 0 ? "UTC" : schedule.TimeZone;

    private static string Next(ScheduleSummary schedule) => schedule.Disabled ? "disabled" : When(schedule.NextAt);

    private static string When(DateTimeOffset? moment) => moment is { } given ? QueueText.Moment(given) : "never";
}
