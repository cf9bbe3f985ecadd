using System.Numerics;

namespace Nexo.Engine.Queues;

/// <summary>
/// Consumers that can take a message, by how many they have not settled: lists through the consumers themselves, one for each number
/// up to 62, and one for all above. Within a list the one that waits longest is first.
/// </summary>
internal sealed class ConsumersByLoad
{
    private const int Lists = 64;

    private readonly QueueConsumer?[] _first = new QueueConsumer?[Lists];
    private readonly QueueConsumer?[] _last = new QueueConsumer?[Lists];
    private ulong _occupied;

    /// <summary>The one with the fewest; null: nobody can take a message.</summary>
    public QueueConsumer? First => _occupied == 0 ? null : _first[BitOperations.TrailingZeroCount(_occupied)];

    public void Add(QueueConsumer consumer)
    {
        int list = Math.Min(consumer.Load, Lists - 1);
        consumer.LoadList = list;
        consumer.LoadNext = null;
        consumer.LoadPrev = _last[list];
        if (_last[list] is { } last)
        {
            last.LoadNext = consumer;
        }
        else
        {
            _first[list] = consumer;
            _occupied |= 1UL << list;
        }

        _last[list] = consumer;
    }

    public void Remove(QueueConsumer consumer)
    {
        int list = consumer.LoadList;
        consumer.LoadList = QueueConsumer.InNoList;
        if (consumer.LoadNext is { } next)
        {
            next.LoadPrev = consumer.LoadPrev;
        }
        else
        {
            _last[list] = consumer.LoadPrev;
        }

        if (consumer.LoadPrev is { } prev)
        {
            prev.LoadNext = consumer.LoadNext;
        }
        else
        {
            _first[list] = consumer.LoadNext;
            if (consumer.LoadNext is null)
            {
                _occupied &= ~(1UL << list);
            }
        }

        consumer.LoadNext = null;
        consumer.LoadPrev = null;
    }
}
