using System.Text.Json;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Keeper;

/// <summary><c>nexo doctor</c> for a server that runs: looks twice, and says what is wrong and what to do about it.</summary>
internal static class ServerDoctor
{
    // As many as a page has: who is in want of room is found without the rest.
    private const int ListedMax = 10_000;

    public static async Task<int> RunAsync(ClientRun run, TimeSpan apart)
    {
        Checkup seen = await Spinner.ShowAsync(run, "looking", LookAsync(run, apart));
        List<CheckResult> results = [.. Checks.Run(seen)];
        string[] others = [.. seen.Now.Text(ServerFigures.Namespaces).Split(',').Skip(1)];
        foreach (IReadOnlyList<CheckResult> found in await Task.WhenAll(others.Select(space => OfNamespaceAsync(run, space, apart))))
        {
            results.AddRange(found);
        }

        Print(run, results);
        return results.Any(result => result.Level >= CheckLevel.Warning) ? ExitCode.Negative : ExitCode.Ok;
    }

    // What the server shares among them was told already, so only what is wrong is of interest.
    private static async Task<IReadOnlyList<CheckResult>> OfNamespaceAsync(ClientRun run, string space, TimeSpan apart)
    {
        try
        {
            await using NexoClient client = await ServerActions.ConnectAsync(
                run.Settings with { Namespace = space }, defaultTimeout: null, run.Cancel);
            using var there = new ClientRun(run.Parsed, client, run.Cancel);
            CheckResult[] wrong =
            [
                .. Checks.Run(await LookAsync(there, apart))
                    .Where(result => result.Level != CheckLevel.Ok)
                    .Select(result => result with { Check = $"{space}/{result.Check}" }),
            ];
            return wrong.Length > 0 ? wrong : [new CheckResult(CheckLevel.Ok, space, "the namespace is well")];
        }
        catch (NexoException refused) when (refused.Code == ErrorCode.PermissionDenied)
        {
            return [new CheckResult(CheckLevel.Note, space, "not looked at: who asks may not be in this namespace")];
        }
    }

    private static async Task<Checkup> LookAsync(ClientRun run, TimeSpan apart)
    {
        ServerFigures before = await ServerFigures.ReadAsync(run);
        List<GroupLag>? lagsBefore = await GroupLags.ReadAsync(run);
        await Task.Delay(apart, run.Console.Time, run.Cancel);
        ServerFigures now = await ServerFigures.ReadAsync(run);

        // By the server's clock, of which its moments are; the one here may be another.
        DateTimeOffset at = now.Number("server.now_ms") is > 0 and long ms
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : run.Console.Time.GetUtcNow();
        return new Checkup
        {
            Before = before,
            LagsBefore = lagsBefore,
            Now = now,
            Lags = await GroupLags.ReadAsync(run),
            At = at,
            Queues = await QueuesAsync(run),
            Subscribers = await run.Client.Topics.ListSubscribersAsync("", run.Cancel).Take(ListedMax).ToListAsync(run.Cancel),
            Connections = await run.Client.Admin.ListConnectionsAsync("", run.Cancel).Take(ListedMax).ToListAsync(run.Cancel),
        };
    }

    private static async Task<List<QueueSummary>?> QueuesAsync(ClientRun run)
    {
        try
        {
            return await run.Client.Queues.ListAsync("", run.Cancel).ToListAsync(run.Cancel);
        }
        catch (NexoException refused) when (refused.Code == ErrorCode.PermissionDenied)
        {
            return null;
        }
    }

    private static void Print(ClientRun run, IReadOnlyList<CheckResult> results)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json => Write(json, results));
            return;
        }

        foreach (CheckResult result in results)
        {
            if (!run.Out.ForPeople)
            {
                string[] fields = [WordOf(result.Level), result.Check, result.Text, result.Advice];
                run.Out.ItemsEscaped([.. fields.Select(MessageText.Bytes)]);
                continue;
            }

            // Names in it are those of clients.
            run.Out.Line($"{Mark(run, result.Level)} {result.Check}: {EscapedText.Show(MessageText.Bytes(result.Text).Span)}");
            if (result.Advice.Length > 0)
            {
                run.Out.Line(run.Out.Dim($"         {result.Advice}"));
            }
        }
    }

    private static string Mark(ClientRun run, CheckLevel level) => level switch
    {
        CheckLevel.Ok => run.Out.Good("ok      "),
        CheckLevel.Note => "note    ",
        CheckLevel.Warning => run.Out.Paint("warning ", "33"),
        _ => run.Out.Paint("CRITICAL", "31"),
    };

    private static string WordOf(CheckLevel level) => level.ToString().ToLowerInvariant();

    private static void Write(Utf8JsonWriter json, IReadOnlyList<CheckResult> results)
    {
        json.WriteBoolean("healthy", results.All(result => result.Level < CheckLevel.Warning));
        json.WriteStartArray("checks");
        foreach (CheckResult result in results)
        {
            json.WriteStartObject();
            json.WriteString("level", WordOf(result.Level));
            json.WriteString("check", result.Check);
            json.WriteString("text", result.Text);
            json.WriteString("advice", result.Advice);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
