using System.Globalization;

namespace Nexo.Bench.Compare.Queues;

/// <summary>Prints measurements as they come, then medians and what Nexo is of the others.</summary>
internal static class QueueReport
{
    public static void Header() => Console.WriteLine(
        $"{"round",-7}{"queue",-18}{"confirm",-10}{"publish/s",11}{"drain/s",10}{"e2e/s",10}{"backlog",10}{"p50 µs",11}{"p99 µs",11}"
        + $"{"CPU-s/M",9}{"e2e",8}{"client",8}{"MB",8}{"max MB",8}");

    public static void Line(QueueMeasurement row)
    {
        QueueFigures figures = row.Figures;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(row.Round == 0 ? "median" : row.Round),-7}{row.Contender,-18}{row.Confirmed.ToString().ToLowerInvariant(),-10}"
            + $"{figures.PublishPerSecond,11:N0}{figures.DrainPerSecond,10:N0}{figures.EndToEndPerSecond,10:N0}"
            + $"{OrDash(figures.Backlog, "N0"),10}{figures.P50Us,11:N0}{figures.P99Us,11:N0}"
            + $"{row.ServerCpuPerMillion,9:0.0}{OrDash(figures.EndToEndCpuPerMillion, "0.0"),8}{row.ClientCpuPerMillion,8:0.0}"
            + $"{row.ResidentMegabytes,8:0.0}{row.ResidentMegabytesMax,8:0.0}"));
    }

    /// <summary>Medians, and what each Nexo is of every queue that promises no more than it.</summary>
    public static void Summary(IReadOnlyList<QueueMeasurement> medians)
    {
        Console.WriteLine();
        Header();
        foreach (QueueMeasurement median in medians)
        {
            Line(median);
        }

        Console.WriteLine();
        foreach (QueueMeasurement nexo in medians.Where(IsNexo))
        {
            foreach (QueueMeasurement peer in medians.Where(row => !IsNexo(row) && row.Confirmed <= nexo.Confirmed))
            {
                Console.WriteLine(Ratios(nexo, peer));
            }
        }
    }

    public static IReadOnlyList<QueueMeasurement> Medians(IEnumerable<QueueMeasurement> all) =>
        [.. all.GroupBy(row => row.Contender).Select(rounds => QueueMeasurement.Median([.. rounds]))];

    private static string Ratios(QueueMeasurement nexo, QueueMeasurement peer)
    {
        (QueueFigures of, QueueFigures to) = (nexo.Figures, peer.Figures);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{nexo.Contender} / {peer.Contender}: publish {of.PublishPerSecond / to.PublishPerSecond:0.00}, "
            + $"drain {of.DrainPerSecond / to.DrainPerSecond:0.00}, "
            + $"end to end {of.EndToEndPerSecond / to.EndToEndPerSecond:0.00}, "
            + $"p50 {of.P50Us / to.P50Us:0.00}, p99 {of.P99Us / to.P99Us:0.00}, "
            + $"server CPU {nexo.ServerCpuPerMillion / peer.ServerCpuPerMillion:0.00}, "
            + $"memory {nexo.ResidentMegabytesMax / peer.ResidentMegabytesMax:0.00}");
    }

    private static bool IsNexo(QueueMeasurement row) =>
        row.Contender.StartsWith(QueueContenders.NexoPrefix, StringComparison.Ordinal);

    private static string OrDash(double? figure, string format) => figure?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
