using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Keeper;

/// <summary>One <c>nexo top</c>.</summary>
internal sealed class TopSession(ClientRun run)
{
    // Lines above the lists of queues and groups, and between them.
    private const int OtherLines = 16;
    private const int RowsMax = 20;

    /// <summary>Looks so often, on a terminal on a screen of its own.</summary>
    public async Task<int> RunAsync(long looks, TimeSpan interval)
    {
        LiveScreen? screen = run.Out.ForPeople && looks > 1 ? new LiveScreen(run.Out) : null;
        try
        {
            ServerFigures before = await ServerFigures.ReadAsync(run);
            for (long look = 1; ; look++)
            {
                await Task.Delay(interval, run.Console.Time, run.Cancel);
                ServerFigures now = await ServerFigures.ReadAsync(run);
                Show(screen, new TopLook(before, now, await GroupLags.ReadAsync(run), await QueuesAsync()));
                before = now;
                if (look == looks)
                {
                    return ExitCode.Ok;
                }
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

    private async Task<List<TopQueue>?> QueuesAsync()
    {
        if (!run.Out.ForPeople)
        {
            return null;
        }

        try
        {
            return
            [
                .. (await run.Client.Queues.ListAsync("", run.Cancel).ToListAsync(run.Cancel))
                    .OrderByDescending(queue => queue.Ready + queue.Leased)
                    .ThenByDescending(queue => queue.Delayed + queue.Dead)
                    .ThenBy(queue => queue.Name, StringComparer.Ordinal)
                    .Select(queue => new TopQueue(queue.Name, queue.Ready, queue.Leased, queue.Delayed, queue.Dead))
                    .Where(queue => queue.Ready + queue.Leased + queue.Delayed + queue.Dead > 0)
                    .Take(RowsMax),
            ];
        }
        catch (NexoException refused) when (refused.Code == ErrorCode.PermissionDenied)
        {
            return null;
        }
    }

    private void Show(LiveScreen? screen, TopLook look)
    {
        if (screen is not null)
        {
            int rows = Math.Max(2, (run.Console.Height - OtherLines) / 2);
            screen.Draw(console => Draw(console, look, rows));
        }
        else if (run.Out.ForPeople)
        {
            run.Out.Render(console => Draw(console, look, RowsMax));
        }
        else
        {
            look.Describe().Write(run.Out);
        }

        run.Out.Flush();
    }

    private void Draw(IAnsiConsole console, TopLook look, int rows)
    {
        ServerFigures now = look.Now;
        TimeSpan uptime = TimeSpan.FromMilliseconds(now.Number("server.uptime_ms"));
        console.WriteLine(
            $"nexo {now.Text("server.version").Split('+')[0]}, up {QueueText.Age(uptime)}: "
            + $"{now.Number("connections.open"):N0} connections, {look.Rate("requests.total"):N0} requests/s, "
            + $"{SizeText.Of(look.Rate("network.received_bytes"))}/s in, "
            + $"{SizeText.Of(look.Rate("network.sent_bytes"))}/s out");
        console.WriteLine(MachineLine(look));
        if (now.Has("storage.state"))
        {
            console.WriteLine(
                $"log {now.Text("storage.state")}: {look.Rate("log.commits"):N0} commits/s, "
                + $"{SizeText.Of(look.Rate("log.written_bytes"))}/s, last sync {now.Number("log.sync_last_us") / 1_000.0:N1} ms, "
                + $"{SizeText.Of(now.Number("log.pending_bytes"))} waiting, "
                + $"{SizeText.Of(now.Number("log.size_bytes"))} on disk");
        }

        console.WriteLine();
        console.Write(Brokers(look));
        Queues(console, look, rows);
        Groups(console, look, rows);
    }

    private static string MachineLine(TopLook look)
    {
        ServerFigures now = look.Now;
        string disk = now.Has("disk.size_bytes")
            ? $"; disk {SizeText.Of(now.Number("disk.free_bytes"))} free of {SizeText.Of(now.Number("disk.size_bytes"))}"
            : "";
        string available = now.Number("server.memory_available_bytes") is > 0 and long bytes ? $" of {SizeText.Of(bytes)}" : "";
        return $"{look.CpuPercent:N0} % of a processor, {SizeText.Of(now.Number("server.resident_bytes"))} resident{available}{disk}";
    }

    private static Table Brokers(TopLook look)
    {
        ServerFigures now = look.Now;
        Table table = Tables.Create("", "in/s", "out/s", "holds").AlignNumbers(from: 1, until: 3);
        Add("store", look.Rate("store.sets", "store.deletes"), look.Rate("store.hits", "store.misses"),
            $"{now.Number("store.entries"):N0} entries, {SizeText.Of(now.Number("store.used_bytes"))}"
            + (now.Number("store.memory_bytes_max") is > 0 and long max ? $" of {SizeText.Of(max)}" : ""));
        Add("queues", look.Rate("queues.pushed"), look.Rate("queues.delivered"),
            $"{now.Number("queues.count"):N0} queues: {now.Number("queues.ready"):N0} ready, {now.Number("queues.leased"):N0} leased, "
            + $"{now.Number("queues.delayed"):N0} delayed, {now.Number("queues.dead"):N0} dead; "
            + $"{now.Number("queues.consumers"):N0} consumers");
        Add("topics", look.Rate("topics.published"), look.Rate("topics.delivered"),
            $"{now.Number("topics.subscriptions"):N0} subscriptions, {now.Number("topics.retained"):N0} retained, "
            + $"{SizeText.Of(now.Number("topics.buffered_bytes"))} waiting, {look.Rate("topics.dropped"):N0}/s dropped");
        Add("streams", look.Rate("streams.appended"), look.Rate("streams.read"),
            $"{now.Number("streams.count"):N0} streams: {now.Number("streams.records"):N0} records, "
            + $"{SizeText.Of(now.Number("streams.bytes"))}, groups {look.Lag:N0} behind");
        Add("mqtt", look.Rate("mqtt.packets_received"), look.Rate("mqtt.packets_sent"),
            $"{now.Number("sessions.count"):N0} sessions that last, {now.Number("sessions.messages"):N0} messages in them");
        return table;

        void Add(string room, double taken, double given, string holds) =>
            table.AddRow(new Text(room), new Text($"{taken:N0}"), new Text($"{given:N0}"), new Text(holds));
    }

    private static void Queues(IAnsiConsole console, TopLook look, int rows)
    {
        if (look.Queues is not { Count: > 0 } queues)
        {
            return;
        }

        Table table = Tables.Create("fullest queues", "ready", "leased", "delayed", "dead").AlignNumbers(from: 1);
        foreach (TopQueue queue in queues.Take(rows))
        {
            table.AddRow(
                new Text(queue.Name), new Text($"{queue.Ready:N0}"), new Text($"{queue.Leased:N0}"), new Text($"{queue.Delayed:N0}"),
                new Text($"{queue.Dead:N0}"));
        }

        console.WriteLine();
        console.Write(table);
    }

    private static void Groups(IAnsiConsole console, TopLook look, int rows)
    {
        GroupLag[] behind = [.. (look.Lags ?? []).Where(lag => lag.Lag > 0).OrderByDescending(lag => lag.Lag).Take(rows)];
        if (behind.Length == 0)
        {
            return;
        }

        Table table = Tables.Create("groups that are behind", "records", "members").AlignNumbers(from: 1);
        foreach (GroupLag lag in behind)
        {
            table.AddRow(new Text(lag.Name), new Text($"{lag.Lag:N0}"), new Text($"{lag.Members:N0}"));
        }

        console.WriteLine();
        console.Write(table);
    }
}
