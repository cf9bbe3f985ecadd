using System.Net;
using Nexo.Engine.Queues;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Server.Brokers;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Native;
using Nexo.Server.Settings;
using Nexo.Storage;

namespace Nexo.Server.Http;

/// <summary>The page at <c>/</c>, for whoever finds the port open and wonders what it is. It needs nothing else.</summary>
internal sealed class StatusPage(Listeners listeners, NativeServer server, Readiness readiness, NexoServerOptions options)
{
    public string Render()
    {
        ServerAddresses addresses = listeners.Addresses;
        StoreStats store = server.Store.Stats;
        string state = readiness.Obstacle ?? "ready";
        string memory = store.MemoryBytesMax == 0 ? "no limit" : $"limit {SizeText.Print(store.MemoryBytesMax)}";
        string unix = addresses.UnixSocket is null ? string.Empty : Row("Unix socket", Code(addresses.UnixSocket));
        string resp = addresses.Resp is null ? string.Empty : Row("Redis protocol", Code(addresses.Resp));
        string mqtt = addresses.Mqtt is null ? string.Empty : Row("MQTT", Code(addresses.Mqtt));
        string durability = options.EffectiveDurability.ToString().ToLowerInvariant();
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Nexo: {{state}}</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
            h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
            table { border-collapse: collapse; width: 100%; }
            th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8886; }
            th { font-weight: 600; width: 14rem; }
            code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
            </style>
            </head>
            <body>
            <main>
            <h1>Nexo {{Text(ServerFacts.ShortVersion)}}</h1>
            <p>This machine runs a Nexo server. It is <strong>{{state}}</strong>, up for {{Duration(server.Clients.Uptime)}}.</p>
            <h2>Brokers</h2>
            <table>
            {{Row("Store", $"{store.Entries:N0} entries, {store.UsedBytes / 1_048_576.0:N1} MiB used, {memory}; durability: {durability}")}}
            {{Row("Queues", Queues())}}
            {{Row("Pub/Sub", Topics())}}
            {{Row("Streams", Streams())}}
            </table>
            {{Spaces()}}
            {{Storage()}}
            <h2>Addresses</h2>
            <table>
            {{Row("Nexo protocol", Code(addresses.Native))}}
            {{unix}}
            {{resp}}
            {{mqtt}}
            {{Row("HTTP", Code(addresses.Http ?? "off"))}}
            {{Row("Connections", $"{server.Clients.Count:N0} open, at most {server.Clients.ConnectionsMax:N0}")}}
            </table>
            <h2>For machines</h2>
            <ul>
            <li><a href="/healthz">/healthz</a>: the process is alive</li>
            <li><a href="/readyz">/readyz</a>: it takes traffic; 503 while it starts or stops, or when its disk has failed</li>
            <li><a href="/metrics">/metrics</a>: figures in the Prometheus text format</li>
            <li><a href="/openapi.json">/openapi.json</a>: what the HTTP API below <code>/v1</code> can do</li>
            </ul>
            </main>
            </body>
            </html>

            """;
    }

    // What stands above is of the default one.
    private string Spaces()
    {
        Broker[] named = [.. server.Broker.All.All.Where(broker => broker.Name != Namespaces.Default)];
        return named.Length == 0 ? string.Empty : $"""
            <h2>Namespaces besides this one</h2>
            <table>
            {string.Join('\n', named.Select(SpaceRow))}
            </table>
            """;
    }

    private static string SpaceRow(Broker broker) => Row(
        Text(broker.Name),
        $"{broker.Store.Stats.Entries:N0} entries, {broker.Queues.Count:N0} queues, {broker.Topics.Stats.Subscriptions:N0} subscriptions, "
            + $"{broker.Streams.Totals.Streams:N0} streams");

    private string Queues()
    {
        QueueStats totals = server.Queues.Totals;
        string durability = server.QueuesDurability.ToString().ToLowerInvariant();
        return $"{server.Queues.Count:N0} queues, {totals.Ready:N0} messages ready, {totals.Leased:N0} leased, "
            + $"{totals.Delayed:N0} delayed, {totals.Dead:N0} dead; durability: {durability}";
    }

    private string Topics()
    {
        TopicStats stats = server.Topics.Stats;
        string durability = server.TopicsDurability.ToString().ToLowerInvariant();
        return $"{stats.Subscriptions:N0} subscriptions, {stats.Retained:N0} retained messages, {stats.Bindings:N0} bindings; "
            + $"durability: {durability}";
    }

    private string Streams()
    {
        StreamStats totals = server.Streams.Totals;
        string durability = server.StreamsDurability.ToString().ToLowerInvariant();
        return $"{totals.Streams:N0} streams, {totals.Records:N0} records, {Mebibytes(totals.Bytes)}, {totals.Readers:N0} readers; "
            + $"durability: {durability}";
    }

    private string Storage()
    {
        if (server.Persistence is not { Log: { } log, Directory: { } directory })
        {
            return string.Empty;
        }

        WalStats stats = log.Stats;
        SnapshotTotals snapshots = server.Snapshots.Totals;
        string snapshot = snapshots.LastPosition == Lsn.None
            ? "none yet"
            : $"{Mebibytes(snapshots.LastBytes)} at record {snapshots.LastPosition.Value:N0}";
        string syncs = $"{stats.Syncs:N0} syncs of {stats.SyncMicrosecondsMean / 1_000:N2} ms on average";
        string state = log.Failure is { } failure ? Text(failure.Message)
            : log.IsFull ? "the disk is full"
            : "in order";
        return $"""
            <h2>Disk</h2>
            <table>
            {Row("Data directory", Code(directory.Disk.Root))}
            {Row("Log", $"{state}; {Mebibytes(stats.SegmentBytes)}, {syncs}")}
            {Row("Last snapshot", snapshot)}
            </table>
            """;
    }

    private static string Mebibytes(long bytes) => $"{bytes / 1_048_576.0:N1} MiB";

    private static string Row(string name, string html) => $"<tr><th scope=\"row\">{name}</th><td>{html}</td></tr>";

    private static string Code(string text) => $"<code>{Text(text)}</code>";

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => $"{time.Seconds} s",
        { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
        { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes} min",
        _ => $"{(int)time.TotalDays} d {time.Hours} h",
    };
}
