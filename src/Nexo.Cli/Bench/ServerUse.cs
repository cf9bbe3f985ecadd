using System.Globalization;

namespace Nexo.Cli.Bench;

/// <summary>What a server tells that it uses.</summary>
/// <param name="Cpu">Processor time so far; null: it does not tell.</param>
/// <param name="ResidentBytes">Memory; null: it does not tell.</param>
internal readonly record struct ServerUse(TimeSpan? Cpu, long? ResidentBytes)
{
    public static ServerUse Ask(BenchConnector connector, TimeSpan timeout)
    {
        using var control = new BenchControl(connector, timeout);
        return Of(control.Info());
    }

    public static ServerUse Of(IReadOnlyDictionary<string, string> facts) => new(
        Number(facts, "server.cpu_ms") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
        Number(facts, "server.resident_bytes"));

    private static long? Number(IReadOnlyDictionary<string, string> facts, string name) =>
        facts.TryGetValue(name, out string? text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
}
