using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Clients;

/// <summary><c>nexo slow</c>: what took too long lately.</summary>
internal static class SlowCommand
{
    private const int LimitUnlessGiven = 20;

    public static Command Create()
    {
        var limit = new Option<int>("--limit") { Description = "Most operations to show", DefaultValueFactory = _ => LimitUnlessGiven };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > (int)SlowestRequest.LimitMax)
            {
                result.AddError($"--limit is 1 to {SlowestRequest.LimitMax}.");
            }
        });
        var command = new Command("slow", "Show the last operations that were slow, of all protocols, the newest first") { limit };
        return command
            .OnServer(async run =>
            {
                Print(run, await run.Client.Admin.ListSlowAsync(run.Parsed.GetValue(limit), run.Cancel));
                return ExitCode.Ok;
            })
            .WithDetails(
                "Slow is what takes slow.threshold of the server or longer; the last 128 are kept. On a pipe one a line: time, "
                + "microseconds, ran or disk, protocol, operation, what it was about, connection, address, user, client and namespace, "
                + "with tabs between.")
            .WithExamples(
                ("The last ones", "nexo slow"),
                ("What did not wait for the disk?", "nexo slow --json | jq 'select(.cause == \"ran\")'"));
    }

    private static void Print(ClientRun run, IReadOnlyList<NexoSlowOperation> found)
    {
        if (run.Out.ForPeople)
        {
            run.Out.Render(console => console.Write(TableOf(found)));
            return;
        }

        foreach (NexoSlowOperation one in found)
        {
            if (run.Out.Json)
            {
                run.Out.Object(Describe(one).WriteJson);
                continue;
            }

            string[] fields =
            [
                $"{one.At:O}",
                $"{(long)one.Duration.TotalMicroseconds}",
                CauseOf(one),
                ClientFilter.WordOf(one.Protocol),
                one.Operation,
                one.Subject,
                $"{one.Connection}",
                one.Remote,
                one.User,
                one.Client,
                one.Namespace,
            ];
            run.Out.ItemsEscaped([.. fields.Select(MessageText.Bytes)]);
        }
    }

    private static FactSheet Describe(NexoSlowOperation one) => new FactSheet()
        .Number("id", (long)one.Id)
        .Moment("at", one.At)
        .Number("microseconds", (long)one.Duration.TotalMicroseconds)
        .Text("cause", CauseOf(one))
        .Text("protocol", ClientFilter.WordOf(one.Protocol))
        .Text("operation", one.Operation)
        .Text("subject", one.Subject)
        .Number("connection", (long)one.Connection)
        .Text("address", one.Remote)
        .Text("user", one.User)
        .Text("client", one.Client)
        .Text("namespace", one.Namespace);

    private static string CauseOf(NexoSlowOperation one) => one.Cause == SlowCause.Disk ? "disk" : "ran";

    private static Table TableOf(IReadOnlyList<NexoSlowOperation> found)
    {
        Table table = Tables.Create("at", "operation", "subject", "user", "address", "cause", "ms").AlignNumbers(from: 6);
        foreach (NexoSlowOperation one in found)
        {
            string[] cells =
            [
                $"{one.At.ToLocalTime():HH:mm:ss}",
                one.Operation,
                one.Subject,
                one.User,
                one.Remote,
                CauseOf(one),
                $"{one.Duration.TotalMilliseconds:N1}",
            ];
            table.AddRow([.. cells.Select(cell => new Text(EscapedText.Show(MessageText.Bytes(cell).Span)))]);
        }

        return table;
    }
}
