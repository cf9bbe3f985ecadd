using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>What the shards of the queues share.</summary>
internal sealed record QueueContext(
    QueueLimits Limits, EngineClock Clock, KeyHash Hasher, MemoryBudget Budget, PagePool Pool);
