using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>Finds queues by name without a lock; the hash is keyed, since peers choose the names.</summary>
internal sealed class QueueNames
{
    private readonly ConcurrentDictionary<byte[], Queue> _queues;
    private readonly ConcurrentDictionary<byte[], Queue>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public QueueNames(KeyHash hasher)
    {
        _queues = new ConcurrentDictionary<byte[], Queue>(new NameComparer(hasher));
        _lookup = _queues.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Takes all of the dictionary's locks: not for hot paths.</summary>
    public int Count => _queues.Count;

    /// <summary>In no order; those that come or go meanwhile are in it or not.</summary>
    public IEnumerable<Queue> All => _queues.Select(pair => pair.Value);

    public bool TryFind(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Queue? queue) =>
        _lookup.TryGetValue(name, out queue);

    public void Add(Queue queue) => _queues[queue.Name] = queue;

    public void Remove(Queue queue) => _queues.TryRemove(new KeyValuePair<byte[], Queue>(queue.Name, queue));

    public void Clear() => _queues.Clear();
}
