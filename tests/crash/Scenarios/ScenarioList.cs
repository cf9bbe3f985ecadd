using Nexo.Crash.Report;
using Nexo.Crash.Server;
using Nexo.Protocol;

namespace Nexo.Crash.Scenarios;

/// <summary>
/// The long form: which scenarios there are, with how many cycles, and the run of some or all of them.
/// </summary>
internal sealed class ScenarioList(
    IReadOnlyList<string> program, string scratch, int seed, TimeSpan duration, int? cycles, bool lie)
{
    private const int KillCycles = 300;
    private const int PowerCycles = 120;
    private const int FullCycles = 6;
    private const int FaultCycles = 80;
    private const int LinearCycles = 200;

    public static IReadOnlyList<string> Names { get; } =
        ["kill", "queue-kill", "topic-kill", "stream-kill", "mqtt-kill", "resp-kill", "space-kill", "power", "full", "faults", "linear"];

    /// <exception cref="ArgumentException">There is no such scenario.</exception>
    public async Task<IReadOnlyList<ScenarioResult>> RunAsync(string name, CancellationToken cancel)
    {
        List<Func<TimeSpan, Task<ScenarioResult>>> runs =
            [.. Names.Where(known => name == "all" || known == name).SelectMany(known => Runs(known, cancel))];
        if (runs.Count == 0)
        {
            throw new ArgumentException($"no scenario {name}; there are {string.Join(", ", Names)}, and all");
        }

        long start = TimeProvider.System.GetTimestamp();
        List<ScenarioResult> results = [];
        for (int i = 0; i < runs.Count; i++)
        {
            // What one of them leaves of its share is for those that follow.
            TimeSpan left = duration - TimeProvider.System.GetElapsedTime(start);
            ScenarioResult result = await runs[i](left / (runs.Count - i));
            result.RequireWork();
            Say(result.ToString());
            results.Add(result);
        }

        return results;
    }

    private IEnumerable<Func<TimeSpan, Task<ScenarioResult>>> Runs(string name, CancellationToken cancel)
    {
        switch (name)
        {
            case "kill":
                yield return time => KillScenario.RunAsync(Options(0, KillCycles, time, Durability.Fsync), cancel);
                yield return time => KillScenario.RunAsync(Options(1, KillCycles, time, Durability.Interval), cancel);
                break;
            case "queue-kill":
                yield return time => KillScenario.RunQueuesAsync(Options(7, KillCycles, time, Durability.Fsync), cancel);
                break;
            case "topic-kill":
                yield return time => KillScenario.RunTopicsAsync(Options(8, KillCycles, time, Durability.Fsync), cancel);
                break;
            case "stream-kill":
                yield return time => KillScenario.RunStreamsAsync(Options(9, KillCycles, time, Durability.Fsync), cancel);
                break;
            case "mqtt-kill":
                yield return time => KillScenario.RunMqttAsync(Options(10, KillCycles, time, Durability.Fsync), cancel);
                break;
            case "resp-kill":
                yield return time => KillScenario.RunRespAsync(Options(11, KillCycles, time, Durability.Fsync), cancel);
                break;
            case "space-kill":
                yield return time => KillScenario.RunSpacesAsync(Options(12, KillCycles, time, Durability.Fsync), cancel);
                break;
            case "power":
                yield return time => PowerScenario.RunAsync(Options(2, PowerCycles, time, Durability.Fsync), cancel);
                yield return time => PowerScenario.RunAsync(Options(3, PowerCycles, time, Durability.Interval), cancel);
                break;
            case "full":
                yield return time => FullScenario.RunAsync(Options(4, FullCycles, time, Durability.Fsync), cancel);
                break;
            case "faults":
                yield return time => FaultScenario.RunAsync(Options(5, FaultCycles, time, Durability.Fsync), cancel);
                break;
            case "linear":
                yield return time =>
                    LinearScenario.RunAsync(Options(6, LinearCycles, time, Durability.Interval), cancel);
                break;
            default:
                break;
        }
    }

    private ScenarioOptions Options(int run, int usualCycles, TimeSpan time, Durability durability) => new()
    {
        Launch = new ServerLaunch
        {
            Program = program,
            DataDirectory = string.Empty,
            Durability = lie ? Durability.Memory : durability,
            Claimed = lie ? durability : null,
            Settings = lie ? [] : ServerLaunch.SmallLog,
        },
        Scratch = scratch,
        Seed = seed + run,
        Cycles = cycles ?? usualCycles,
        Duration = time,
        Say = Say,
    };

    private static void Say(string line) => Console.Error.WriteLine(line);
}
