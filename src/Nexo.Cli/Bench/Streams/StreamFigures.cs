using Nexo.Protocol;

namespace Nexo.Cli.Bench.Streams;

/// <summary>What the server tells of itself between phases.</summary>
internal sealed record StreamFigures
{
    /// <summary>Records in the run's streams.</summary>
    public required long Records { get; init; }

    /// <summary>Bytes of the run's streams, in files and in memory.</summary>
    public required long Bytes { get; init; }

    /// <summary>Resident memory of the whole process; null: it does not tell.</summary>
    public required long? ResidentBytes { get; init; }

    public static StreamFigures Ask(BenchConnector connector, TimeSpan timeout, IReadOnlyList<byte[]> streams)
    {
        using var control = new StreamControl(connector, timeout);
        IReadOnlyDictionary<StreamStat, long> stats = control.Stats(streams);
        return new StreamFigures
        {
            Records = stats.GetValueOrDefault(StreamStat.Records),
            Bytes = stats.GetValueOrDefault(StreamStat.Bytes),
            ResidentBytes = ServerUse.Of(control.Info()).ResidentBytes,
        };
    }
}
