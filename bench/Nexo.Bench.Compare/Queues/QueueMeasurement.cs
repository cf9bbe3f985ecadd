namespace Nexo.Bench.Compare.Queues;

/// <summary>One queue in one round.</summary>
internal sealed record QueueMeasurement
{
    public required string Contender { get; init; }

    /// <summary>What its confirm of a message waits for.</summary>
    public required Durability Confirmed { get; init; }

    /// <summary>From 1; 0 for the median of all rounds.</summary>
    public required int Round { get; init; }

    public required QueueFigures Figures { get; init; }

    /// <summary>Processor seconds of the server per million messages that were published, delivered and acknowledged.</summary>
    public required double ServerCpuPerMillion { get; init; }

    public required double ClientCpuPerMillion { get; init; }

    /// <summary>At the end, when all queues are empty.</summary>
    public required double ResidentMegabytes { get; init; }

    /// <summary>The most at any time: mostly with the backlog of the first phase.</summary>
    public required double ResidentMegabytesMax { get; init; }

    /// <summary>Each figure's own median.</summary>
    public static QueueMeasurement Median(IReadOnlyList<QueueMeasurement> rounds) => rounds[0] with
    {
        Round = 0,
        Figures = rounds[0].Figures with
        {
            PublishPerSecond = MedianOf(rounds, round => round.Figures.PublishPerSecond),
            DrainPerSecond = MedianOf(rounds, round => round.Figures.DrainPerSecond),
            EndToEndPerSecond = MedianOf(rounds, round => round.Figures.EndToEndPerSecond),
            P50Us = MedianOf(rounds, round => round.Figures.P50Us),
            P99Us = MedianOf(rounds, round => round.Figures.P99Us),
            Messages = (long)MedianOf(rounds, round => round.Figures.Messages),
            Backlog = (long?)MedianWhereKnown(rounds, round => round.Figures.Backlog),
            PublishCpuPerMillion = MedianWhereKnown(rounds, round => round.Figures.PublishCpuPerMillion),
            DrainCpuPerMillion = MedianWhereKnown(rounds, round => round.Figures.DrainCpuPerMillion),
            EndToEndCpuPerMillion = MedianWhereKnown(rounds, round => round.Figures.EndToEndCpuPerMillion),
        },
        ServerCpuPerMillion = MedianOf(rounds, round => round.ServerCpuPerMillion),
        ClientCpuPerMillion = MedianOf(rounds, round => round.ClientCpuPerMillion),
        ResidentMegabytes = MedianOf(rounds, round => round.ResidentMegabytes),
        ResidentMegabytesMax = MedianOf(rounds, round => round.ResidentMegabytesMax),
    };

    private static double? MedianWhereKnown(
        IReadOnlyList<QueueMeasurement> rounds, Func<QueueMeasurement, double?> figure) =>
        rounds.All(round => figure(round) is not null) ? MedianOf(rounds, round => figure(round)!.Value) : null;

    private static double MedianOf(IReadOnlyList<QueueMeasurement> rounds, Func<QueueMeasurement, double> figure) =>
        StoreMeasurement.MedianOf([.. rounds.Select(figure)]);
}
