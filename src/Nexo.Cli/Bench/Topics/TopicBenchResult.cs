namespace Nexo.Cli.Bench.Topics;

/// <summary>What a run of <c>bench pubsub</c> found.</summary>
internal sealed record TopicBenchResult
{
    public required TopicBenchSettings Settings { get; init; }

    public required TopicPhaseResult Phase { get; init; }

    public required TopicTally Tally { get; init; }

    /// <summary>Processor time of the server; null: it does not tell.</summary>
    public required TimeSpan? ServerCpu { get; init; }

    /// <summary>Memory of the server at the end; null: it does not tell.</summary>
    public required long? ServerResidentBytes { get; init; }

    public required string ServerVersion { get; init; }

    /// <summary>True when it was ended early; the figures are those of the time until then.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Deliveries that did not come; 0 when nobody waited for them.</summary>
    public long Lost => Interrupted ? 0 : Phase.Lost;

    public double? ServerCpuSecondsPerMillion =>
        ServerCpu is { } cpu && Phase.Counts.Delivered > 0 ? cpu.TotalSeconds * 1e6 / Phase.Counts.Delivered : null;
}
