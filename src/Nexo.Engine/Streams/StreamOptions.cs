namespace Nexo.Engine.Streams;

/// <summary>What an append waits for, and what readers see.</summary>
public enum StreamDurability : byte
{
    /// <summary>Nothing: records end with the process. The definition is kept all the same.</summary>
    Memory = 1,

    /// <summary>Nothing, and it is on disk within the server's sync interval. Readers may see what a crash then takes away.</summary>
    Interval = 2,

    /// <summary>The sync of the commit that holds it. Nobody sees a record before.</summary>
    Fsync = 3,
}

/// <summary>Numbers of the options, for differences and for the disk; the same as on the wire. Append-only.</summary>
public enum StreamOption : ushort
{
    None = 0,
    AgeMs = 1,
    Bytes = 2,
    Records = 3,
    ProtectGroups = 4,
    Compaction = 5,
    Durability = 6,
    RecordBytesMax = 7,
    TimestampBoundMs = 8,
    TombstoneRetentionMs = 9,
}

/// <summary>What a stream is set to. What it keeps is let go of by whole segments, so it has somewhat more than it must.</summary>
public sealed record StreamOptions
{
    /// <summary>Records older than this go; 0: they stay. At least 1,000.</summary>
    public long AgeMs { get; init; }

    /// <summary>Bytes on disk beyond which the oldest go; 0: no limit.</summary>
    public long Bytes { get; init; }

    /// <summary>Records beyond which the oldest go; 0: no limit.</summary>
    public long Records { get; init; }

    /// <summary>Nothing goes by itself that a group has not read.</summary>
    public bool ProtectGroups { get; init; }

    /// <summary>The last record of each key stays, earlier ones go in time. Records without a key are refused.</summary>
    public bool Compaction { get; init; }

    /// <summary>With <see cref="Compaction"/>, how long a tombstone stays after what was before it is gone.</summary>
    public long TombstoneRetentionMs { get; init; } = 24L * 3_600 * 1_000;

    /// <summary>Cannot be changed to or from <see cref="StreamDurability.Memory"/> later.</summary>
    public StreamDurability Durability { get; init; } = StreamDurability.Fsync;

    /// <summary>Key, headers and value of one record.</summary>
    public int RecordBytesMax { get; init; } = (16 * 1_024 * 1_024) - (128 * 1_024);

    /// <summary>How far a time that a producer gives may be from the broker's, either way; 0: it may give none.</summary>
    public long TimestampBoundMs { get; init; } = 7L * 24 * 3_600 * 1_000;
}

/// <summary>Some options of a stream: those that a creation or an update speaks about; the others are null.</summary>
public sealed record StreamOptionSet
{
    public long? AgeMs { get; init; }

    public long? Bytes { get; init; }

    public long? Records { get; init; }

    public bool? ProtectGroups { get; init; }

    public bool? Compaction { get; init; }

    public long? TombstoneRetentionMs { get; init; }

    public StreamDurability? Durability { get; init; }

    public int? RecordBytesMax { get; init; }

    public long? TimestampBoundMs { get; init; }
}
