namespace Nexo.Protocol;

/// <summary>
/// The figures of STREAM STATS, of one stream or of all together. Totals count since the server's start; a rate is that of the
/// last ten seconds or so, times 1,000. Numbers are append-only.
/// </summary>
public enum StreamStat : ushort
{
    /// <summary>Streams; of one stream 1.</summary>
    Streams = 1,

    /// <summary>Offsets from the first to the next: more than there are records where some were compacted away.</summary>
    Records = 2,

    /// <summary>What they take up, in files and in memory.</summary>
    Bytes = 3,

    /// <summary>Files.</summary>
    Segments = 4,

    /// <summary>What is in the log, and not in the stream's own files yet.</summary>
    PendingBytes = 5,

    /// <summary>Tails and reads that wait.</summary>
    Readers = 6,

    Groups = 7,

    /// <summary>Idempotent producers that are remembered.</summary>
    Producers = 8,

    /// <summary>Keys of which the versions are known.</summary>
    Keys = 9,

    /// <summary>Records that were appended.</summary>
    AppendedTotal = 10,

    AppendedBytesTotal = 11,

    /// <summary>Records that were given to readers and groups.</summary>
    ReadTotal = 12,

    ReadBytesTotal = 13,

    /// <summary>Appends that were answered as duplicates.</summary>
    DuplicatesTotal = 14,

    /// <summary>Appends that were answered as conflicts.</summary>
    ConflictsTotal = 15,

    /// <summary>Offsets that retention or a trim let go.</summary>
    TrimmedTotal = 16,

    AppendedPerSecondMilli = 17,

    ReadPerSecondMilli = 18,

    /// <summary>Bytes that the files have less than what was written first, since they were compacted.</summary>
    SavedBytes = 19,

    /// <summary>Records that compaction has removed.</summary>
    CompactedTotal = 20,

    /// <summary>When the last pass of compaction ended, Unix ms; 0: none that is known of.</summary>
    CompactedAtMs = 21,
}
