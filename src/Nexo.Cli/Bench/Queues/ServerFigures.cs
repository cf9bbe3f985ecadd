using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>What the server tells of itself between phases; null: it does not.</summary>
internal sealed record ServerFigures
{
    /// <summary>Messages in the run's queues, in whatever state.</summary>
    public required long Messages { get; init; }

    /// <summary>Bytes of the run's queues in memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes of the run's queues on disk, beside the log.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Resident memory of the whole process.</summary>
    public required long? ResidentBytes { get; init; }

    public static ServerFigures Ask(BenchConnector connector, TimeSpan timeout, IReadOnlyList<byte[]> queues)
    {
        using var control = new QueueControl(connector, timeout);
        IReadOnlyDictionary<QueueStat, long> stats = control.Stats(queues);
        return new ServerFigures
        {
            Messages = stats.GetValueOrDefault(QueueStat.Ready)
                + stats.GetValueOrDefault(QueueStat.Leased)
                + stats.GetValueOrDefault(QueueStat.Delayed)
                + stats.GetValueOrDefault(QueueStat.Dead),
            MemoryBytes = stats.GetValueOrDefault(QueueStat.MemoryBytes),
            DiskBytes = stats.GetValueOrDefault(QueueStat.DiskBytes),
            ResidentBytes = ServerUse.Of(control.Info()).ResidentBytes,
        };
    }
}
