using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics;

/// <summary>One server, one work, one round; or, with <see cref="Round"/> 0, the medians of all rounds.</summary>
internal sealed record TopicMeasurement
{
    private const double MegabyteBytes = 1_000_000;

    public required string Contender { get; init; }

    public required string Work { get; init; }

    /// <summary>Messages a second that were published in an open loop; 0: as fast as the window let.</summary>
    public required double Rate { get; init; }

    public required int Round { get; init; }

    public required double PublishedPerSecond { get; init; }

    public required double DeliveredPerSecond { get; init; }

    public required double P50Us { get; init; }

    public required double P99Us { get; init; }

    public required double P999Us { get; init; }

    /// <summary>Processor seconds of the server per million deliveries.</summary>
    public required double ServerCpuPerMillion { get; init; }

    public required double ClientCpuPerMillion { get; init; }

    /// <summary>At the end, with everybody connected.</summary>
    public required double ResidentMegabytes { get; init; }

    public required double ResidentMegabytesMax { get; init; }

    /// <summary>Messages that did not come, came twice or out of order; 0 of every measurement that counts.</summary>
    public required long Wrong { get; init; }

    /// <summary>What else was found.</summary>
    public string? Note { get; init; }

    /// <summary>What a phase found, and what its server needed for it.</summary>
    /// <param name="cpuBefore">The server's processor seconds when the phase began.</param>
    public static TopicMeasurement Of(
        string contender,
        string work,
        TopicPhase phase,
        int round,
        TopicPhaseResult result,
        ServerProcess server,
        double cpuBefore) => new()
        {
            Contender = contender,
            Work = work,
            Rate = phase.Rate,
            Round = round,
            PublishedPerSecond = result.PublishedPerSecond,
            DeliveredPerSecond = result.DeliveredPerSecond,
            P50Us = result.LatencyUs(50),
            P99Us = result.LatencyUs(99),
            P999Us = result.LatencyUs(99.9),
            ServerCpuPerMillion = (server.CpuSeconds - cpuBefore) * 1e6 / result.Counts.Delivered,
            ClientCpuPerMillion = result.ClientCpuPerMillion,
            ResidentMegabytes = server.ResidentBytes / MegabyteBytes,
            ResidentMegabytesMax = server.ResidentBytesMax / MegabyteBytes,
            Wrong = result.IsExact
                ? 0
                : Math.Max(1, Math.Max(result.Missing, result.Counts.Repeated + result.Counts.Mismatches)),
        };

    /// <summary>Each figure's own median.</summary>
    public static TopicMeasurement Median(IReadOnlyList<TopicMeasurement> rounds) => rounds[0] with
    {
        Round = 0,
        PublishedPerSecond = MedianOf(rounds, round => round.PublishedPerSecond),
        DeliveredPerSecond = MedianOf(rounds, round => round.DeliveredPerSecond),
        P50Us = MedianOf(rounds, round => round.P50Us),
        P99Us = MedianOf(rounds, round => round.P99Us),
        P999Us = MedianOf(rounds, round => round.P999Us),
        ServerCpuPerMillion = MedianOf(rounds, round => round.ServerCpuPerMillion),
        ClientCpuPerMillion = MedianOf(rounds, round => round.ClientCpuPerMillion),
        ResidentMegabytes = MedianOf(rounds, round => round.ResidentMegabytes),
        ResidentMegabytesMax = MedianOf(rounds, round => round.ResidentMegabytesMax),
        Wrong = rounds.Sum(round => round.Wrong),
    };

    private static double MedianOf(IReadOnlyList<TopicMeasurement> rounds, Func<TopicMeasurement, double> figure) =>
        StoreMeasurement.MedianOf([.. rounds.Select(figure)]);
}
