using HdrHistogram;

namespace Nexo.Cli.Bench.Queues;

/// <summary>What publishers and consumers are to do.</summary>
internal sealed record QueuePhase
{
    /// <summary>How it is called while it runs.</summary>
    public required string Name { get; init; }

    /// <summary>How long is published; zero: not at all.</summary>
    public TimeSpan Publishing { get; init; }

    /// <summary>Pushes, each of a batch, after which no more is published.</summary>
    public long PushesMax { get; init; } = long.MaxValue;

    /// <summary>Pushes per second of all publishers together; 0: as fast as it goes.</summary>
    public double PushesPerSecond { get; init; }

    /// <summary>Whether messages are consumed; the phase ends when all that were taken have been settled.</summary>
    public bool Consumes { get; init; }
}

/// <summary>What a phase found.</summary>
internal sealed record QueuePhaseResult
{
    /// <summary>Messages that were confirmed, and where it consumes also settled, in <see cref="Measured"/>.</summary>
    public required long Messages { get; init; }

    /// <summary>
    /// Of a phase that only publishes until the last confirm, of one that only consumes until the last settlement, else as
    /// long as was published.
    /// </summary>
    public required TimeSpan Measured { get; init; }

    /// <summary>Messages that were sent and not settled when the publishers stopped.</summary>
    public required long Backlog { get; init; }

    /// <summary>Messages of the whole phase, those settled after <see cref="Measured"/> too.</summary>
    public required long MessagesInAll { get; init; }

    public required LongHistogram ConfirmLatency { get; init; }

    public required LongHistogram DeliveryLatency { get; init; }

    /// <summary>False: messages that should have come did not.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Processor time of this process in the phase.</summary>
    public TimeSpan ClientCpu { get; init; }

    /// <summary>Processor time of the server in the phase; null: it does not tell.</summary>
    public TimeSpan? ServerCpu { get; init; }

    public double PerSecond => Measured > TimeSpan.Zero ? Messages / Measured.TotalSeconds : 0;

    public double ClientCpuSecondsPerMillion => PerMillion(ClientCpu);

    public double? ServerCpuSecondsPerMillion => ServerCpu is { } cpu ? PerMillion(cpu) : null;

    private double PerMillion(TimeSpan cpu) => MessagesInAll == 0 ? 0 : cpu.TotalSeconds * 1e6 / MessagesInAll;
}
