namespace Nexo.Bench.Compare;

/// <summary>One contender at one work in one round. Latencies in microseconds.</summary>
internal sealed record StoreMeasurement
{
    public required string Contender { get; init; }

    public required string Operation { get; init; }

    public required int Depth { get; init; }

    /// <summary>From 1; 0 for the median of all rounds.</summary>
    public required int Round { get; init; }

    public required double OperationsPerSecond { get; init; }

    public required double P50Us { get; init; }

    public required double P99Us { get; init; }

    public required double P999Us { get; init; }

    /// <summary>Processor seconds of the server per million operations.</summary>
    public required double ServerCpuPerMillion { get; init; }

    public required double ClientCpuPerMillion { get; init; }

    public required double ResidentMegabytes { get; init; }

    /// <summary>Each figure's own median.</summary>
    public static StoreMeasurement Median(IReadOnlyList<StoreMeasurement> rounds) => rounds[0] with
    {
        Round = 0,
        OperationsPerSecond = MedianOf(rounds, round => round.OperationsPerSecond),
        P50Us = MedianOf(rounds, round => round.P50Us),
        P99Us = MedianOf(rounds, round => round.P99Us),
        P999Us = MedianOf(rounds, round => round.P999Us),
        ServerCpuPerMillion = MedianOf(rounds, round => round.ServerCpuPerMillion),
        ClientCpuPerMillion = MedianOf(rounds, round => round.ClientCpuPerMillion),
        ResidentMegabytes = MedianOf(rounds, round => round.ResidentMegabytes),
    };

    /// <summary>The middle one, or the mean of the middle two.</summary>
    public static double MedianOf(IReadOnlyCollection<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static double MedianOf(IReadOnlyList<StoreMeasurement> rounds, Func<StoreMeasurement, double> figure) =>
        MedianOf([.. rounds.Select(figure)]);
}
