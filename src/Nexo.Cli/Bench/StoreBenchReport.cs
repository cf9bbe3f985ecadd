using System.Globalization;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Spectre.Console;
using static Nexo.Cli.Bench.BenchText;

namespace Nexo.Cli.Bench;

/// <summary>Shows a result: one JSON object, or a table.</summary>
internal static class StoreBenchReport
{
    private static readonly (string Name, string Label, double Percentile)[] Percentiles =
    [
        ("p50_us", "p50", 50), ("p90_us", "p90", 90), ("p99_us", "p99", 99), ("p999_us", "p99.9", 99.9),
    ];

    public static void Write(CliOutput output, StoreBenchResult result)
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

    private static void WriteJson(Utf8JsonWriter json, StoreBenchResult result)
    {
        BenchTally tally = result.Tally;
        json.WriteFinite("ops_per_second", Math.Round(result.OperationsPerSecond, 1));
        foreach ((string name, _, double percentile) in Percentiles)
        {
            json.WriteFinite(name, result.Percentile(percentile));
        }

        json.WriteFinite("max_us", result.MaxMicroseconds);
        json.WriteFinite("mean_us", result.MeanMicroseconds);
        json.WriteNumber("ops", tally.Replies);
        json.WriteNumber("misses", tally.Misses);
        json.WriteNumber("errors", tally.Errors);
        json.WriteNumber("mismatches", tally.Mismatches);
        json.WriteFinite("bytes_per_second", Math.Round(result.BytesPerSecond));
        json.WriteNumber("duration_seconds", Math.Round(result.Duration.TotalSeconds, 3));
        json.WriteNumber("client_cpu_seconds", Math.Round(result.ClientCpu.TotalSeconds, 3));
        json.WriteFinite("client_cpu_seconds_per_million", Math.Round(result.ClientCpuSecondsPerMillion, 4));
        json.WriteBoolean("interrupted", result.Interrupted);
        json.WriteString("server_version", result.ServerVersion);
        json.WriteStartObject("parameters");
        WriteParameters(json, result.Settings);
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, StoreBenchSettings settings)
    {
        json.WriteString("op", NameOf(settings.Operation));
        json.WriteString("loop", settings.Rate > 0 ? "open" : "closed");
        json.WriteNumber("rate", settings.Rate);
        json.WriteNumber("clients", settings.Clients);
        json.WriteNumber("pipeline", settings.Pipeline);
        json.WriteNumber("threads", settings.Threads);
        json.WriteNumber("size", settings.Size);
        json.WriteNumber("keys", settings.Keys);
        json.WriteNumber("key_size", settings.KeySize);
        json.WriteString("key_prefix", settings.KeyPrefix);
        json.WriteString("distribution", NameOf(settings.Distribution));
        if (settings.Distribution == KeyDistribution.Zipf)
        {
            json.WriteNumber("zipf_exponent", settings.ZipfExponent);
        }

        json.WriteNumber("read_ratio", settings.Mix.ReadShare);
        json.WriteNumber("seconds", settings.Duration.TotalSeconds);
        json.WriteNumber("warm_up_seconds", settings.WarmUp.TotalSeconds);
        json.WriteString("durability", ClientFailures.SnakeCase(settings.Durability.ToString()));
        json.WriteNumber("ttl_ms", (long)(settings.Ttl?.TotalMilliseconds ?? 0));
        json.WriteBoolean("prefill", settings.LoadsFirst);
        json.WriteBoolean("verify", settings.Verify);
        json.WriteNumber("seed", settings.Seed);
    }

    private static Table TableOf(StoreBenchResult result)
    {
        BenchTally tally = result.Tally;
        StoreBenchSettings settings = result.Settings;
        Table table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        string loop = settings.Rate > 0 ? $"open loop at {Number(settings.Rate)}/s" : "closed loop";
        table.AddRow("work", string.Create(
            CultureInfo.InvariantCulture,
            $"{NameOf(settings.Operation)}, {settings.Clients} clients, {settings.Pipeline} deep, {settings.Size} B, {loop}"));
        table.AddRow("throughput", $"{Number(result.OperationsPerSecond)} ops/s");
        table.AddRow("", $"{Number(result.BytesPerSecond / 1e6)} MB/s both ways");
        foreach ((_, string label, double percentile) in Percentiles)
        {
            table.AddRow(label, Latency(result.Percentile(percentile)));
        }

        table.AddRow("max", Latency(result.MaxMicroseconds));
        table.AddRow("mean", Latency(result.MeanMicroseconds));
        table.AddRow("client", string.Create(
            CultureInfo.InvariantCulture, $"{result.ClientCpuSecondsPerMillion:0.###} CPU-s per million"));
        AddIfAny(table, "misses", tally.Misses);
        AddIfAny(table, "errors", tally.Errors);
        AddIfAny(table, "mismatches", tally.Mismatches);
        table.AddRow("measured", DurationText.Format(result.Duration) + (result.Interrupted ? ", interrupted" : ""));
        return table;
    }
}
