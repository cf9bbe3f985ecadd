using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>
/// The engine and the model beside it: each command is given to both, and the answers, what is delivered to whom, and
/// what is there must be the same.
/// </summary>
internal sealed partial class QueueModelPair
{
    private readonly List<Delivered> _delivered = [];
    private readonly List<ModelConsumer> _consumers = [];
    private readonly List<SinkDouble> _sinks = [];

    /// <summary>Leases that were once given, for settling late and twice.</summary>
    private readonly List<(string Queue, ulong Id, ulong Lease)> _leases = [];
    private ModelHarness _harness;
    private QueueService _queues;
    private QueueModel _model;
    private QueueWork _work = new();
    private int _bodies;
    private int _consumerCount;

    public QueueModelPair(ModelHarness harness, QueueModel model)
    {
        _harness = harness;
        _queues = harness.Queues;
        _model = model;
    }

    private long Now => _harness.Clock.NowMs;

    /// <summary>Goes on with a recovered engine and what the model says that it is. Consumers and leases are gone.</summary>
    public void Restart(ModelHarness harness, QueueModel model)
    {
        (_harness, _queues, _model, _work) = (harness, harness.Queues, model, new QueueWork());
        _consumers.Clear();
        _sinks.Clear();
        _delivered.Clear();
        _waiters.Clear();
        AdoptTargets();

        // What was due before the start is found a moment later.
        Advance(1);
        Learn(mustKnow: true);
        AdoptCounters();
        Compare();
    }

    /// <summary>Runs what is due: afterwards nothing that can be delivered waits.</summary>
    public void Settle()
    {
        RunWork();
        Advance(_model.HasExpired ? 1 : 0);
        _harness.TickUntilIdle();
        TakeDeliveries();
        Learn(mustKnow: true);
        foreach (ModelQueue queue in _model.Queues.Values)
        {
            string? left = queue.Undelivered(Now);
            Assert.True(left is null, left);
        }

        CheckWaiters();
        Assert.DoesNotContain(_sinks, sink => sink.Unflushed > 0);
    }

    public void Compare()
    {
        AdoptTargets();
        Assert.Equal(
            _model.Queues.Keys, _harness.List().Select(listed => listed.Name).Order(StringComparer.Ordinal));
        foreach (ModelQueue queue in _model.Queues.Values)
        {
            Compare(queue);
        }
    }

    private void RunWork()
    {
        _work.Run();
        TakeDeliveries();
        Learn(mustKnow: false);
    }

    /// <summary>Lets time go by, and does what is due on the way.</summary>
    private void Advance(long milliseconds)
    {
        long until = Now + milliseconds;
        while (Now < until)
        {
            AdvanceTo(_model.NextMoment(until));
        }
    }

    private void AdvanceTo(long moment)
    {
        _harness.Time.Advance(moment - Now);
        foreach (ModelQueue queue in _model.Queues.Values)
        {
            // Several things may come due at once, in an order that is not the model's.
            foreach (ModelMessage message in queue.Live.Where(message => message.Group.Length > 0))
            {
                queue.Turns.Forget(message.Group);
            }

            queue.Turns.Forget("");
        }

        _model.Elapse();
        _harness.TickUntilIdle();
        TakeDeliveries();
        Learn(mustKnow: false);
    }

    /// <summary>Applies to the model what was delivered, in its order.</summary>
    private void TakeDeliveries()
    {
        _model.SyncTurns();
        foreach (Delivered delivered in _delivered.Where(delivered => !delivered.ByPull))
        {
            ModelConsumer consumer = delivered.Consumer;
            try
            {
                Check(delivered, consumer.Options.LeaseMs, consumer.Options.SettledByDelivery);
            }
            catch (Exception failure)
            {
                throw new Xunit.Sdk.XunitException($"{failure.Message}\nof\n{string.Join('\n', _delivered)}");
            }
        }

        _delivered.Clear();
    }

    private void Check(Delivered delivered, long leaseMs, bool settled)
    {
        ModelQueue queue = delivered.Consumer.Queue;
        _model.Deliver(delivered, leaseMs, settled);
        Assert.Equal(settled, delivered.Lease == 0);
        if (!settled)
        {
            ModelMessage message = queue.Messages[delivered.Id];
            Assert.Equal(message.LeaseEnds + _harness.WallAheadMs, delivered.LeaseEndsAtMs);
            Same(message, delivered);
            _leases.Add((queue.Name, delivered.Id, delivered.Lease));
        }
    }

    private void Same(ModelMessage message, Delivered delivered)
    {
        Assert.Equal(
            (message.Body, message.Headers, message.Group, message.Priority, message.Deliveries),
            (delivered.Body, delivered.Headers, delivered.Group, delivered.Priority, delivered.Attempt));
        if (!_jumped)
        {
            Assert.Equal(message.EnqueuedAt + _harness.WallAheadMs, delivered.EnqueuedAtMs);
        }
    }

    /// <summary>The queues that dead letters have made.</summary>
    private void AdoptTargets()
    {
        foreach ((string name, _) in _harness.List())
        {
            if (_model.Find(name) is null && _model.Queues.Values.Any(queue => queue.Options.DeadLetterQueue == name))
            {
                _model.Make(name, new QueueOptions { Durability = _harness.Limits.DurabilityDefault });
            }
        }
    }
}
