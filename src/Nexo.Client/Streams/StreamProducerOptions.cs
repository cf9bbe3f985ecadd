namespace Nexo.Client;

/// <summary>How a producer gathers records.</summary>
public sealed record StreamProducerOptions
{
    private const int RecordsMax = 65_536;
    private const int InFlightMax = 32;

    private static readonly TimeSpan LingerMax = TimeSpan.FromDays(1);

    /// <summary>How long a record waits for others to travel with, at most a day; zero: not at all.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Bytes at which a batch is sent without waiting, at most as many as the server takes in a frame; a larger record travels
    /// alone.</summary>
    public int BatchBytes { get; init; } = 256 * 1_024;

    /// <summary>Records at which a batch is sent without waiting: 1 to 65,536.</summary>
    public int BatchRecords { get; init; } = 10_000;

    /// <summary>Bytes of records that were handed over and are not answered: beyond it whoever appends waits.</summary>
    public int BufferBytes { get; init; } = 8 * 1_024 * 1_024;

    /// <summary>Batches that are under way at once: 1 to 32. They are appended in their order all the same.</summary>
    public int BatchesInFlight { get; init; } = 4;

    /// <summary>How long a batch is tried again after it was first sent, while the server is away or has no room. After it its records
    /// fail, and nobody knows whether they were appended.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(2);

    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Linger, TimeSpan.Zero, nameof(Linger));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Linger, LingerMax, nameof(Linger));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytes, 1, nameof(BatchBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchRecords, 1, nameof(BatchRecords));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchRecords, RecordsMax, nameof(BatchRecords));
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferBytes, 1, nameof(BufferBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchesInFlight, 1, nameof(BatchesInFlight));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchesInFlight, InFlightMax, nameof(BatchesInFlight));
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryFor, TimeSpan.Zero, nameof(RetryFor));
    }
}
