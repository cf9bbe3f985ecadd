using Nexo.Engine.Memory;

namespace Nexo.Engine.Streams;

/// <summary>Every bound of the streams. Option ranges are with <see cref="StreamOptions"/>.</summary>
public sealed record StreamLimits
{
    public int NameBytesMax { get; init; } = 255;

    /// <summary>Streams in all.</summary>
    public int StreamsMax { get; init; } = 100_000;

    /// <summary>Longest record that a stream may be set to take: key, headers and value. A frame of 16 MiB holds one.</summary>
    public int RecordBytesMax { get; init; } = (16 * 1_024 * 1_024) - (128 * 1_024);

    public int KeyBytesMax { get; init; } = 65_535;

    /// <summary>Longest header block.</summary>
    public int HeaderBytesMax { get; init; } = 65_535;

    /// <summary>Records of one batch.</summary>
    public int BatchRecordsMax { get; init; } = 65_536;

    /// <summary>Records that one read gives, at most, as bytes.</summary>
    public int ReadBytesMax { get; init; } = 16 * 1_024 * 1_024;

    /// <summary>Bytes that one read by key looks through before it answers, perhaps without a record.</summary>
    public int LookBytesMax { get; init; } = 4 * 1_024 * 1_024;

    /// <summary>Idempotent producers that a stream remembers; the one that was silent longest goes for a new one.</summary>
    public int ProducersMax { get; init; } = 4_096;

    /// <summary>
    /// Runs of appends that are remembered of a producer, to tell the offset of a duplicate. Appends that follow each other are one.
    /// </summary>
    public int ProducerRunsMax { get; init; } = 64;

    /// <summary>Keys of one stream of which versions can be expected.</summary>
    public int KeysMax { get; init; } = 8 * 1_024 * 1_024;

    /// <summary>A stream is compacted when so much of it, in percent, has come since the last time.</summary>
    public int CompactionDirtyPercent { get; init; } = 50;

    /// <summary>Bytes a second that compaction reads and writes, over all streams.</summary>
    public long CompactionBytesPerSecondMax { get; init; } = 32L * 1_024 * 1_024;

    /// <summary>Bytes of all streams together where there is no data directory: beyond it appends are refused.</summary>
    public long MemoryBytesMax { get; init; } = 256L * 1_024 * 1_024;

    /// <summary>What streams that are made without saying so have as durability.</summary>
    public StreamDurability DurabilityDefault { get; init; } = StreamDurability.Fsync;

    public StreamGroupLimits Groups { get; init; } = new();

    /// <summary>What the process may take.</summary>
    public MemoryCap Cap { get; init; } = MemoryCap.None;

    internal StreamTuning Tuning { get; init; } = new();
}

/// <summary>Sizes inside the streams that users do not set. Tests make them small, so that every border is crossed.</summary>
internal sealed record StreamTuning
{
    /// <summary>Bytes of a segment file, where retention asks for no smaller one.</summary>
    public long SegmentBytesMax { get; init; } = 64 * 1_024 * 1_024;

    public long SegmentBytesMin { get; init; } = 1_024 * 1_024;

    /// <summary>A stream that keeps so many bytes, or milliseconds, has about so many segments.</summary>
    public int SegmentsWanted { get; init; } = 8;

    /// <summary>Larger appends are cut into batches of this size on disk, so that what is read at once is bounded.</summary>
    public int BatchBytes { get; init; } = 64 * 1_024;

    /// <summary>Pending bytes of one stream that are written without waiting for more.</summary>
    public int FlushAtBytes { get; init; } = 512 * 1_024;

    /// <summary>Pending bytes of all streams at which all are written.</summary>
    public long PendingBytesMax { get; init; } = 4 * 1_024 * 1_024;

    /// <summary>Bytes that are read from a file at once.</summary>
    public int ReadBytes { get; init; } = 256 * 1_024;

    /// <summary>How often a stream is looked after: retention, and files that nobody uses.</summary>
    public long CareMs { get; init; } = 1_000;

    /// <summary>A stream that nobody has used for so long gives back its memory and files.</summary>
    public long IdleMs { get; init; } = 60_000;

    /// <summary>
    /// Keys that one round of compaction knows, of about 50 bytes each: what has more is compacted in several rounds over the part before.
    /// </summary>
    public int CompactionKeysMax { get; init; } = 512 * 1_024;

    /// <summary>So many segments without anything to remove are made one, where they fit into one.</summary>
    public int CompactionMergeAt { get; init; } = 4;
}
