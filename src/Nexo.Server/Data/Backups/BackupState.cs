namespace Nexo.Server.Data;

/// <summary>How scheduled backups have gone. Immutable.</summary>
internal sealed record BackupState
{
    /// <summary>When the last one that is whole was begun, in this run or an earlier one; null: never.</summary>
    public DateTimeOffset? LastAt { get; init; }

    public TimeSpan LastTook { get; init; }

    /// <summary>Bytes of the last one, of all namespaces.</summary>
    public long LastBytes { get; init; }

    public long LastRecords { get; init; }

    /// <summary>Backups that were written since the start.</summary>
    public long Written { get; init; }

    /// <summary>Tries that failed since the start.</summary>
    public long Failed { get; init; }

    /// <summary>Tries that have failed since the last one that did not.</summary>
    public int FailedInRow { get; init; }

    /// <summary>Why the last try failed; empty: it did not.</summary>
    public string Problem { get; init; } = string.Empty;

    /// <summary>When the next one is due; null: never.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When one was last proven to open; null: not in this run.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>Why the last one that was to be proven did not open; empty: it did.</summary>
    public string DrillProblem { get; init; } = string.Empty;
}
