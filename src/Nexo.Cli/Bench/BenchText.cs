using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Nexo.Cli.Bench;

/// <summary>How benchmarks write figures, for people and as JSON.</summary>
internal static class BenchText
{
    // A run that was interrupted before it measured has no rates: null, since JSON has no infinity.
    public static void WriteFinite(this Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void AddIfAny(Table table, string label, long count)
    {
        if (count > 0)
        {
            table.AddRow(label, Number(count));
        }
    }

    public static string Latency(double microseconds) => microseconds < 1_000
        ? string.Create(CultureInfo.InvariantCulture, $"{microseconds:0.#} µs")
        : string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000:0.##} ms");

    public static string Number(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
