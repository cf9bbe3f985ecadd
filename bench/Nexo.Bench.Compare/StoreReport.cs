using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexo.Bench.Compare;

/// <summary>Prints measurements as they come, then medians and their ratios.</summary>
internal static class StoreReport
{
    private static readonly JsonSerializerOptions JsonForm = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static void Header() => Console.WriteLine(
        $"{"round",-7}{"work",-14}{"server",-14}{"ops/s",12}{"p50 µs",10}{"p99 µs",10}{"p99.9 µs",10}"
        + $"{"CPU-s/M",10}{"client",10}{"MB",8}");

    public static void Line(StoreMeasurement row) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{(row.Round == 0 ? "median" : row.Round),-7}"
        + $"{row.Operation.ToUpperInvariant() + " ×" + row.Depth,-14}{row.Contender,-14}"
        + $"{row.OperationsPerSecond,12:N0}{row.P50Us,10:N0}{row.P99Us,10:N0}{row.P999Us,10:N0}"
        + $"{row.ServerCpuPerMillion,10:0.00}{row.ClientCpuPerMillion,10:0.00}{row.ResidentMegabytes,8:0.0}"));

    /// <summary>Medians of every cell, and what each contender is of the first one.</summary>
    public static void Summary(IReadOnlyList<StoreMeasurement> medians)
    {
        Console.WriteLine();
        Header();
        foreach (StoreMeasurement median in medians)
        {
            Line(median);
        }

        Console.WriteLine();
        foreach (IGrouping<(string, int), StoreMeasurement> cell in medians.GroupBy(m => (m.Operation, m.Depth)))
        {
            foreach (StoreMeasurement other in cell.Skip(1))
            {
                StoreMeasurement reference = cell.FirstOrDefault(m => Contenders.Again(m.Contender) == other.Contender)
                    ?? cell.First();
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{cell.Key.Item1.ToUpperInvariant() + " ×" + cell.Key.Item2,-10} {other.Contender} / {reference.Contender}: "
                    + $"throughput {other.OperationsPerSecond / reference.OperationsPerSecond:0.00}, "
                    + $"server CPU {other.ServerCpuPerMillion / reference.ServerCpuPerMillion:0.00}, "
                    + $"p50 {other.P50Us / reference.P50Us:0.00}, p99 {other.P99Us / reference.P99Us:0.00}, "
                    + $"p99.9 {other.P999Us / reference.P999Us:0.00}, "
                    + $"memory {other.ResidentMegabytes / reference.ResidentMegabytes:0.00}"));
            }
        }
    }

    public static IReadOnlyList<StoreMeasurement> Medians(IEnumerable<StoreMeasurement> all) =>
    [
        .. all.GroupBy(row => (row.Operation, row.Depth, row.Contender))
            .Select(rounds => StoreMeasurement.Median([.. rounds])),
    ];

    /// <summary>Every round and the medians, of any comparison.</summary>
    public static async Task WriteJsonAsync<T>(string path, IReadOnlyList<T> all, IReadOnlyList<T> medians)
    {
        await using FileStream file = File.Create(path);
        await JsonSerializer.SerializeAsync(file, new { rounds = all, medians }, JsonForm);
    }
}
