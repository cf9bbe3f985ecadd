using System.Net.Sockets;
using Nexo.Bench.Compare.Topics.Proofs;
using Nexo.Cli.Bench.Topics;
using Nexo.Cli.Terminal;

namespace Nexo.Bench.Compare.Topics;

/// <summary>What is asked for.</summary>
internal sealed record TopicComparisonOptions
{
    public required IReadOnlyList<TopicWork> Works { get; init; }

    public required int Rounds { get; init; }

    public required double Seconds { get; init; }

    public required int Window { get; init; }

    public required int BatchMax { get; init; }

    /// <summary>Of the slowest's peak; 0: no run at a fixed rate.</summary>
    public required double PacedShare { get; init; }
}

/// <summary>
/// Measures servers in turn, A B C A B C, each time on a process that has just been started. First each as fast as the window
/// lets, then all at the same fixed rate, which is a share of what the slowest of them has reached in the first round.
/// </summary>
internal sealed class TopicComparison(TopicComparisonOptions options, IReadOnlyList<TopicContender> contenders)
{
    /// <summary>What may be under way in all, so that a wide fan-out does not measure how long its window is.</summary>
    public const int DeliveriesMax = 200_000;

    private const double WarmUpShare = 0.25;
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Runs all rounds; each measurement is handed over as soon as it is there. A peer that fails or loses is left out of that
    /// round, with a word; a Nexo that does ends the comparison.
    /// </summary>
    public async Task<IReadOnlyList<TopicMeasurement>> RunAsync(Action<TopicMeasurement> measured, CancellationToken cancel)
    {
        var all = new List<TopicMeasurement>();
        var rates = new Dictionary<string, double>();
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (TopicWork work in options.Works)
            {
                all.AddRange(await MeasureAllAsync(work, 0, round, measured, cancel));
                if (options.PacedShare > 0)
                {
                    if (!rates.TryGetValue(work.Name, out double rate))
                    {
                        // None: all have failed, which only peers may.
                        rate = options.PacedShare * all.Where(row => row.Work == work.Name)
                            .Select(row => row.PublishedPerSecond).DefaultIfEmpty().Min();
                        rates[work.Name] = rate;
                    }

                    if (rate > 0)
                    {
                        all.AddRange(await MeasureAllAsync(work, rate, round, measured, cancel));
                    }
                }
            }
        }

        return all;
    }

    /// <summary>Runs proofs on each server in turn. A Nexo that loses a message ends them.</summary>
    public async Task<IReadOnlyList<TopicMeasurement>> ProveAsync(
        IReadOnlyList<TopicProof> proofs, Action<TopicMeasurement> measured, CancellationToken cancel)
    {
        var all = new List<TopicMeasurement>();
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (TopicProof proof in proofs)
            {
                foreach (TopicContender contender in contenders)
                {
                    void Take(TopicMeasurement row)
                    {
                        all.Add(row);
                        measured(row);
                        RequireExact(contender, row);
                    }

                    try
                    {
                        await proof.RunAsync(contender, round, Take, cancel);
                    }
                    catch (Exception failure) when (!contender.IsNexo && IsFailure(failure))
                    {
                        await Console.Error.WriteLineAsync($"{contender.Name}, round {round}: {failure.Message} Left out.");
                    }
                }
            }
        }

        return all;
    }

    private static void RequireExact(TopicContender contender, TopicMeasurement row)
    {
        if (contender.IsNexo && row.Wrong > 0)
        {
            throw new CompareFailure($"{contender.Name} did not deliver exactly what was published: {row.Wrong} are wrong.");
        }
    }

    private async Task<List<TopicMeasurement>> MeasureAllAsync(
        TopicWork work, double rate, int round, Action<TopicMeasurement> measured, CancellationToken cancel)
    {
        var rows = new List<TopicMeasurement>();
        foreach (TopicContender contender in contenders)
        {
            if (await TryMeasureAsync(contender, work, rate, round, cancel) is not { } row)
            {
                continue;
            }

            measured(row);
            RequireExact(contender, row);
            if (row.Wrong == 0)
            {
                rows.Add(row);
            }
            else
            {
                await Console.Error.WriteLineAsync($"{contender.Name}, round {round}: {row.Wrong} wrong, left out");
            }
        }

        return rows;
    }

    /// <summary>Null: a peer has failed.</summary>
    private async Task<TopicMeasurement?> TryMeasureAsync(
        TopicContender contender, TopicWork work, double rate, int round, CancellationToken cancel)
    {
        try
        {
            TopicMeasurement row = await MeasureAsync(contender, work, rate, round, cancel);
            return row.DeliveredPerSecond > 0 ? row : throw new CompareFailure($"{contender.Name} has delivered nothing.");
        }
        catch (Exception failure) when (!contender.IsNexo && IsFailure(failure))
        {
            await Console.Error.WriteLineAsync($"{contender.Name}, round {round}: {failure.Message} Left out.");
            return null;
        }
    }

    // As a server that cuts a connection, does not answer, or cannot be started.
    private static bool IsFailure(Exception failure) =>
        failure is CliFailure or CompareFailure or SocketException or IOException or TimeoutException;

    private async Task<TopicMeasurement> MeasureAsync(
        TopicContender contender, TopicWork work, double rate, int round, CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
        using TopicLoad load = contender.NewLoad(work, server.Port, SilenceMax);
        await using CancellationTokenRegistration stop = cancel.Register(load.Stop);
        load.Subscribe();
        await load.StartAsync(Phase(work, options.Seconds * WarmUpShare, rate));
        double cpuBefore = server.CpuSeconds;
        TopicPhase phase = Phase(work, options.Seconds, rate);
        TopicPhaseResult result = await load.StartAsync(phase);
        cancel.ThrowIfCancellationRequested();
        return TopicMeasurement.Of(contender.Name, work.Name, phase, round, result, server, cpuBefore);
    }

    public static int WindowOf(int window, int receivers) => Math.Clamp(DeliveriesMax / receivers, 1, window);

    private TopicPhase Phase(TopicWork work, double seconds, double rate) => new()
    {
        Duration = TimeSpan.FromSeconds(seconds),
        Rate = rate,
        Window = WindowOf(options.Window, work.Receivers),
        BatchMax = options.BatchMax,
    };
}
