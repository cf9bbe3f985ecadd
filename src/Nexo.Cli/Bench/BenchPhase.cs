namespace Nexo.Cli.Bench;

/// <summary>What a worker is to do: so many requests, or until a moment. Times are monotonic nanoseconds.</summary>
internal sealed record BenchPhase
{
    public required KeySource Keys { get; init; }

    public required OperationMix Mix { get; init; }

    public required BatchEncoder Encoder { get; init; }

    /// <summary>Requests in one batch.</summary>
    public required int Depth { get; init; }

    public ulong Seed { get; init; }

    /// <summary>Ends after this many requests are answered.</summary>
    public long RequestsMax { get; init; } = long.MaxValue;

    public long MeasureFrom { get; init; }

    public long MeasureUntil { get; init; } = long.MaxValue;

    /// <summary>Null: the closed loop, where a connection sends its next batch when the one before is answered.</summary>
    public Pace? Pace { get; init; }
}
