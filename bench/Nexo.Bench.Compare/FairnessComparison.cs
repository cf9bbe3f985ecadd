using System.Globalization;
using System.Text.Json;

namespace Nexo.Bench.Compare;

/// <summary>
/// Whether a flood hurts others: the latency of a modest open loop, alone, and beside one connection that sends as fast
/// as it can.
/// </summary>
internal static class FairnessComparison
{
    private const int FloodDepth = 1_000;
    private const int ModestRate = 2_000;
    private const double FloodLeadSeconds = 1;

    public static async Task RunAsync(NexoContender nexo, double seconds, CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(nexo, cancel);
        var modest = new Work("get", 1, 10, 64, 100_000);
        await nexo.LoadAsync(server.Port, modest.Keys, modest.ValueBytes, cancel);
        Console.WriteLine($"GET, {modest.Clients} connections, open loop at {ModestRate:N0}/s");
        Console.WriteLine($"{"",-22}{"p50 µs",10}{"p99 µs",10}{"p99.9 µs",10}{"max µs",10}");
        Print("alone", await ModestAsync(nexo, server.Port, modest, seconds, cancel));

        Task flood = nexo.PutLoadAsync(
            server.Port, new Work("set", FloodDepth, 1, 64, 100_000), seconds + (2 * FloodLeadSeconds), cancel);
        await Task.Delay(TimeSpan.FromSeconds(FloodLeadSeconds), cancel);
        Print("beside a flood", await ModestAsync(nexo, server.Port, modest, seconds, cancel));
        await flood;
    }

    private static Task<JsonElement> ModestAsync(
        NexoContender nexo, int port, Work work, double seconds, CancellationToken cancel) =>
        nexo.BenchAsync(port, work, seconds, ["--rate", $"{ModestRate}", "--prefill", "false"], cancel);

    private static void Print(string name, JsonElement result) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-22}{Figure(result, "p50_us"),10:N0}{Figure(result, "p99_us"),10:N0}"
        + $"{Figure(result, "p999_us"),10:N0}{Figure(result, "max_us"),10:N0}"));

    private static double Figure(JsonElement result, string name) => result.GetProperty(name).GetDouble();
}
