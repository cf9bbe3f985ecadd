namespace Nexo.Engine.Streams;

/// <summary>How the members of a group share a stream. The numbers are those of the wire and of the disk.</summary>
public enum StreamGroupMode : byte
{
    None = 0,

    /// <summary>One member is active and gets all records in their order; it commits how far it has come.</summary>
    Ordered = 1,

    /// <summary>All members get records, of each key one at a time; each record is settled for itself.</summary>
    SharedByKey = 2,
}

/// <summary>Numbers of the options, for differences and for the disk; the same as on the wire. Append-only.</summary>
public enum StreamGroupOption : ushort
{
    None = 0,
    DeliveriesMax = 1,
    DeadLetterStream = 2,
    LeaseMs = 3,
    BackoffMs = 4,
}

/// <summary>What a group is set to. All of it has a meaning for <see cref="StreamGroupMode.SharedByKey"/> alone.</summary>
public sealed record StreamGroupOptions
{
    /// <summary>Failures after which a record is dead; 0: never.</summary>
    public long DeliveriesMax { get; init; } = 5;

    /// <summary>Where dead records are appended; empty: they are passed over, and counted.</summary>
    public string DeadLetterStream { get; init; } = string.Empty;

    /// <summary>How long a record is its member's.</summary>
    public long LeaseMs { get; init; } = 30_000;

    /// <summary>The pause after a first failure; it doubles with each one, up to a minute.</summary>
    public long BackoffMs { get; init; } = 1_000;
}

/// <summary>Some options of a group: those that a creation speaks about; the others are null.</summary>
public sealed record StreamGroupOptionSet
{
    public long? DeliveriesMax { get; init; }

    public string? DeadLetterStream { get; init; }

    public long? LeaseMs { get; init; }

    public long? BackoffMs { get; init; }
}
