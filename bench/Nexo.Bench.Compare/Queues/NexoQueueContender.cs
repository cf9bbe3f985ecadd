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
        double published = Figure(result, "publish_per_second");
        double through = Figure(result, "end_to_end_per_second");
        return new QueueFigures
        {
            PublishPerSecond = published,
            DrainPerSecond = Figure(result, "drain_per_second"),
            EndToEndPerSecond = through,
            P50Us = Figure(result, "p50_us"),
            P99Us = Figure(result, "p99_us"),
            Messages = result.TryGetProperty("messages", out JsonElement messages)
                ? messages.GetInt64()
                : (long)((published + through) * work.Seconds),
        };
    }

    private static double Figure(JsonElement result, string name) => result.GetProperty(name).GetDouble();
}
