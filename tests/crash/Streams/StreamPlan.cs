using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>A stream of the load: what it is created with, and what the ledger may therefore expect of it.</summary>
internal sealed record StreamPlan(string Name)
{
    public Durability Durability { get; init; } = Durability.Fsync;

    /// <summary>Appends name the offset that they must get, all connections against each other.</summary>
    public bool Races { get; init; }

    /// <summary>Bytes beyond which its first records go; 0: they stay until they are trimmed.</summary>
    public ulong KeepsBytes { get; init; }

    /// <summary>Connections append as idempotent producers too. Where a confirm is no promise, a sequence may go back.</summary>
    public bool HasProducers => Durability == Durability.Fsync && !Races;

    /// <summary>One of each kind.</summary>
    public static IReadOnlyList<StreamPlan> All { get; } =
    [
        new("plain"),
        new("soon") { Durability = Durability.Interval },
        new("raced") { Races = true },
        new("short") { KeepsBytes = 2 * 1_024 * 1_024 },
    ];
}
