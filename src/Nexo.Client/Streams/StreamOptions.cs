using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// What a stream is set to. An option that is null has the server's default when a stream is created, and stays as it is when one is
/// updated; of a definition that the server told, all that it knows are given. Times go to the server in whole milliseconds.
/// </summary>
public sealed record StreamOptions
{
    /// <summary>Records older than this go: 1 s or more; zero, the default: they stay.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Bytes beyond which the first records go; 0, the default: no limit.</summary>
    public long? Bytes { get; init; }

    /// <summary>Records beyond which the first ones go; 0, the default: no limit.</summary>
    public long? Records { get; init; }

    /// <summary>True: nothing goes by itself that a group has not done.</summary>
    public bool? ProtectGroups { get; init; }

    /// <summary>True: the last record of each key stays, those before it go in time; a record without a key is refused.</summary>
    public bool? Compaction { get; init; }

    /// <summary>How long a tombstone stays after compaction has removed what was before it; a day by default.</summary>
    public TimeSpan? TombstoneRetention { get; init; }

    /// <summary>What an append waits for; <see cref="Durability.Fsync"/> unless the server is set otherwise.</summary>
    public Durability? Durability { get; init; }

    /// <summary>Key, headers and value of one record, in bytes; 16 MiB − 128 KiB by default.</summary>
    public long? RecordBytesMax { get; init; }

    /// <summary>How far a producer's time may be from the server's, either way; zero: he may give none. 7 days by
    /// default.</summary>
    public TimeSpan? TimestampBound { get; init; }
}

/// <summary>A stream's definition, and what there is of it.</summary>
/// <param name="Name">The stream's name.</param>
/// <param name="Revision">Counts up with each change of the options; begins at 1.</param>
/// <param name="First">The offset of its first record; <paramref name="Next"/> if there is none.</param>
/// <param name="Next">The offset that the next append gets.</param>
/// <param name="Options">All of its options.</param>
public sealed record StreamDescription(string Name, ulong Revision, ulong First, ulong Next, StreamOptions Options);

/// <summary>A stream's options as they are after they were set.</summary>
/// <param name="Name">The stream's name.</param>
/// <param name="Revision">Counts up with each change of the options; begins at 1.</param>
/// <param name="Options">All of its options.</param>
public sealed record StreamDefinition(string Name, ulong Revision, StreamOptions Options);

/// <summary>What became of a creation.</summary>
/// <param name="Created">False: the stream was there, with the options that were given.</param>
/// <param name="Definition">The stream as it is.</param>
public readonly record struct StreamCreation(bool Created, StreamDefinition Definition);
