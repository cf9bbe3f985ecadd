using System.Globalization;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Spectre.Console;
using static Nexo.Cli.Bench.BenchText;

namespace Nexo.Cli.Bench.Queues;

/// <summary>Shows a result: one JSON object, or a table.</summary>
internal static class QueueBenchReport
{
    private static readonly (string Name, string Label, double Percentile)[] Percentiles =
    [
        ("p50_us", "p50", 50), ("p90_us", "p90", 90), ("p99_us", "p99", 99), ("p999_us", "p99.9", 99.9), ("max_us", "max", 100),
    ];

    public static void Write(CliOutput output, QueueBenchResult result)
    {
        if (output.Json)
        {
            output.Object(json => WriteJson(json, result));
        }
        else
        {
            output.Render(console => console.Write(TableOf(result)));
        }
    }

    private static void WriteJson(Utf8JsonWriter json, QueueBenchResult result)
    {
        json.WriteFinite("publish_per_second", Math.Round(result.Publish.PerSecond, 1));
        json.WriteFinite("drain_per_second", Math.Round(result.Drain.PerSecond, 1));
        json.WriteFinite("end_to_end_per_second", Math.Round(result.Through?.PerSecond ?? double.NaN, 1));
        foreach ((string name, _, double percentile) in Percentiles)
        {
            json.WriteFinite(name, BenchLatency.Microseconds(result.Through?.DeliveryLatency, percentile));
        }

        json.WriteFinite("mean_us", BenchLatency.MeanMicroseconds(result.Through?.DeliveryLatency));
        foreach ((string name, _, double percentile) in Percentiles)
        {
            json.WriteFinite($"confirm_{name}", BenchLatency.Microseconds(result.Publish.ConfirmLatency, percentile));
        }

        WriteCounts(json, result);
        WriteCosts(json, result);
        json.WriteBoolean("interrupted", result.Interrupted);
        json.WriteString("server_version", result.ServerVersion);
        json.WriteStartObject("parameters");
        WriteParameters(json, result.Settings);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, QueueBenchResult result)
    {
        QueueTraffic traffic = result.Traffic;
        json.WriteNumber("messages", traffic.Confirmed);
        json.WriteNumber("published", result.Publish.MessagesInAll);
        json.WriteNumber("acked", traffic.Acked);
        json.WriteNumber("lost", result.Missing);
        json.WriteNumber("duplicates", traffic.Ledger.Duplicates);
        json.WriteNumber("late_acks", traffic.LateAcks);
        json.WriteNumber("mismatches", traffic.Mismatches);
        json.WriteNumber("errors", traffic.Errors);
        json.WriteNumber("left", result.Empty.Messages);
        json.WriteNumber("end_to_end_backlog", result.Through?.Backlog ?? 0);
        json.WriteNumber("publish_seconds", Math.Round(result.Publish.Measured.TotalSeconds, 3));
        json.WriteNumber("drain_seconds", Math.Round(result.Drain.Measured.TotalSeconds, 3));
        json.WriteNumber("end_to_end_seconds", Math.Round(result.Through?.Measured.TotalSeconds ?? 0, 3));
    }

    private static void WriteCosts(Utf8JsonWriter json, QueueBenchResult result)
    {
        json.WriteNumber("client_cpu_seconds", Math.Round(result.ClientCpu.TotalSeconds, 3));
        json.WriteFinite("client_cpu_seconds_per_million", Math.Round(result.ClientCpuSecondsPerMillion, 4));
        (string Name, QueuePhaseResult? Phase)[] phases =
        [
            ("publish", result.Publish), ("drain", result.Drain), ("end_to_end", result.Through),
        ];
        foreach ((string name, QueuePhaseResult? phase) in phases)
        {
            json.WriteFinite(
                $"{name}_client_cpu_seconds_per_million", Math.Round(phase?.ClientCpuSecondsPerMillion ?? double.NaN, 4));
            json.WriteFinite(
                $"{name}_server_cpu_seconds_per_million", Math.Round(phase?.ServerCpuSecondsPerMillion ?? double.NaN, 4));
        }

        json.WriteFinite("backlog_server_resident_bytes", result.Full.ResidentBytes ?? double.NaN);
        json.WriteNumber("backlog_memory_bytes", result.Full.MemoryBytes);
        json.WriteNumber("backlog_disk_bytes", result.Full.DiskBytes);
        json.WriteFinite("server_resident_bytes", result.Empty.ResidentBytes ?? double.NaN);
    }

    private static void WriteParameters(Utf8JsonWriter json, QueueBenchSettings settings)
    {
        json.WriteNumber("size", settings.Size);
        json.WriteNumber("window", settings.Window);
        json.WriteNumber("publishers", settings.Publishers);
        json.WriteNumber("consumers", settings.Consumers);
        json.WriteNumber("prefetch", settings.Prefetch);
        json.WriteNumber("batch", settings.Batch);
        json.WriteNumber("queues", settings.Queues);
        json.WriteString("durability", NameOf(settings.Durability));
        json.WriteNumber("seconds", settings.Duration.TotalSeconds);
        json.WriteNumber("backlog", settings.Backlog);
        json.WriteString("loop", settings.Rate > 0 ? "open" : "closed");
        json.WriteNumber("rate", settings.Rate);
        json.WriteBoolean("verify", settings.Verify);
    }

    private static Table TableOf(QueueBenchResult result)
    {
        QueueBenchSettings settings = result.Settings;
        Table table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        table.AddRow("work", string.Create(
            CultureInfo.InvariantCulture,
            $"{settings.Size} B, {NameOf(settings.Durability)}, window {settings.Window}, "
            + $"{settings.Consumers} consumers × {settings.Prefetch}"));
        table.AddRow("publish", Phase(result.Publish));
        table.AddRow("drain", Phase(result.Drain));
        if (result.Through is { } through)
        {
            table.AddRow("both", Phase(through));
        }

        foreach ((_, string label, double percentile) in Percentiles)
        {
            string confirm = Latency(BenchLatency.Microseconds(result.Publish.ConfirmLatency, percentile));
            table.AddRow(label, result.Through is null
                ? $"{confirm} to the confirm"
                : $"{Latency(BenchLatency.Microseconds(result.Through.DeliveryLatency, percentile))} to the delivery, "
                    + $"{confirm} to the confirm");
        }

        AddServer(table, result);
        table.AddRow("client", string.Create(
            CultureInfo.InvariantCulture, $"{result.ClientCpuSecondsPerMillion:0.###} CPU-s per million"));
        AddIfAny(table, "duplicates", result.Traffic.Ledger.Duplicates);
        AddIfAny(table, "late acks", result.Traffic.LateAcks);
        AddIfAny(table, "lost", result.Missing);
        AddIfAny(table, "errors", result.Traffic.Errors);
        AddIfAny(table, "mismatches", result.Traffic.Mismatches);
        AddIfAny(table, "left", result.Empty.Messages);
        table.AddRow("messages", Number(result.Traffic.Confirmed) + (result.Interrupted ? ", interrupted" : ""));
        return table;
    }

    private static string Phase(QueuePhaseResult phase)
    {
        string server = phase.ServerCpuSecondsPerMillion is { } cpu
            ? string.Create(CultureInfo.InvariantCulture, $", server {cpu:0.##} CPU-s per million")
            : "";
        return $"{Number(phase.PerSecond)}/s for {DurationText.Format(phase.Measured)}{server}";
    }

    private static void AddServer(Table table, QueueBenchResult result)
    {
        const double Megabyte = 1e6;
        if (result.Full.ResidentBytes is { } resident)
        {
            table.AddRow("backlog", string.Create(
                CultureInfo.InvariantCulture,
                $"{Number(result.Full.Messages)} messages: server {resident / Megabyte:0.0} MB resident, "
                + $"{result.Full.DiskBytes / Megabyte:0.0} MB on disk beside the log"));
        }
    }
}
