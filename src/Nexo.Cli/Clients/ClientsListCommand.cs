using System.CommandLine;
using Nexo.Cli.Keeper;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Spectre.Console;

namespace Nexo.Cli.Clients;

/// <summary><c>nexo clients list</c>.</summary>
internal static class ClientsListCommand
{
    public static Command Create()
    {
        var filter = new ClientFilter();
        var command = new Command("list", "List connections, the oldest first");
        command.Aliases.Add("ls");
        foreach (Option option in filter.All)
        {
            command.Add(option);
        }

        return command
            .OnServer(async run =>
            {
                Print(run, await filter.FindAsync(run));
                return ExitCode.Ok;
            })
            .WithDetails(
                "The one that asks is marked with a *. On a pipe one a line: number, protocol, address, user, client, namespace, "
                + "milliseconds since it was accepted and since something was received, requests, bytes received, sent and waiting, with "
                + "tabs between.")
            .WithExamples(
                ("All of them", "nexo clients list"),
                ("Who does not read what it asked for?", "nexo clients list --json | jq 'select(.pending_bytes > 1000000)'"),
                ("Those of a user, over MQTT", "nexo clients list --user sensor --protocol mqtt"));
    }

    private static FactSheet Describe(NexoConnection one, DateTimeOffset now) => new FactSheet()
        .Number("id", (long)one.Id)
        .Text("protocol", ClientFilter.WordOf(one.Protocol))
        .Text("address", one.Remote)
        .Text("user", one.User)
        .Text("client", one.Client)
        .Text("namespace", one.Namespace)
        .Flag("tls", one.IsEncrypted)
        .Flag("own", one.IsOwn)
        .Moment("connected_at", one.ConnectedAt)
        .Duration("age", AgeOf(one, now))
        .Duration("idle", one.Idle)
        .Number("requests", one.Requests)
        .Number("received_bytes", one.ReceivedBytes)
        .Number("sent_bytes", one.SentBytes)
        .Number("pending_bytes", one.PendingBytes);

    private static TimeSpan AgeOf(NexoConnection one, DateTimeOffset now) =>
        now > one.ConnectedAt ? now - one.ConnectedAt : TimeSpan.Zero;

    private static void Print(ClientRun run, List<NexoConnection> found)
    {
        DateTimeOffset now = run.Console.Time.GetUtcNow();
        if (run.Out.ForPeople)
        {
            run.Out.Render(console => console.Write(TableOf(found)));
            return;
        }

        foreach (NexoConnection one in found)
        {
            if (run.Out.Json)
            {
                run.Out.Object(Describe(one, now).WriteJson);
                continue;
            }

            string[] fields =
            [
                $"{one.Id}",
                ClientFilter.WordOf(one.Protocol),
                one.Remote,
                one.User,
                one.Client,
                one.Namespace,
                $"{(long)AgeOf(one, now).TotalMilliseconds}",
                $"{(long)one.Idle.TotalMilliseconds}",
                $"{one.Requests}",
                $"{one.ReceivedBytes}",
                $"{one.SentBytes}",
                $"{one.PendingBytes}",
            ];
            run.Out.ItemsEscaped([.. fields.Select(MessageText.Bytes)]);
        }
    }

    private static Table TableOf(List<NexoConnection> found)
    {
        Table table = Tables
            .Create("id", "protocol", "address", "user", "client", "idle", "waiting")
            .AlignNumbers(from: 5);
        foreach (NexoConnection one in found)
        {
            string[] cells =
            [
                one.IsOwn ? $"{one.Id}*" : $"{one.Id}",
                ClientFilter.WordOf(one.Protocol) + (one.IsEncrypted ? ", TLS" : ""),
                one.Remote,
                one.Namespace.Length > 0 ? $"{one.User} in {one.Namespace}" : one.User,
                one.Client,
                QueueText.Age(one.Idle),
                SizeText.Of(one.PendingBytes),
            ];
            table.AddRow([.. cells.Select(cell => new Text(EscapedText.Show(MessageText.Bytes(cell).Span)))]);
        }

        return table;
    }
}
