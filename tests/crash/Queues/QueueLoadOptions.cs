using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>What a load on queues asks for.</summary>
internal sealed record QueueLoadOptions
{
    public int Publishers { get; init; } = 3;

    public int Consumers { get; init; } = 4;

    /// <summary>Publishers wait while there are more messages than this.</summary>
    public int AliveMax { get; init; } = 4_000;

    /// <summary>What all queues are declared with instead of what the ledger expects: losses must be found.</summary>
    public Durability? LyingDurability { get; init; }
}
