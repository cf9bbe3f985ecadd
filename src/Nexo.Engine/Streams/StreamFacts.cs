namespace Nexo.Engine.Streams;

/// <summary>A stream's definition.</summary>
/// <param name="Revision">Counts up with each change of its options; begins at 1.</param>
public sealed record StreamDefinition(string Name, ulong Revision, StreamOptions Options);

/// <summary>The answer to a creation or an update.</summary>
/// <param name="Created">False: it was there.</param>
/// <param name="Definition">As it is now, also when it conflicts; null: refused for another reason.</param>
/// <param name="Difference">The first option that is different, or out of range.</param>
/// <param name="Message">For people: which option, what is there, and what was asked for or would be in range; else empty.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct StreamDeclared(
    bool Created, StreamDefinition? Definition, StreamOption Difference, string Message, bool Waits);

/// <summary>The offsets that a stream has for its readers.</summary>
/// <param name="First">Of the first record; <paramref name="Next"/> if there is none.</param>
/// <param name="Next">The one behind the last record that readers see.</param>
public readonly record struct StreamRange(long First, long Next);

/// <summary>One line of a list of streams.</summary>
public sealed record StreamSummary(string Name, StreamRange Range, long Bytes);

/// <summary>What there is to know about one stream, or about all together; reading it costs the same however much is in it.</summary>
public sealed record StreamStats
{
    public long Streams { get; init; }

    /// <summary>Offsets from the first to the next; more than there are records where some were compacted away.</summary>
    public long Records { get; init; }

    /// <summary>In files and in memory.</summary>
    public long Bytes { get; init; }

    public long Segments { get; init; }

    /// <summary>What waits in memory to be written to the stream's own files; in the write-ahead log it is.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Streams that take no records, since their files could not be written or synced.</summary>
    public long Failed { get; init; }

    /// <summary>Tails and long polls.</summary>
    public long Readers { get; init; }

    public long Groups { get; init; }

    /// <summary>Idempotent producers that are remembered.</summary>
    public long Producers { get; init; }

    /// <summary>Keys of which the versions are known.</summary>
    public long Keys { get; init; }

    public long Appended { get; init; }

    public long AppendedBytes { get; init; }

    public long Read { get; init; }

    public long ReadBytes { get; init; }

    public long Duplicates { get; init; }

    public long Conflicts { get; init; }

    /// <summary>Offsets let go of by retention or by hand.</summary>
    public long Trimmed { get; init; }

    /// <summary>Bytes that the files have less than what was written first, since they were compacted.</summary>
    public long SavedBytes { get; init; }

    /// <summary>Records that compaction has removed.</summary>
    public long Compacted { get; init; }

    /// <summary>When the last pass of compaction ended, Unix ms; 0: none has since the files were opened first.</summary>
    public long CompactedAtMs { get; init; }

    /// <summary>Averages over the last ten seconds or so.</summary>
    public double AppendedPerSecond { get; init; }

    public double ReadPerSecond { get; init; }
}
