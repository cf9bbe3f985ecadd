namespace Nexo.Engine.Topics;

/// <summary>Subscriptions by number, from 1; a number is used again when its subscription is gone. Reads take no lock.</summary>
internal sealed class SubscriberTable
{
    private const int ChunkBits = 10;
    private const int ChunkItems = 1 << ChunkBits;

    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private volatile TopicSubscriber?[][] _chunks = [];
    private int _last;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _last - _free.Count;
            }
        }
    }

    /// <summary>The highest number that was ever used.</summary>
    public int Last => Volatile.Read(ref _last);

    /// <summary>The subscription of a number that is in use.</summary>
    public TopicSubscriber this[int id] => _chunks[id >> ChunkBits][id & (ChunkItems - 1)]!;

    public TopicSubscriber? At(int id) => Volatile.Read(ref _chunks[id >> ChunkBits][id & (ChunkItems - 1)]);

    public int Add(TopicSubscriber subscriber)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out int id))
            {
                id = _last + 1;
                if (id >> ChunkBits == _chunks.Length)
                {
                    _chunks = [.. _chunks, new TopicSubscriber?[ChunkItems]];
                }

                Volatile.Write(ref _last, id);
            }

            Volatile.Write(ref _chunks[id >> ChunkBits][id & (ChunkItems - 1)], subscriber);
            return id;
        }
    }

    public void Remove(int id)
    {
        lock (_gate)
        {
            Volatile.Write(ref _chunks[id >> ChunkBits][id & (ChunkItems - 1)], null);
            _free.Push(id);
        }
    }
}
