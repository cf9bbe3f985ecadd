using Nexo.Engine.Queues;

namespace Nexo.Server.Native;

/// <summary>
/// All that takes messages of queues for one connection: its subscriptions, also those that were stopped and still have
/// messages, and one consumer for each queue that it pulls from. What they have not settled comes back to the queues when
/// the connection ends. Thread-safe.
/// </summary>
internal sealed class ConnectionConsumers
{
    // With more than these, pulls' consumers that have nothing are let go of: they cost little to make again.
    private const int IdlePullsMax = 16;

    private readonly Lock _gate = new();
    private readonly List<QueueConsumer> _open = [];
    private readonly List<QueueConsumer> _stopped = [];
    private readonly List<Puller> _pullers = [];
    private bool _isClosed;

    /// <summary>Queues that it has pulled from and may pull from again.</summary>
    public int PullerCount
    {
        get
        {
            lock (_gate)
            {
                return _pullers.Count;
            }
        }
    }

    /// <summary>Messages that would come back now.</summary>
    public long Unsettled
    {
        get
        {
            lock (_gate)
            {
                return _open.Concat(_stopped).Concat(_pullers.Select(puller => puller.Consumer))
                    .Sum(consumer => (long)consumer.Unsettled);
            }
        }
    }

    /// <summary>Keeps the consumer of a subscription that was opened.</summary>
    public void Add(QueueConsumer consumer)
    {
        bool isClosed;
        lock (_gate)
        {
            isClosed = _isClosed;
            if (!isClosed)
            {
                _open.Add(consumer);
            }
        }

        if (isClosed)
        {
            consumer.Dispose();
        }
    }

    /// <summary>
    /// Ends a subscription's deliveries. What it has not settled stays with it, so that work which has begun can be ended.
    /// </summary>
    public void Stop(QueueConsumer consumer)
    {
        consumer.Stop();
        List<QueueConsumer> done = [];
        lock (_gate)
        {
            if (_open.Remove(consumer))
            {
                _stopped.Add(consumer);
            }

            TakeIdle(_stopped, done);
        }

        done.ForEach(idle => idle.Dispose());
    }

    /// <summary>The consumer for pulls from a queue; null: there is none yet.</summary>
    public QueueConsumer? FindPuller(ReadOnlySpan<byte> queue)
    {
        lock (_gate)
        {
            foreach (Puller puller in _pullers)
            {
                if (queue.SequenceEqual(puller.Queue))
                {
                    puller.IsUsed = true;
                    return puller.Consumer;
                }
            }
        }

        return null;
    }

    /// <summary>Keeps a new consumer for pulls from a queue.</summary>
    public void AddPuller(ReadOnlySpan<byte> queue, QueueConsumer consumer)
    {
        List<QueueConsumer> done = [];
        lock (_gate)
        {
            if (_isClosed)
            {
                done.Add(consumer);
            }
            else
            {
                if (_pullers.Count >= IdlePullsMax)
                {
                    LetGoOfIdlePullers(done);
                }

                _pullers.Add(new Puller(queue.ToArray(), consumer) { IsUsed = true });
            }
        }

        done.ForEach(idle => idle.Dispose());
    }

    /// <summary>Lets go of a consumer for pulls whose queue has gone.</summary>
    public void RemovePuller(QueueConsumer consumer)
    {
        lock (_gate)
        {
            _pullers.RemoveAll(puller => puller.Consumer == consumer);
        }

        consumer.Dispose();
    }

    /// <summary>A pull begins to wait, or has ended: until then its consumer is not let go of.</summary>
    public void CountWait(QueueConsumer consumer, int change)
    {
        lock (_gate)
        {
            if (_pullers.Find(puller => puller.Consumer == consumer) is { } found)
            {
                found.Waits += change;
            }
        }
    }

    /// <summary>
    /// The connection has ended: everything comes back at once, but what was pulled stays leased if it goes to <paramref name="kept"/>.
    /// The second call does nothing.
    /// </summary>
    public void Close(KeptLeases? kept = null)
    {
        QueueConsumer[] all;
        QueueConsumer[] pullers;
        lock (_gate)
        {
            _isClosed = true;
            pullers = [.. _pullers.Select(puller => puller.Consumer)];
            all = [.. _open, .. _stopped, .. kept is null ? pullers : []];
            _open.Clear();
            _stopped.Clear();
            _pullers.Clear();
        }

        kept?.Add(pullers);
        Array.ForEach(all, consumer => consumer.Dispose());
    }

    private static void TakeIdle(List<QueueConsumer> consumers, List<QueueConsumer> idle)
    {
        idle.AddRange(consumers.Where(consumer => consumer.Unsettled == 0));
        consumers.RemoveAll(idle.Contains);
    }

    // One that was used since the last time gets another chance, as a clock's hand gives it.
    private void LetGoOfIdlePullers(List<QueueConsumer> done)
    {
        for (int i = _pullers.Count - 1; i >= 0; i--)
        {
            Puller puller = _pullers[i];
            if (puller is { Waits: 0, IsUsed: false, Consumer.Unsettled: 0 })
            {
                done.Add(puller.Consumer);
                _pullers.RemoveAt(i);
            }

            puller.IsUsed = false;
        }
    }

    private sealed class Puller(byte[] queue, QueueConsumer consumer)
    {
        public byte[] Queue { get; } = queue;

        public QueueConsumer Consumer { get; } = consumer;

        public int Waits { get; set; }

        public bool IsUsed { get; set; }
    }
}
