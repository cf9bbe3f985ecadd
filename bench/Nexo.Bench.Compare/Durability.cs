namespace Nexo.Bench.Compare;

/// <summary>What a write waits for.</summary>
internal enum Durability
{
    /// <summary>Nothing, and nothing is kept.</summary>
    Memory,

    /// <summary>Nothing, and it is on disk within a second.</summary>
    Interval,

    /// <summary>The disk.</summary>
    Fsync,
}
