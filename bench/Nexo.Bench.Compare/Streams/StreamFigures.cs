namespace Nexo.Bench.Compare.Streams;

/// <summary>What a load generator saw of a stream. Rates in records per second, latencies in microseconds.</summary>
internal sealed record StreamFigures
{
    public required double AppendPerSecond { get; init; }

    public required double ReadPerSecond { get; init; }

    /// <summary>At the fixed rate, from when a record was due to the reader that follows.</summary>
    public required double TailP50Us { get; init; }

    public required double TailP99Us { get; init; }

    /// <summary>Processor seconds of the server per million records of that phase.</summary>
    public required double AppendCpuPerMillion { get; init; }

    public required double ReadCpuPerMillion { get; init; }

    public required double TailCpuPerMillion { get; init; }

    /// <summary>Records that were appended and read, over all phases.</summary>
    public required long Records { get; init; }
}
