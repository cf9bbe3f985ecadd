namespace Nexo.Cli.Bench.Queues;

/// <summary>What a run of <c>bench queue</c> found.</summary>
internal sealed record QueueBenchResult
{
    public required QueueBenchSettings Settings { get; init; }

    public required QueuePhaseResult Publish { get; init; }

    public required QueuePhaseResult Drain { get; init; }

    /// <summary>Publishing and consuming at once; null: left out.</summary>
    public required QueuePhaseResult? Through { get; init; }

    /// <summary>The server with all that was published waiting in it.</summary>
    public required ServerFigures Full { get; init; }

    /// <summary>The server when all was settled.</summary>
    public required ServerFigures Empty { get; init; }

    public required QueueTraffic Traffic { get; init; }

    /// <summary>Messages that were confirmed and did not come; 0 when nobody waited for them.</summary>
    public required long Missing { get; init; }

    public required string ServerVersion { get; init; }

    /// <summary>True when it was ended early; the figures are those of the time until then.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Processor time of this process over all phases.</summary>
    public TimeSpan ClientCpu => Publish.ClientCpu + Drain.ClientCpu + (Through?.ClientCpu ?? TimeSpan.Zero);

    /// <summary>Of messages that were both published and consumed.</summary>
    public double ClientCpuSecondsPerMillion =>
        Traffic.Acked == 0 ? 0 : ClientCpu.TotalSeconds * 1e6 / Traffic.Acked;
}
