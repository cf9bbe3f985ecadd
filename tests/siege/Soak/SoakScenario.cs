using System.Diagnostics;
using Nexo.Siege.Server;

namespace Nexo.Siege.Soak;

/// <summary>
/// Ordinary work on all brokers for a long time, at a pace: memory, descriptors and disk must come to rest. The most of the last quarter
/// is compared with the most of the second.
/// </summary>
internal static class SoakScenario
{
    private const double MemoryGrowth = 1.1;
    private const long MemorySpare = 24L << 20;
    private const int DescriptorsSpare = 16;
    private const double DiskGrowth = 1.2;
    private const long DiskSpare = 64L << 20;

    // Before that pools and caches are still being filled.
    private static readonly TimeSpan RestsAfter = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(5);

    public static async Task<SiegeResult> RunAsync(SiegeOptions options, CancellationToken cancel)
    {
        var result = new SiegeResult($"soak, {options.Duration.TotalMinutes:N1} min");
        await using Besieged server = await Besieged.StartAsync(
            options, ["storage.segment-bytes=16mb", "storage.snapshot-wal-bytes=32mb"], [], cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(options.Duration);
        var work = new SoakWork(server, stop.Token);
        Task working = work.RunAsync();
        List<Sample> samples = [];
        TimeSpan between = TimeSpan.FromSeconds(Math.Clamp(options.Duration.TotalSeconds / 200, 0.1, 10));
        long said = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested && !server.Process.HasExited)
        {
            samples.Add(Sample.Of(server));
            if (Stopwatch.GetElapsedTime(said) > SayEvery)
            {
                said = Stopwatch.GetTimestamp();
                options.Say($"soak: {work}; {samples[^1]}");
            }

            await Task.Delay(between, CancellationToken.None);
        }

        await working;
        int quarter = samples.Count / 4;
        Sample before = Sample.MostOf(samples.Skip(quarter).Take(quarter));
        Sample at = Sample.MostOf(samples.Skip(3 * quarter));
        result.Add("work", $"{work.Done:N0}");
        result.Add("resident MB, second → last quarter", $"{before.Resident >> 20} → {at.Resident >> 20}");
        result.Add("descriptors", $"{before.Descriptors} → {at.Descriptors}");
        result.Add("disk MB", $"{before.Disk >> 20} → {at.Disk >> 20}");
        result.Add("failures", $"{work.Failures}");
        result.Require(!server.Process.HasExited, $"the server ended:\n{server.Process.Log}");
        result.Require(work.Done > 0, "nothing was done");
        result.Require(work.Failures == 0, $"work failed: {work.FirstFailure}");
        bool mayGrow = options.Duration < RestsAfter;
        result.Require(mayGrow || at.Resident <= (before.Resident * MemoryGrowth) + MemorySpare, "resident memory grows");
        result.Require(mayGrow || at.Descriptors <= before.Descriptors + DescriptorsSpare, "descriptors grow");
        result.Require(mayGrow || at.Disk <= (before.Disk * DiskGrowth) + DiskSpare, "the data directory grows");
        result.Require(server.Alarms.Count == 0, $"the log tells of a defect:\n{string.Join('\n', server.Alarms.Take(20))}");
        return result;
    }

    private sealed record Sample(long Resident, int Descriptors, long Disk)
    {
        public static Sample Of(Besieged server) => new(
            ProcessWatch.ResidentOf(server.Process.Id), ProcessWatch.DescriptorsOf(server.Process.Id), BytesBelow(server.Directory));

        public static Sample MostOf(IEnumerable<Sample> samples) => samples.Aggregate(
            new Sample(0, 0, 0),
            (most, sample) => new Sample(
                Math.Max(most.Resident, sample.Resident),
                Math.Max(most.Descriptors, sample.Descriptors),
                Math.Max(most.Disk, sample.Disk)));

        public override string ToString() => $"resident {Resident >> 20} MB, {Descriptors} descriptors, {Disk >> 20} MB on disk";

        private static long BytesBelow(string directory)
        {
            long bytes = 0;
            foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                try
                {
                    bytes += file.Length;
                }
                catch (FileNotFoundException)
                {
                    // Gone since it was listed.
                }
            }

            return bytes;
        }
    }
}
