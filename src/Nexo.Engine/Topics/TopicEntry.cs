namespace Nexo.Engine.Topics;

/// <summary>A topic that was published to: where its messages go, and how many there were.</summary>
/// <param name="topic">Its bytes, owned.</param>
/// <param name="hash">Of the topic.</param>
/// <param name="shard">The shard of its first level.</param>
internal sealed class TopicEntry(byte[] topic, ulong hash, TopicShard shard)
{
    private TopicRoute? _route;
    private long _messages;
    private long _bytes;

    public byte[] Topic { get; } = topic;

    public ulong Hash { get; } = hash;

    public TopicShard Shard { get; } = shard;

    /// <summary>The next in its bucket of the cache.</summary>
    public volatile TopicEntry? Next;

    /// <summary>Published to since the clock's hand passed.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Not in the cache any more: a route must not stay here, nobody would take it away.</summary>
    public bool IsEvicted { get; private set; }

    public TopicRoute? Route => Volatile.Read(ref _route);

    public long Messages => Volatile.Read(ref _messages);

    public long Bytes => Volatile.Read(ref _bytes);

    public bool Is(ReadOnlySpan<byte> topic, ulong hash) => Hash == hash && topic.SequenceEqual(Topic);

    public void Count(long messages, long bytes)
    {
        Interlocked.Add(ref _messages, messages);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Takes a route whose receivers it now holds.</summary>
    public void Keep(TopicRoute route, ReceiverSets sets)
    {
        Replace(route, sets);
        Interlocked.MemoryBarrier();
        if (IsEvicted)
        {
            Forget(sets);
        }
    }

    /// <summary>The next publish looks its route up anew.</summary>
    public void Forget(ReceiverSets sets) => Replace(null, sets);

    public void Evict(ReceiverSets sets)
    {
        IsEvicted = true;
        Interlocked.MemoryBarrier();
        Forget(sets);
    }

    private void Replace(TopicRoute? route, ReceiverSets sets)
    {
        if (Interlocked.Exchange(ref _route, route) is { } old)
        {
            sets.Release(old);
        }
    }
}
