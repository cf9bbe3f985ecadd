using System.Diagnostics;
using System.Net.Sockets;
using Nexo.Client;
using Nexo.Siege.Server;

namespace Nexo.Siege.Floods;

/// <summary>
/// A flood against a server that somebody else works with. Broken is: the server ends, its memory grows without a bound, the other one is
/// cut or gets no answer, descriptors stay behind, or nobody can log in afterwards.
/// </summary>
internal static class FloodScenario
{
    private const int DescriptorsSpare = 25;
    private static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CleanWithin = TimeSpan.FromSeconds(40);

    /// <summary>In the order in which they are run.</summary>
    public static IReadOnlyList<Flood> All { get; } =
    [
        new("half-open", ConnectionFloods.HalfOpenAsync),
        new("silent", ConnectionFloods.SilentAsync),
        new("slow-headers", ConnectionFloods.SlowHeadersAsync),
        new("connects", ConnectionFloods.ConnectsAsync),
        new("descriptors", ConnectionFloods.SilentAsync) { Wrapper = ["prlimit", "--nofile=400:400"] },
        new("never-reads-before-login", ClientFloods.NeverReadsBeforeLoginAsync),
        new("never-reads-after-login", ClientFloods.NeverReadsAfterLoginAsync) { MemoryMax = 600L * 1_024 * 1_024 },
        new("never-reads-topics", ClientFloods.NeverReadsTopicsAsync) { MemoryMax = 600L * 1_024 * 1_024 },
        new("guessing", ClientFloods.GuessingAsync) { MemoryMax = 200L * 1_024 * 1_024 },
    ];

    public static async Task<SiegeResult> RunAsync(Flood flood, SiegeOptions options, CancellationToken cancel)
    {
        var result = new SiegeResult(flood.Name);
        await using Besieged server = await Besieged.StartAsync(options, flood.Settings, flood.Wrapper, cancel);
        await using Witness witness = await Witness.BeginAsync(server, cancel);
        await Task.Delay(QuietFor, cancel);
        WitnessReport quiet = witness.Take();
        int descriptors = ProcessWatch.DescriptorsOf(server.Process.Id);

        await using var watch = new ProcessWatch(server.Process.Id);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(options.Duration);
        var field = new FloodField(server, options.Size, stop.Token);
        long since = Stopwatch.GetTimestamp();
        await flood.RunAsync(field);
        double seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        WitnessReport under = witness.Take();
        if (server.Process.HasExited)
        {
            result.Findings.Add($"the server ended with {server.Process.ExitCode}:\n{server.Process.Log}");
            return result;
        }

        double cpu = watch.CpuSeconds;

        bool isClean = await IsCleanAsync(server, descriptors, cancel);
        await LogInAsync(server, result, cancel);
        WitnessReport after = witness.Take();

        result.Add("done", $"{field.Done:N0} ({field.Done / seconds:N0}/s)");
        result.Add("refused or cut", $"{field.Refused:N0}");
        result.Add("server CPU", $"{cpu / seconds:P0}");
        result.Add("resident MB, before → most", $"{watch.ResidentAtStart >> 20} → {watch.ResidentMax >> 20}");
        result.Add("descriptors, most", $"{watch.DescriptorsMax}");
        result.Add("another's p50 ms, before → under", $"{quiet.P50Ms:N2} → {under.P50Ms:N2}");
        result.Add("p99 ms", $"{quiet.P99Ms:N2} → {under.P99Ms:N2}");
        result.Require(field.Done > 0, "the flood did nothing");
        result.Require(
            watch.ResidentMax - watch.ResidentAtStart < flood.MemoryMax,
            $"it took {(watch.ResidentMax - watch.ResidentAtStart) >> 20} MB");
        result.Require(under.Commands > 0, "nobody else was served");
        result.Require(
            under.Failures + after.Failures == 0, $"somebody else was not served: {under.FirstFailure ?? after.FirstFailure}");
        result.Require(isClean, $"{ProcessWatch.DescriptorsOf(server.Process.Id)} descriptors stayed, of {descriptors}");
        result.Require(server.Alarms.Count == 0, $"the log tells of a defect: {string.Join('\n', server.Alarms.Take(5))}");
        return result;
    }

    private static async Task<bool> IsCleanAsync(Besieged server, int descriptors, CancellationToken cancel)
    {
        long since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < CleanWithin)
        {
            if (ProcessWatch.DescriptorsOf(server.Process.Id) <= descriptors + DescriptorsSpare)
            {
                return true;
            }

            await Task.Delay(200, cancel);
        }

        return false;
    }

    private static async Task LogInAsync(Besieged server, SiegeResult result, CancellationToken cancel)
    {
        try
        {
            await using NexoClient client = await server.ConnectAsync(cancel);
            await client.PingAsync(cancel);
        }
        catch (Exception failure) when (failure is NexoException or SocketException or TimeoutException)
        {
            result.Findings.Add($"nobody could log in afterwards: {failure.Message}");
        }
    }
}
