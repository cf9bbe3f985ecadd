using System.Globalization;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Spectre.Console;
using static Nexo.Cli.Bench.BenchText;

namespace Nexo.Cli.Bench.Streams;

/// <summary>Shows a result: one JSON object, or a table.</summary>
internal static class StreamBenchReport
{
    private static readonly (string Name, string Label, double Percentile)[] Percentiles =
    [
        ("p50_us", "p50", 50), ("p90_us", "p90", 90), ("p99_us", "p99", 99), ("p999_us", "p99.9", 99.9), ("max_us", "max", 100),
    ];

    public static void Write(CliOutput output, StreamBenchResult result)
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

    private static void WriteJson(Utf8JsonWriter json, StreamBenchResult result)
    {
        json.WriteFinite("append_per_second", Math.Round(result.Append.PerSecond, 1));
        json.WriteFinite("read_per_second", Math.Round(result.Read.PerSecond, 1));
        json.WriteFinite("tail_per_second", Math.Round(result.Tail?.PerSecond ?? double.NaN, 1));
        json.WriteFinite("append_mb_per_second", Math.Round(result.MegabytesPerSecond(result.Append), 2));
        json.WriteFinite("read_mb_per_second", Math.Round(result.MegabytesPerSecond(result.Read), 2));
        foreach ((string name, _, double percentile) in Percentiles)
        {
            json.WriteFinite(name, BenchLatency.Microseconds(result.Append.ConfirmLatency, percentile));
        }

        json.WriteFinite("mean_us", BenchLatency.MeanMicroseconds(result.Append.ConfirmLatency));
        foreach ((string name, _, double percentile) in Percentiles)
        {
            json.WriteFinite($"tail_{name}", BenchLatency.Microseconds(result.Tail?.DeliveryLatency, percentile));
        }

        WriteCounts(json, result);
        WriteCosts(json, result);
        json.WriteBoolean("interrupted", result.Interrupted);
        json.WriteString("server_version", result.ServerVersion);
        json.WriteStartObject("parameters");
        WriteParameters(json, result.Settings);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, StreamBenchResult result)
    {
        StreamTraffic traffic = result.Traffic;
        json.WriteNumber("records", traffic.Confirmed);
        json.WriteNumber("appended", result.Append.RecordsInAll);
        json.WriteNumber("read", traffic.Read);
        json.WriteNumber("lost", result.Missing);
        json.WriteNumber("mismatches", traffic.Mismatches);
        json.WriteNumber("errors", traffic.Errors);
        json.WriteNumber("extra", result.Extra);
        json.WriteNumber("append_seconds", Math.Round(result.Append.Measured.TotalSeconds, 3));
        json.WriteNumber("read_seconds", Math.Round(result.Read.Measured.TotalSeconds, 3));
        json.WriteNumber("tail_seconds", Math.Round(result.Tail?.Measured.TotalSeconds ?? 0, 3));
    }

    private static void WriteCosts(Utf8JsonWriter json, StreamBenchResult result)
    {
        json.WriteNumber("client_cpu_seconds", Math.Round(result.ClientCpu.TotalSeconds, 3));
        (string Name, StreamPhaseResult? Phase)[] phases =
        [
            ("append", result.Append), ("read", result.Read), ("tail", result.Tail),
        ];
        foreach ((string name, StreamPhaseResult? phase) in phases)
        {
            json.WriteFinite(
                $"{name}_client_cpu_seconds_per_million", Math.Round(phase?.ClientCpuSecondsPerMillion ?? double.NaN, 4));
            json.WriteFinite(
                $"{name}_server_cpu_seconds_per_million", Math.Round(phase?.ServerCpuSecondsPerMillion ?? double.NaN, 4));
        }

        json.WriteNumber("stream_bytes", result.End.Bytes);
        json.WriteFinite("append_server_resident_bytes", result.Full.ResidentBytes ?? double.NaN);
        json.WriteFinite("server_resident_bytes", result.End.ResidentBytes ?? double.NaN);
        json.WriteFinite("server_resident_mb", Math.Round((result.End.ResidentBytes ?? double.NaN) / 1e6, 1));
    }

    private static void WriteParameters(Utf8JsonWriter json, StreamBenchSettings settings)
    {
        json.WriteNumber("size", settings.Size);
        json.WriteNumber("window", settings.Window);
        json.WriteNumber("producers", settings.Producers);
        json.WriteNumber("readers", settings.Readers);
        json.WriteNumber("batch", settings.Batch);
        json.WriteNumber("streams", settings.Streams);
        json.WriteString("durability", NameOf(settings.Durability));
        json.WriteNumber("seconds", settings.Duration.TotalSeconds);
        json.WriteString("loop", settings.Rate > 0 ? "open" : "closed");
        json.WriteNumber("rate", settings.Rate);
    }

    private static Table TableOf(StreamBenchResult result)
    {
        StreamBenchSettings settings = result.Settings;
        Table table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        table.AddRow("work", string.Create(
            CultureInfo.InvariantCulture,
            $"{settings.Size} B, {NameOf(settings.Durability)}, window {settings.Window}, {settings.Producers} × {settings.Batch} "
            + $"to {settings.Streams}"));
        table.AddRow("append", Phase(result, result.Append));
        table.AddRow("read", Phase(result, result.Read));
        if (result.Tail is { } tail)
        {
            table.AddRow("follow", Phase(result, tail));
        }

        foreach ((_, string label, double percentile) in Percentiles)
        {
            string confirm = Latency(BenchLatency.Microseconds(result.Append.ConfirmLatency, percentile));
            table.AddRow(label, result.Tail is null
                ? $"{confirm} to the confirm"
                : $"{confirm} to the confirm, {Latency(BenchLatency.Microseconds(result.Tail.DeliveryLatency, percentile))} "
                    + "to a reader that follows");
        }

        if (result.End.ResidentBytes is { } resident)
        {
            table.AddRow("server", string.Create(
                CultureInfo.InvariantCulture, $"{resident / 1e6:0.0} MB resident, {result.End.Bytes / 1e6:0.0} MB in the streams"));
        }

        AddIfAny(table, "lost", result.Missing);
        AddIfAny(table, "errors", result.Traffic.Errors);
        AddIfAny(table, "mismatches", result.Traffic.Mismatches);
        AddIfAny(table, "extra", result.Extra);
        table.AddRow("records", Number(result.Traffic.Confirmed) + (result.Interrupted ? ", interrupted" : ""));
        return table;
    }

    private static string Phase(StreamBenchResult result, StreamPhaseResult phase) => string.Create(
        CultureInfo.InvariantCulture,
        $"{phase.PerSecond:N0}/s, {result.MegabytesPerSecond(phase):0.0} MB/s for {DurationText.Format(phase.Measured)}, server "
        + $"{phase.ServerCpuSecondsPerMillion ?? double.NaN:0.##}, client {phase.ClientCpuSecondsPerMillion:0.##} CPU-s per million");
}
