using HdrHistogram;

namespace Nexo.Cli.Bench;

/// <summary>What a run of <c>bench store</c> found.</summary>
internal sealed record StoreBenchResult
{
    public required StoreBenchSettings Settings { get; init; }

    public required BenchTally Tally { get; init; }

    public required string ServerVersion { get; init; }

    /// <summary>The measured window, without loading and warm-up.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Processor time of this process in the window.</summary>
    public required TimeSpan ClientCpu { get; init; }

    /// <summary>True when it was ended early; the figures are those of the time until then.</summary>
    public required bool Interrupted { get; init; }

    public double OperationsPerSecond => Tally.Replies / Duration.TotalSeconds;

    /// <summary>Both directions, as the protocol's bytes.</summary>
    public double BytesPerSecond => (Tally.BytesSent + Tally.BytesReceived) / Duration.TotalSeconds;

    public double ClientCpuSecondsPerMillion => Tally.Replies == 0 ? 0 : ClientCpu.TotalSeconds * 1e6 / Tally.Replies;

    public double MeanMicroseconds => Tally.Latency.TotalCount == 0 ? 0 : Microseconds(Tally.Latency.GetMean());

    public double MaxMicroseconds => Percentile(100);

    public double Percentile(double percentile) =>
        Tally.Latency.TotalCount == 0 ? 0 : Microseconds(Tally.Latency.GetValueAtPercentile(percentile));

    private static double Microseconds(double nanoseconds) => Math.Round(nanoseconds / 1_000, 1);
}
