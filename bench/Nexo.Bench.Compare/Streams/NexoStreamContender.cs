using System.Globalization;
using System.Text.Json;

namespace Nexo.Bench.Compare.Streams;

/// <summary>The native binary, driven by its own <c>bench stream</c>, which has the same three phases.</summary>
internal sealed class NexoStreamContender(string name, string binary, Durability durability) : StreamContender(name, durability)
{
    private const int Phases = 3;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    public override string? ReadyText => " ready in ";

    public override IReadOnlyList<string> CommandLine(int port, string folder) =>
    [
        binary, "serve", "--port", $"{port}", "--http-port", $"{ServerProcess.FreePort()}", "--data", folder,
    ];

    public override async Task<StreamFigures> MeasureAsync(ServerProcess server, StreamWork work, CancellationToken cancel)
    {
        // A record that was confirmed and is not read, or is another, fails it.
        JsonElement result = await LoadGenerator.RunAsync(
            binary,
            [
                "bench", "stream", "--url", $"nexo://127.0.0.1:{server.Port}", "--json",
                "--size", $"{work.ValueBytes}", "--window", $"{work.Window}",
                "--durability", Confirmed.ToString().ToLowerInvariant(),
                "--rate", work.Rate.ToString(CultureInfo.InvariantCulture),
                "--seconds", work.Seconds.ToString(CultureInfo.InvariantCulture),
            ],
            (Phases * TimeSpan.FromSeconds(work.Seconds)) + Slack,
            cancel);
        return new StreamFigures
        {
            AppendPerSecond = Figure(result, "append_per_second"),
            ReadPerSecond = Figure(result, "read_per_second"),
            TailP50Us = Figure(result, "tail_p50_us"),
            TailP99Us = Figure(result, "tail_p99_us"),
            AppendCpuPerMillion = Figure(result, "append_server_cpu_seconds_per_million"),
            ReadCpuPerMillion = Figure(result, "read_server_cpu_seconds_per_million"),
            TailCpuPerMillion = Figure(result, "tail_server_cpu_seconds_per_million"),
            Records = result.GetProperty("records").GetInt64(),
        };
    }

    private static double Figure(JsonElement result, string name) =>
        result.TryGetProperty(name, out JsonElement figure) && figure.ValueKind == JsonValueKind.Number
            ? figure.GetDouble()
            : throw new CompareFailure($"nexo bench stream measured no {name}: {result}");
}
