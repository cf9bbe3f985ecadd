namespace Nexo.Client;

/// <summary>One line of a list of streams.</summary>
/// <param name="Name">The stream's name.</param>
/// <param name="First">The offset of its first record; <paramref name="Next"/> if there is none.</param>
/// <param name="Next">The offset that the next append gets.</param>
/// <param name="Bytes">What it takes up, in files and in memory.</param>
public sealed record StreamSummary(string Name, ulong First, ulong Next, long Bytes);

/// <summary>The figures of a stream, or of all together, at one moment. Totals count since the server's start.</summary>
public sealed record StreamStats
{
    /// <summary>Streams; of one stream 1.</summary>
    public long Streams { get; init; }

    /// <summary>Offsets from the first to the next: more than there are records where some were compacted away.</summary>
    public long Records { get; init; }

    /// <summary>What they take up, in files and in memory.</summary>
    public long Bytes { get; init; }

    /// <summary>Files.</summary>
    public long Segments { get; init; }

    /// <summary>What is in the server's log, and not in the stream's own files yet.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Tails and reads that wait.</summary>
    public long Readers { get; init; }

    /// <summary>Groups.</summary>
    public long Groups { get; init; }

    /// <summary>Idempotent producers that are remembered.</summary>
    public long Producers { get; init; }

    /// <summary>Keys of which the versions are in memory.</summary>
    public long Keys { get; init; }

    /// <summary>Records that were appended.</summary>
    public long Appended { get; init; }

    /// <summary>Bytes that were appended.</summary>
    public long AppendedBytes { get; init; }

    /// <summary>Records that were given to readers and groups.</summary>
    public long Read { get; init; }

    /// <summary>Bytes that were given to readers and groups.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Appends that were answered as duplicates.</summary>
    public long Duplicates { get; init; }

    /// <summary>Appends that were answered as conflicts.</summary>
    public long Conflicts { get; init; }

    /// <summary>Offsets that retention or a trim let go.</summary>
    public long Trimmed { get; init; }

    /// <summary>Bytes that the files have less than what was written first, since they were compacted.</summary>
    public long SavedBytes { get; init; }

    /// <summary>Records that compaction has removed.</summary>
    public long Compacted { get; init; }

    /// <summary>When the last pass of compaction ended; null: none that the server knows of.</summary>
    public DateTimeOffset? CompactedAt { get; init; }

    /// <summary>Appended records per second over the last ten seconds or so.</summary>
    public double AppendedPerSecond { get; init; }

    /// <summary>Read records per second over the last ten seconds or so.</summary>
    public double ReadPerSecond { get; init; }
}
