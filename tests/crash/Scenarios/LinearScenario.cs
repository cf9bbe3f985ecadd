using System.Diagnostics;
using Nexo.Crash.Ledger;
using Nexo.Crash.Linear;
using Nexo.Crash.Report;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Scenarios;

/// <summary>
/// Several clients on few keys, GET, SET, compare-and-set and INCREMENT, the server killed again and again: the whole
/// history, crashes included, must be linearizable.
/// </summary>
internal static class LinearScenario
{
    private const int Clients = 6;
    private const int Keys = 3;
    private const int LoadMsMax = 400;

    public static async Task<ScenarioResult> RunAsync(ScenarioOptions options, CancellationToken cancel)
    {
        var result = new ScenarioResult($"linear, {options.Launch.LedgerDefault}", options.Seed);
        var random = new Random(options.Seed);
        string data = Path.Combine(options.Scratch, $"linear-{options.Seed}");
        ServerLaunch launch = options.Launch with { DataDirectory = data };
        KeyRecorder[] keys = [.. Enumerable.Range(0, Keys).Select(_ => new KeyRecorder())];
        Durability wish = launch.Durability == Durability.Memory ? Durability.ServerDefault : Durability.Fsync;
        LinearClient[] clients =
            [.. Enumerable.Range(0, Clients).Select(i => new LinearClient(i, keys, wish, new Random(random.Next())))];
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (result.Cycles < options.Cycles
                && Stopwatch.GetElapsedTime(start) < options.Duration
                && result.Findings.Count == 0)
            {
                result.Cycles++;
                await CycleAsync(launch, keys, clients, random.Next(1, LoadMsMax), result, cancel);
                Judge(keys, result);
            }
        }
        catch (Exception failure) when (failure is ServerStartException or WireEndedException)
        {
            result.Findings.Add(new Finding(FindingKind.Service, launch.DataDirectory, failure.Message));
        }

        result.Took = Stopwatch.GetElapsedTime(start);
        return result;
    }

    private static async Task CycleAsync(
        ServerLaunch launch,
        KeyRecorder[] keys,
        LinearClient[] clients,
        int loadMs,
        ScenarioResult result,
        CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(launch, cancel);
        Task<(int Key, Call Call)?>[] runs =
            [.. clients.Select(client => Task.Run(() => client.RunAsync(server.Port, cancel), cancel))];
        await Task.Delay(loadMs, cancel);
        await server.KillAsync();
        (int Key, Call Call)?[] open = await Task.WhenAll(runs);

        // Only now: while the server lived each of them could still happen.
        for (int i = 0; i < open.Length; i++)
        {
            if (open[i] is { } left)
            {
                keys[left.Key].Ended(i, left.Call);
                result.Count("calls without an answer");
            }
        }
    }

    private static void Judge(KeyRecorder[] keys, ScenarioResult result)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i].Judge() is { } wrong)
            {
                result.Findings.Add(new Finding(FindingKind.Order, $"linear{i}", $"not linearizable:\n{wrong}"));
            }
        }

        result.Acknowledged = keys.Sum(key => key.Answered);
        result.Durable = result.Acknowledged;
    }
}
