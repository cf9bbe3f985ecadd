using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Queues;

/// <summary>One <c>top</c>.</summary>
internal sealed class TopSession(ClientRun run, string prefix, long limit)
{
    // The heading of the table, the line above it, and the one on which the cursor rests.
    private const int OtherLines = 4;

    /// <summary>Looks so often, on a terminal on a screen of its own.</summary>
    public async Task<int> RunAsync(long looks, TimeSpan interval)
    {
        LiveScreen? screen = run.Out.ForPeople && looks > 1 ? new LiveScreen(run.Out) : null;
        try
        {
            for (long look = 1; ; look++)
            {
                Show(screen, await LookAsync(screen is null ? limit : Math.Min(limit, run.Console.Height - OtherLines)));
                if (look == looks)
                {
                    return ExitCode.Ok;
                }

                await Task.Delay(interval, run.Console.Time, run.Cancel);
            }
        }
        catch (OperationCanceledException) when (run.Cancel.IsCancellationRequested)
        {
            // Ctrl-C ends it as it is meant to.
            return ExitCode.Ok;
        }
        finally
        {
            screen?.Dispose();
        }
    }

    private async Task<TopLook> LookAsync(long rows)
    {
        List<QueueSummary> all = [];
        await foreach (QueueSummary queue in run.Client.Queues.ListAsync(prefix, run.Cancel))
        {
            all.Add(queue);
        }

        // Figures only of what is shown: a list is cheap, ten thousand requests are not.
        IEnumerable<Task<TopRow?>> asked = all
            .OrderByDescending(queue => queue.Ready)
            .ThenByDescending(queue => queue.Leased + queue.Delayed + queue.Dead)
            .ThenBy(queue => queue.Name, StringComparer.Ordinal)
            .Take((int)Math.Clamp(rows, 1, int.MaxValue))
            .Select(queue => AskAsync(queue.Name));
        TopRow?[] found = await Task.WhenAll(asked);
        return new TopLook(all.Count, all.Sum(queue => queue.Ready), [.. found.OfType<TopRow>()]);
    }

    private async Task<TopRow?> AskAsync(string name)
    {
        try
        {
            return new TopRow(name, await run.Client.Queue(name).StatsAsync(run.Cancel));
        }
        catch (NexoException gone) when (gone.Code == ErrorCode.QueueNotFound)
        {
            // It was deleted since it was listed.
            return null;
        }
    }

    private void Show(LiveScreen? screen, TopLook look)
    {
        if (screen is not null)
        {
            screen.Draw(console =>
            {
                string hidden = look.Rows.Count < look.Queues ? $", {look.Rows.Count} shown" : "";
                console.WriteLine($"{look.Queues:N0} queues{hidden}, {look.Ready:N0} messages ready");
                console.WriteLine();
                console.Write(TableOf(look.Rows));
            });
        }
        else if (run.Out.ForPeople)
        {
            run.Out.Render(console => console.Write(TableOf(look.Rows)));
        }
        else
        {
            foreach (TopRow row in look.Rows)
            {
                Print(row);
            }
        }

        run.Out.Flush();
    }

    private void Print(TopRow row)
    {
        if (run.Out.Json)
        {
            run.Out.Object(StatsCommand.Describe(row.Queue, row.Stats).WriteJson);
            return;
        }

        QueueStats stats = row.Stats;
        string[] fields =
        [
            row.Queue,
            $"{stats.Ready}",
            $"{stats.Leased}",
            $"{stats.Delayed}",
            $"{stats.Dead}",
            $"{stats.PushedPerSecond:0.#}",
            $"{stats.DeliveredPerSecond:0.#}",
            $"{stats.Consumers}",
        ];
        run.Out.Items([.. fields.Select(MessageText.Bytes)]);
    }

    private static Table TableOf(IReadOnlyList<TopRow> rows)
    {
        Table table = Tables
            .Create("queue", "ready", "leased", "delayed", "dead", "in/s", "out/s", "consumers", "oldest")
            .AlignNumbers(from: 1);
        foreach (TopRow row in rows)
        {
            QueueStats stats = row.Stats;
            string[] cells =
            [
                stats.Paused == QueueFlow.None ? row.Queue : $"{row.Queue} (paused)",
                $"{stats.Ready:N0}",
                $"{stats.Leased:N0}",
                $"{stats.Delayed:N0}",
                $"{stats.Dead:N0}",
                $"{stats.PushedPerSecond:N1}",
                $"{stats.DeliveredPerSecond:N1}",
                $"{stats.Consumers:N0}",
                stats.Ready == 0 ? "" : QueueText.Age(stats.OldestAge),
            ];
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }

        return table;
    }

    private sealed record TopRow(string Queue, QueueStats Stats);

    private sealed record TopLook(int Queues, long Ready, IReadOnlyList<TopRow> Rows);
}
