namespace Nexo.Bench.Compare.Queues;

/// <summary>What a load generator saw of a queue. Rates in messages per second, latencies in microseconds.</summary>
internal sealed record QueueFigures
{
    public required double PublishPerSecond { get; init; }

    public required double DrainPerSecond { get; init; }

    public required double EndToEndPerSecond { get; init; }

    /// <summary>From sending to delivery, of what came while it was still published.</summary>
    public required double P50Us { get; init; }

    public required double P99Us { get; init; }

    /// <summary>Messages that were published, delivered and acknowledged, over all phases.</summary>
    public required long Messages { get; init; }

    /// <summary>What had been published and not acknowledged when the publisher stopped; null: not known.</summary>
    public long? Backlog { get; init; }

    /// <summary>Processor seconds of the server per million messages of that phase; null: not known.</summary>
    public double? PublishCpuPerMillion { get; init; }

    public double? DrainCpuPerMillion { get; init; }

    public double? EndToEndCpuPerMillion { get; init; }
}
