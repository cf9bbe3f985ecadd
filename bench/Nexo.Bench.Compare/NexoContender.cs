using System.Text.Json;

namespace Nexo.Bench.Compare;

/// <summary>The native binary, driven by its own <c>bench store</c> over the Nexo protocol.</summary>
internal sealed class NexoContender(string name, string binary, Durability durability) : StoreContender(name)
{
    public LoadGenerator Generator { get; } = new(binary);

    public override string? ReadyText => " ready in ";

    public override string Url(int port) => $"nexo://127.0.0.1:{port}";

    public override IReadOnlyList<string> CommandLine(int port, string folder) =>
    [
        binary, "serve", "--port", $"{port}", "--http-port", $"{ServerProcess.FreePort()}",
        "--data", durability == Durability.Memory ? "none" : folder,
        "--set", $"store.durability={durability.ToString().ToLowerInvariant()}",
    ];

    public override async Task LoadAsync(int port, int keys, int valueBytes, CancellationToken cancel)
    {
        var work = new Work("set", 64, 1, valueBytes, keys);
        await BenchAsync(port, work, 0.01, ["--prefill", "true"], cancel);
    }

    public override async Task<LoadFigures> PutLoadAsync(int port, Work work, double seconds, CancellationToken cancel)
    {
        JsonElement result = await BenchAsync(port, work, seconds, ["--prefill", "false"], cancel);
        return new LoadFigures(
            result.GetProperty("ops_per_second").GetDouble(),
            result.GetProperty("ops").GetInt64(),
            result.GetProperty("p50_us").GetDouble(),
            result.GetProperty("p99_us").GetDouble(),
            result.GetProperty("p999_us").GetDouble());
    }

    /// <summary>Runs <c>nexo bench store</c>; returns the object that it prints.</summary>
    public Task<JsonElement> BenchAsync(
        int port, Work work, double seconds, IEnumerable<string> more, CancellationToken cancel) =>
        Generator.RunAsync(Url(port), work, seconds, more, cancel);
}
