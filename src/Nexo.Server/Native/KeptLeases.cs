using Nexo.Engine.Queues;

namespace Nexo.Server.Native;

/// <summary>
/// What was pulled over connections that have ended, and stays leased until it is settled or its time is up: a client of HTTP settles
/// over another connection. Thread-safe.
/// </summary>
internal sealed class KeptLeases
{
    private readonly Lock _gate = new();
    private List<QueueConsumer> _consumers = [];

    /// <summary>Consumers that are waited for.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _consumers.Count;
            }
        }
    }

    /// <summary>Keeps the consumers that have something, and lets go of those whose messages are all settled or back by now.</summary>
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

        List<QueueConsumer> kept = [];
        List<QueueConsumer> done = [];
        lock (_gate)
        {
            foreach (QueueConsumer consumer in _consumers.Concat(consumers))
            {
                (consumer.Unsettled > 0 ? kept : done).Add(consumer);
            }

            _consumers = kept;
        }

        done.ForEach(consumer => consumer.Dispose());
    }
}
