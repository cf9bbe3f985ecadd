using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>Consumers.</content>
internal sealed partial class QueueModelPair
{
    private const int ConsumersMax = 12;

    private readonly List<WaiterDouble> _waiters = [];

    private void Consume(Random random, string name)
    {
        if (_consumers.Count >= ConsumersMax)
        {
            return;
        }

        bool settled = random.Next(6) == 0;
        var options = new QueueConsumerOptions
        {
            SettledByDelivery = settled,
            CreditsAreUnsettled = !settled && random.Next(2) == 0,
            LeaseMs = Some(random, [0, 0, 2_000]),
        };
        var sink = new SinkDouble(_delivered);
        QueueStatus status = _queues.Consume(ModelHarness.Bytes(name), sink, options, out QueueConsumer? real);
        ModelQueue? queue = _model.FindOrMake(name);
        Assert.Equal(queue is null ? QueueStatus.NotFound : QueueStatus.Ok, status);
        if (queue is not null)
        {
            ModelConsumer consumer = _model.Consume(queue, ++_consumerCount, options);
            consumer.Real = real;
            sink.Consumer = consumer;
            _consumers.Add(consumer);
            _sinks.Add(sink);
        }
    }

    private void Credit(Random random)
    {
        if (SomeConsumer(random) is not { } consumer)
        {
            return;
        }

        switch (random.Next(4))
        {
            case 0 when !consumer.IsCongested:
                consumer.IsCongested = true;
                break;
            case 0 or 1 when consumer.IsCongested:
                consumer.IsCongested = false;
                consumer.Real!.Resume(_work);
                break;
            default:
                uint credits = (uint)random.Next(1, 5);
                consumer.Credits += credits;
                consumer.Real!.AddCredits(credits, _work);
                break;
        }
    }

    private void Pull(Random random)
    {
        if (SomeConsumer(random) is not { } consumer)
        {
            return;
        }

        if (random.Next(3) == 0)
        {
            _waiters.Add(new WaiterDouble(consumer));
            TakeDeliveries();
        }

        PullNow(random, consumer);
    }

    private void PullNow(Random random, ModelConsumer consumer)
    {
        int max = random.Next(1, 6);
        bool settled = random.Next(5) == 0;
        long leaseMs = Some(random, [0, 0, 3_000]);
        var list = new PulledList(_delivered, consumer, random.Next(4) == 0 ? 1 : int.MaxValue);
        QueueStatus status = consumer.Real!.Pull(
            max, leaseMs, settled, ref list, out int count, out bool waits);
        Assert.Equal(QueueStatus.Ok, status);
        List<Delivered> pulled = [.. _delivered.Where(delivered => delivered.ByPull)];
        _delivered.RemoveAll(delivered => delivered.ByPull);
        Assert.Equal(pulled.Count, count);
        Assert.InRange(count, 0, max);
        _model.SyncTurns();
        foreach (Delivered delivered in pulled)
        {
            Check(delivered, leaseMs > 0 ? leaseMs : consumer.Options.LeaseMs, settled);
        }

        ModelMember? left = consumer.Queue.Members(Now).Find(member => member.Must);
        Assert.True(count > 0 || left is null, $"nothing was pulled although there is {left}");
        CheckWaits(settled && count > 0 && Waits(consumer.Queue), waits);
    }

    private void DisposeOfOne(Random random)
    {
        if (SomeConsumer(random) is not { } consumer)
        {
            return;
        }

        RunWork();
        EndWaits(waiter => waiter.Consumer == consumer);
        _consumers.Remove(consumer);
        _sinks.RemoveAll(sink => sink.Consumer == consumer);
        _model.Lose(consumer);
        consumer.Real!.Dispose();
        Settle();
        consumer.Real.Dispose();
    }

    private ModelConsumer? SomeConsumer(Random random) =>
        _consumers.Count == 0 ? null : _consumers[random.Next(_consumers.Count)];

    /// <summary>Who was woken tries again; who waits has been woken if there is something for him.</summary>
    private void CheckWaiters()
    {
        foreach (ModelQueue queue in _model.Queues.Values)
        {
            List<WaiterDouble> waiters = [.. _waiters.Where(waiter => waiter.Consumer.Queue == queue)];
            ModelMember? next = queue.Members(Now).Find(member => member.Must);
            int woken = waiters.Count(waiter => waiter.Woken > 0);
            Assert.True(next is null || waiters.Count == 0 || woken > 0, $"{next} wakes nobody\n{queue}");
            Assert.DoesNotContain(waiters, waiter => waiter.Woken > 1);
        }

        var random = new Random(_bodies);
        foreach (WaiterDouble waiter in _waiters.Where(waiter => waiter.Woken > 0).ToList())
        {
            _waiters.Remove(waiter);
            if (_consumers.Contains(waiter.Consumer))
            {
                PullNow(random, waiter.Consumer);
            }
        }
    }

    private void EndWaits(Func<WaiterDouble, bool> which)
    {
        foreach (WaiterDouble waiter in _waiters.Where(which).ToList())
        {
            waiter.End();
            TakeDeliveries();
            _waiters.Remove(waiter);

            // A wake-up that nobody will follow is passed on.
            if (waiter.Woken > 0 && !waiter.Consumer.IsEnded)
            {
                waiter.Consumer.Real!.Resume(_work);
                RunWork();
            }
        }
    }
}
