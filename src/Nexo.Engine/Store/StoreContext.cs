using System.Collections.Concurrent;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <summary>What the shards of one store share.</summary>
internal sealed record StoreContext(
    StoreLimits Limits,
    EngineClock Clock,
    KeyHash Hasher,
    MemoryBudget Budget,
    PagePool Pool,
    WatcherList Watchers,
    ConcurrentQueue<byte[]> Ready);
