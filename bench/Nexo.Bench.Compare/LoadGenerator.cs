using System.Globalization;
using System.Text.Json;

namespace Nexo.Bench.Compare;

/// <summary><c>nexo bench store</c>, which speaks the Nexo protocol and RESP.</summary>
internal sealed class LoadGenerator(string binary)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <summary>Runs it; returns the object that it prints.</summary>
    public Task<JsonElement> RunAsync(
        string url, Work work, double seconds, IEnumerable<string> more, CancellationToken cancel) =>
        RunAsync(
            binary,
            [
                "bench", "store", "--url", url, "--json", "--warm-up", "0",
                "--op", work.Operation, "--clients", $"{work.Clients}", "--pipeline", $"{work.Depth}",
                "--size", $"{work.ValueBytes}", "--keys", $"{work.Keys}",
                "--seconds", seconds.ToString(CultureInfo.InvariantCulture), .. more,
            ],
            TimeSpan.FromSeconds(seconds) + Slack,
            cancel);

    /// <summary>Any of the binary's load generators, which print one object.</summary>
    public static async Task<JsonElement> RunAsync(
        string binary, IEnumerable<string> arguments, TimeSpan within, CancellationToken cancel)
    {
        using JsonDocument document = JsonDocument.Parse(await Tool.RunAsync(binary, arguments, within, cancel));
        return document.RootElement.Clone();
    }
}
