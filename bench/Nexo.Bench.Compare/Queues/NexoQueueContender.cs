using System.Globalization;
using System.Text.Json;

namespace Nexo.Bench.Compare.Queues;

/// <summary>The native binary, driven by its own <c>bench queue</c>, which has the same three phases.</summary>
internal sealed class NexoQueueContender(string name, string binary, Durability durability) : QueueContender(name, durability)
{
    private const int Phases = 3;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public override string? ReadyText => " ready in ";

    /// <summary>Durability is the queue's, not the server's: it has a data folder in every case.</summary>
    public override IReadOnlyList<string> CommandLine(int port, string folder) =>
    [
        binary, "serve", "--port", $"{port}", "--http-port", $"{ServerProcess.FreePort()}", "--data", folder,
    ];

    public override async Task<QueueFigures> MeasureAsync(ServerProcess server, QueueWork work, CancellationToken cancel)
    {
        JsonElement result = await LoadGenerator.RunAsync(
            binary,
            [
                "bench", "queue", "--url", $"nexo://127.0.0.1:{server.Port}", "--json",
                "--size", $"{work.BodyBytes}", "--window", $"{work.Window}",
                "--consumers", $"{work.Consumers}", "--prefetch", $"{work.Prefetch}",
                "--durability", Confirmed.ToString().ToLowerInvariant(),
                "--seconds", work.Seconds.ToString(CultureInfo.InvariantCulture),
            ],
            (Phases * TimeSpan.FromSeconds(work.Seconds)) + Slack,
            cancel);
        if (result.GetProperty("lost").GetInt64() > 0)
        {
            throw new CompareFailure($"{Name} lost messages that it had confirmed.");
        }

        return new QueueFigures
        {
            PublishPerSecond = Figure(result, "publish_per_second"),
            DrainPerSecond = Figure(result, "drain_per_second"),
            EndToEndPerSecond = Figure(result, "end_to_end_per_second"),
            P50Us = Figure(result, "p50_us"),
            P99Us = Figure(result, "p99_us"),
            Messages = result.GetProperty("messages").GetInt64(),
            Backlog = result.GetProperty("end_to_end_backlog").GetInt64(),
            PublishCpuPerMillion = KnownFigure(result, "publish_server_cpu_seconds_per_million"),
            DrainCpuPerMillion = KnownFigure(result, "drain_server_cpu_seconds_per_million"),
            EndToEndCpuPerMillion = KnownFigure(result, "end_to_end_server_cpu_seconds_per_million"),
        };
    }

    private static double Figure(JsonElement result, string name) =>
        KnownFigure(result, name) ?? throw new CompareFailure($"nexo bench queue measured no {name}: {result}");

    /// <summary>What could not be measured is null there.</summary>
    private static double? KnownFigure(JsonElement result, string name) =>
        result.TryGetProperty(name, out JsonElement figure) && figure.ValueKind == JsonValueKind.Number
            ? figure.GetDouble()
            : null;
}
