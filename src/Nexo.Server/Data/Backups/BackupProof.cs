namespace Nexo.Server;

/// <summary>What opening a backup has shown.</summary>
public sealed record BackupProof
{
    /// <summary>Why it does not open; empty: it does.</summary>
    public string Problem { get; init; } = string.Empty;

    public bool IsWhole => Problem.Length == 0;

    /// <summary>Size of the file.</summary>
    public long Bytes { get; init; }

    /// <summary>SHA-256 of the file, as hexadecimal digits; empty: it could not be read.</summary>
    public string FileSha256 { get; init; } = string.Empty;

    /// <summary>When the backup was begun.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    public BackupContents Contents { get; init; } = new();

    /// <summary>
    /// A digest of all that is in it once it is open, whatever order it has: the same for the same backup, unless something of it has
    /// expired since.
    /// </summary>
    public string ContentDigest { get; init; } = string.Empty;

    /// <summary>From the first look at the file until all of it had been gone over.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>Of that, what a server would take to start on it.</summary>
    public TimeSpan StartTook { get; init; }
}

/// <summary>How much is in a backup; what has expired is not.</summary>
public sealed record BackupContents
{
    public long Entries { get; init; }

    public long Queues { get; init; }

    /// <summary>Messages of all queues, dead ones too.</summary>
    public long Messages { get; init; }

    public long Streams { get; init; }

    /// <summary>Offsets of all streams, from the first to the next of each.</summary>
    public long Records { get; init; }

    public long Retained { get; init; }

    public long Bindings { get; init; }

    /// <summary>Sessions of MQTT.</summary>
    public long Sessions { get; init; }

    public long Schedules { get; init; }

    public override string ToString() =>
        $"{Entries:N0} entries, {Messages:N0} messages in {Queues:N0} queues, {Records:N0} records in {Streams:N0} streams, "
        + $"{Retained:N0} retained messages, {Bindings:N0} bindings, {Sessions:N0} sessions, {Schedules:N0} schedules";
}
