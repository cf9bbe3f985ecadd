using System.Globalization;
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
            ResidentBytes = Number(control.Info(), "server.resident_bytes"),
        };
    }

    /// <summary>Processor time of the server so far.</summary>
    public static TimeSpan? AskCpu(BenchConnector connector, TimeSpan timeout)
    {
        using var control = new QueueControl(connector, timeout);
        return Number(control.Info(), "server.cpu_ms") is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
    }

    private static long? Number(IReadOnlyDictionary<string, string> facts, string name) =>
        facts.TryGetValue(name, out string? text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
}
