using System.Globalization;

namespace Nexo.Bench.Compare.Streams;

/// <summary>Prints measurements as they come, then medians and what Nexo is of the others and of the machine.</summary>
internal static class StreamReport
{
    public static void Header() => Console.WriteLine(
        $"{"round",-7}{"stream",-16}{"confirm",-10}{"bytes",6}{"append/s",11}{"MB/s",7}{"read/s",12}{"MB/s",7}"
        + $"{"tail p50 µs",13}{"p99 µs",10}{"append CPU",11}{"read",7}{"tail",7}{"client",8}{"MB",8}{"max MB",8}");

    public static void Line(StreamMeasurement row)
    {
        StreamFigures figures = row.Figures;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(row.Round == 0 ? "median" : row.Round),-7}{row.Contender,-16}{row.Confirmed.ToString().ToLowerInvariant(),-10}"
            + $"{row.ValueBytes,6}{figures.AppendPerSecond,11:N0}{Megabytes(row, figures.AppendPerSecond),7:0}"
            + $"{figures.ReadPerSecond,12:N0}{Megabytes(row, figures.ReadPerSecond),7:0}"
            + $"{figures.TailP50Us,13:N0}{figures.TailP99Us,10:N0}"
            + $"{figures.AppendCpuPerMillion,11:0.00}{figures.ReadCpuPerMillion,7:0.00}{figures.TailCpuPerMillion,7:0.0}"
            + $"{row.ClientCpuPerMillion,8:0.0}{row.ResidentMegabytes,8:0.0}{row.ResidentMegabytesMax,8:0.0}"));
    }

    /// <summary>Medians, and what each Nexo is of every stream that promises no more than it.</summary>
    public static void Summary(IReadOnlyList<StreamMeasurement> medians)
    {
        Console.WriteLine();
        Header();
        foreach (StreamMeasurement median in medians)
        {
            Line(median);
        }

        Console.WriteLine();
        foreach (StreamMeasurement nexo in medians.Where(IsNexo))
        {
            Console.WriteLine(OfTheMachine(nexo));
            foreach (StreamMeasurement peer in medians.Where(row =>
                !IsNexo(row) && row.Confirmed <= nexo.Confirmed && row.ValueBytes == nexo.ValueBytes))
            {
                Console.WriteLine(Ratios(nexo, peer));
            }
        }
    }

    public static IReadOnlyList<StreamMeasurement> Medians(IEnumerable<StreamMeasurement> all) =>
        [.. all.GroupBy(row => (row.ValueBytes, row.Contender)).Select(rounds => StreamMeasurement.Median([.. rounds]))];

    private static string OfTheMachine(StreamMeasurement nexo) => string.Create(
        CultureInfo.InvariantCulture,
        $"{nexo.Contender}, {nexo.ValueBytes} B: append {Megabytes(nexo, nexo.Figures.AppendPerSecond):0} MB/s of the disk's "
        + $"{nexo.Limits.DiskMegabytesPerSecond:0} MB/s in blocks of 256 KiB ({nexo.Limits.SyncsPerSecond:N0} syncs/s of 4 KiB), "
        + $"read {Megabytes(nexo, nexo.Figures.ReadPerSecond):0} MB/s of the loopback's {nexo.Limits.LoopbackMegabytesPerSecond:0} MB/s");

    private static string Ratios(StreamMeasurement nexo, StreamMeasurement peer)
    {
        (StreamFigures of, StreamFigures to) = (nexo.Figures, peer.Figures);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{nexo.Contender} / {peer.Contender}, {nexo.ValueBytes} B: append {of.AppendPerSecond / to.AppendPerSecond:0.00}, "
            + $"read {of.ReadPerSecond / to.ReadPerSecond:0.00}, tail p50 {of.TailP50Us / to.TailP50Us:0.00}, "
            + $"p99 {of.TailP99Us / to.TailP99Us:0.00}, CPU of an append {of.AppendCpuPerMillion / to.AppendCpuPerMillion:0.00}, "
            + $"of a read {of.ReadCpuPerMillion / to.ReadCpuPerMillion:0.00}, "
            + $"memory {nexo.ResidentMegabytesMax / peer.ResidentMegabytesMax:0.00}");
    }

    private static double Megabytes(StreamMeasurement row, double perSecond) => perSecond * row.ValueBytes / 1e6;

    private static bool IsNexo(StreamMeasurement row) =>
        row.Contender.StartsWith(StreamContenders.NexoPrefix, StringComparison.Ordinal);
}
