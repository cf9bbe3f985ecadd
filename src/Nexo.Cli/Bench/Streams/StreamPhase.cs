using HdrHistogram;

namespace Nexo.Cli.Bench.Streams;

/// <summary>What producers and readers are to do.</summary>
internal sealed record StreamPhase
{
    /// <summary>How it is called while it runs.</summary>
    public required string Name { get; init; }

    /// <summary>How long is appended; zero: not at all.</summary>
    public TimeSpan Appending { get; init; }

    /// <summary>Appends per second of all producers together; 0: as fast as it goes.</summary>
    public double AppendsPerSecond { get; init; }

    /// <summary>Whether records are read; the phase ends when all that were confirmed have been.</summary>
    public bool Reads { get; init; }
}

/// <summary>What a phase found.</summary>
internal sealed record StreamPhaseResult
{
    /// <summary>Records that were confirmed, or where it reads were read, in <see cref="Measured"/>.</summary>
    public required long Records { get; init; }

    /// <summary>
    /// Of a phase that only appends until the last confirm, of one that only reads until the last record, else as long as was
    /// appended.
    /// </summary>
    public required TimeSpan Measured { get; init; }

    /// <summary>Records of the whole phase, those after <see cref="Measured"/> too.</summary>
    public required long RecordsInAll { get; init; }

    public required LongHistogram ConfirmLatency { get; init; }

    public required LongHistogram DeliveryLatency { get; init; }

    /// <summary>False: records that should have come did not.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Processor time of this process in the phase.</summary>
    public TimeSpan ClientCpu { get; init; }

    /// <summary>Processor time of the server in the phase; null: it does not tell.</summary>
    public TimeSpan? ServerCpu { get; init; }

    public double PerSecond => Measured > TimeSpan.Zero ? Records / Measured.TotalSeconds : 0;

    public double ClientCpuSecondsPerMillion => PerMillion(ClientCpu);

    public double? ServerCpuSecondsPerMillion => ServerCpu is { } cpu ? PerMillion(cpu) : null;

    private double PerMillion(TimeSpan cpu) => RecordsInAll == 0 ? 0 : cpu.TotalSeconds * 1e6 / RecordsInAll;
}
