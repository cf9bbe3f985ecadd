using Nexo.Engine.Queues;

namespace Nexo.Server.Native;

/// <summary>
/// What was pulled over connections that have ended, and stays leased until it is settled or its time is up: a client of HTTP settles
/// over another connection. Thread-safe.
/// </summary>
internal sealed class KeptLeases
{
    // Of those that were kept before, looked at each time: the work stays the same however many there are.
    private const int LooksMax = 8;

    private readonly Lock _gate = new();
    private readonly Queue<QueueConsumer> _consumers = new();

    /// <summary>Keeps the consumers that have something, and lets go of some whose messages are all settled or back by now.</summary>
    public void Add(IReadOnlyCollection<QueueConsumer> consumers)
    {
        if (consumers.Count == 0)
        {
            return;
        }

        foreach (QueueConsumer consumer in consumers)
        {
            consumer.Stop();
        }

        List<QueueConsumer> done = [];
        lock (_gate)
        {
            for (int looks = Math.Min(LooksMax, _consumers.Count); looks > 0; looks--)
            {
                Sort(_consumers.Dequeue(), done);
            }

            foreach (QueueConsumer consumer in consumers)
            {
                Sort(consumer, done);
            }
        }

        done.ForEach(consumer => consumer.Dispose());
    }

    private void Sort(QueueConsumer consumer, List<QueueConsumer> done)
    {
        if (consumer.Unsettled > 0)
        {
            _consumers.Enqueue(consumer);
        }
        else
        {
            done.Add(consumer);
        }
    }
}
