namespace Nexo.Bench.Compare.Streams;

/// <summary>One stream in one round.</summary>
internal sealed record StreamMeasurement
{
    public required string Contender { get; init; }

    /// <summary>What its confirm of a record waits for.</summary>
    public required Durability Confirmed { get; init; }

    public required int ValueBytes { get; init; }

    /// <summary>From 1; 0 for the median of all rounds.</summary>
    public required int Round { get; init; }

    public required StreamFigures Figures { get; init; }

    public required double ClientCpuPerMillion { get; init; }

    public required double ResidentMegabytes { get; init; }

    public required double ResidentMegabytesMax { get; init; }

    /// <summary>What the machine did in this round.</summary>
    public required MachineLimits Limits { get; init; }

    /// <summary>Each figure's own median.</summary>
    public static StreamMeasurement Median(IReadOnlyList<StreamMeasurement> rounds) => rounds[0] with
    {
        Round = 0,
        Figures = new StreamFigures
        {
            AppendPerSecond = MedianOf(rounds, round => round.Figures.AppendPerSecond),
            ReadPerSecond = MedianOf(rounds, round => round.Figures.ReadPerSecond),
            TailP50Us = MedianOf(rounds, round => round.Figures.TailP50Us),
            TailP99Us = MedianOf(rounds, round => round.Figures.TailP99Us),
            AppendCpuPerMillion = MedianOf(rounds, round => round.Figures.AppendCpuPerMillion),
            ReadCpuPerMillion = MedianOf(rounds, round => round.Figures.ReadCpuPerMillion),
            TailCpuPerMillion = MedianOf(rounds, round => round.Figures.TailCpuPerMillion),
            Records = (long)MedianOf(rounds, round => round.Figures.Records),
        },
        ClientCpuPerMillion = MedianOf(rounds, round => round.ClientCpuPerMillion),
        ResidentMegabytes = MedianOf(rounds, round => round.ResidentMegabytes),
        ResidentMegabytesMax = MedianOf(rounds, round => round.ResidentMegabytesMax),
        Limits = new MachineLimits(
            MedianOf(rounds, round => round.Limits.DiskMegabytesPerSecond),
            MedianOf(rounds, round => round.Limits.SyncsPerSecond),
            MedianOf(rounds, round => round.Limits.LoopbackMegabytesPerSecond)),
    };

    private static double MedianOf(IReadOnlyList<StreamMeasurement> rounds, Func<StreamMeasurement, double> figure) =>
        StoreMeasurement.MedianOf([.. rounds.Select(figure)]);
}
