using System.Globalization;

namespace Nexo.Bench.Compare.Topics;

/// <summary>Prints measurements as they come, then medians and what Nexo is of the others.</summary>
internal static class TopicReport
{
    public static void Header() => Console.WriteLine(
        $"{"round",-7}{"work",-29}{"server",-12}{"published/s",13}{"delivered/s",13}{"p50 µs",10}{"p99 µs",10}{"p99.9 µs",10}"
        + $"{"CPU-s/M",9}{"client",8}{"MB",8}{"max MB",8}{"wrong",7}");

    public static void Line(TopicMeasurement row) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{(row.Round == 0 ? "median" : row.Round),-7}{Name(row),-29}{row.Contender,-12}"
        + $"{row.PublishedPerSecond,13:N0}{row.DeliveredPerSecond,13:N0}"
        + $"{row.P50Us,10:N0}{row.P99Us,10:N0}{row.P999Us,10:N0}"
        + $"{row.ServerCpuPerMillion,9:0.00}{row.ClientCpuPerMillion,8:0.00}"
        + $"{row.ResidentMegabytes,8:0.0}{row.ResidentMegabytesMax,8:0.0}{row.Wrong,7}{(row.Note is null ? "" : $"  {row.Note}")}"));

    /// <summary>Medians, and what each server is of those before it.</summary>
    public static void Summary(IReadOnlyList<TopicMeasurement> medians)
    {
        Console.WriteLine();
        Header();
        foreach (TopicMeasurement median in medians)
        {
            Line(median);
        }

        Console.WriteLine();
        foreach (IGrouping<string, TopicMeasurement> work in medians.GroupBy(Name))
        {
            TopicMeasurement[] rows = [.. work];
            for (int i = 1; i < rows.Length; i++)
            {
                foreach (TopicMeasurement peer in rows[..i])
                {
                    Console.WriteLine(Ratios(rows[i], peer));
                }
            }
        }
    }

    public static IReadOnlyList<TopicMeasurement> Medians(IEnumerable<TopicMeasurement> all) =>
    [
        .. all.GroupBy(row => (row.Work, IsPaced: row.Rate > 0, row.Contender))
            .Select(rounds => TopicMeasurement.Median([.. rounds])),
    ];

    private static string Name(TopicMeasurement row) => row.Rate > 0 ? $"{row.Work}, paced" : row.Work;

    private static string Ratios(TopicMeasurement of, TopicMeasurement to) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name(of)}: {of.Contender} / {to.Contender}: delivered {of.DeliveredPerSecond / to.DeliveredPerSecond:0.00}, "
        + $"server CPU {of.ServerCpuPerMillion / to.ServerCpuPerMillion:0.00}, "
        + $"p50 {of.P50Us / to.P50Us:0.00}, p99 {of.P99Us / to.P99Us:0.00}, p99.9 {of.P999Us / to.P999Us:0.00}, "
        + $"memory {of.ResidentMegabytesMax / to.ResidentMegabytesMax:0.00}");
}
