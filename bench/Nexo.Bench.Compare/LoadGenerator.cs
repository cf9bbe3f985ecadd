using System.Globalization;
using System.Text.Json;

namespace Nexo.Bench.Compare;

/// <summary><c>nexo bench store</c>, which speaks the Nexo protocol and RESP.</summary>
internal sealed class LoadGenerator(string binary)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <summary>Runs it; returns the object that it prints.</summary>
    public async Task<JsonElement> RunAsync(
        string url, Work work, double seconds, IEnumerable<string> more, CancellationToken cancel)
    {
        string output = await Tool.RunAsync(
            binary,
            [
                "bench", "store", "--url", url, "--json", "--warm-up", "0",
                "--op", work.Operation, "--clients", $"{work.Clients}", "--pipeline", $"{work.Depth}",
                "--size", $"{work.ValueBytes}", "--keys", $"{work.Keys}",
                "--seconds", seconds.ToString(CultureInfo.InvariantCulture), .. more,
            ],
            TimeSpan.FromSeconds(seconds) + Slack,
            cancel);
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
