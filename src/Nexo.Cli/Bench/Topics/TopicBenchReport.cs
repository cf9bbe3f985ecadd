using System.Globalization;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Spectre.Console;
using static Nexo.Cli.Bench.BenchText;

namespace Nexo.Cli.Bench.Topics;

/// <summary>Shows a result: one JSON object, or a table.</summary>
internal static class TopicBenchReport
{
    private static readonly (string Name, string Label, double Percentile)[] Percentiles =
    [
        ("p50_us", "p50", 50), ("p90_us", "p90", 90), ("p99_us", "p99", 99), ("p999_us", "p99.9", 99.9), ("max_us", "max", 100),
    ];

    public static void Write(CliOutput output, TopicBenchResult result)
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

    private static void WriteJson(Utf8JsonWriter json, TopicBenchResult result)
    {
        TopicPhaseResult phase = result.Phase;
        json.WriteFinite("delivered_per_second", Math.Round(phase.DeliveredPerSecond, 1));
        json.WriteFinite("published_per_second", Math.Round(phase.PublishedPerSecond, 1));
        foreach ((string name, _, double percentile) in Percentiles)
        {
            json.WriteNumber(name, phase.LatencyUs(percentile));
        }

        if (result.Settings.Confirm)
        {
            foreach ((string name, _, double percentile) in Percentiles)
            {
                json.WriteNumber($"confirm_{name}", phase.ConfirmLatencyUs(percentile));
            }
        }

        WriteCounts(json, result);
        json.WriteFinite("seconds", Math.Round(phase.Elapsed.TotalSeconds, 3));
        json.WriteFinite("client_cpu_seconds_per_million", Math.Round(phase.ClientCpuPerMillion, 4));
        json.WriteFinite("server_cpu_seconds_per_million", Math.Round(result.ServerCpuSecondsPerMillion ?? double.NaN, 4));
        json.WriteFinite("server_resident_bytes", result.ServerResidentBytes ?? double.NaN);
        json.WriteBoolean("interrupted", result.Interrupted);
        json.WriteString("server_version", result.ServerVersion);
        json.WriteStartObject("parameters");
        WriteParameters(json, result.Settings);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, TopicBenchResult result)
    {
        TopicCounts counts = result.Phase.Counts;
        json.WriteNumber("published", counts.Published);
        json.WriteNumber("delivered", counts.Delivered);
        json.WriteNumber("confirmed", result.Tally.Confirmed);
        json.WriteNumber("lost", result.Lost);
        json.WriteNumber("missed", counts.Missed);
        json.WriteNumber("disordered", counts.Repeated);
        json.WriteNumber("mismatches", counts.Mismatches);
        json.WriteNumber("errors", result.Tally.Errors);
    }

    private static void WriteParameters(Utf8JsonWriter json, TopicBenchSettings settings)
    {
        json.WriteNumber("publishers", settings.Publishers);
        json.WriteNumber("subscribers", settings.Subscribers);
        json.WriteNumber("size", settings.Size);
        json.WriteNumber("topics", settings.Topics);
        json.WriteBoolean("wildcard", settings.Wildcard);
        json.WriteBoolean("confirm", settings.Confirm);
        json.WriteNumber("window", settings.Window);
        json.WriteNumber("seconds", settings.Duration.TotalSeconds);
        json.WriteString("loop", settings.Rate > 0 ? "open" : "closed");
        json.WriteNumber("rate", settings.Rate);
    }

    private static Table TableOf(TopicBenchResult result)
    {
        TopicBenchSettings settings = result.Settings;
        TopicPhaseResult phase = result.Phase;
        Table table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        table.AddRow("work", string.Create(
            CultureInfo.InvariantCulture,
            $"{settings.Publishers} → {settings.Subscribers}{(settings.Wildcard ? " by wildcards" : "")}, {settings.Size} B, "
            + $"{Topics(settings.Topics)}, {(settings.Confirm ? "confirmed" : "not confirmed")}"));
        table.AddRow("delivered", $"{Number(phase.DeliveredPerSecond)}/s");
        table.AddRow("published", $"{Number(phase.PublishedPerSecond)}/s");
        foreach ((_, string label, double percentile) in Percentiles)
        {
            string confirm = settings.Confirm ? $", {Latency(phase.ConfirmLatencyUs(percentile))} to the confirm" : "";
            table.AddRow(label, Latency(phase.LatencyUs(percentile)) + confirm);
        }

        AddCosts(table, result);
        AddIfAny(table, "lost", result.Lost);
        AddIfAny(table, "told missed", phase.Counts.Missed);
        AddIfAny(table, "disordered", phase.Counts.Repeated);
        AddIfAny(table, "mismatches", phase.Counts.Mismatches);
        AddIfAny(table, "errors", result.Tally.Errors);
        table.AddRow("deliveries", Number(phase.Counts.Delivered) + (result.Interrupted ? ", interrupted" : ""));
        return table;
    }

    private static void AddCosts(Table table, TopicBenchResult result)
    {
        const double Megabyte = 1e6;
        if (result.ServerCpuSecondsPerMillion is { } cpu)
        {
            table.AddRow("server", string.Create(
                CultureInfo.InvariantCulture,
                $"{cpu:0.###} CPU-s per million deliveries, {result.ServerResidentBytes / Megabyte:0.0} MB resident"));
        }

        table.AddRow("client", string.Create(
            CultureInfo.InvariantCulture, $"{result.Phase.ClientCpuPerMillion:0.###} CPU-s per million deliveries"));
    }

    private static string Topics(int topics) => topics == 1 ? "1 topic a publisher" : $"{topics} topics a publisher";
}
