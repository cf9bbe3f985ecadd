using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>Settlements.</content>
internal sealed partial class QueueModelPair
{
    private void Ack(Random random)
    {
        if (SomeLeases(random) is not var (queue, leases))
        {
            return;
        }

        var sink = new SettleList();
        QueueStatus status = _queues.Ack(
            ModelHarness.Bytes(queue.Name), new LeaseArray(leases), ref sink, _work, out bool waits);
        Assert.Equal(QueueStatus.Ok, status);
        Settled(queue, leases, sink, waits, message => QueueModel.Ack(queue, message));
    }

    private void Nack(Random random)
    {
        if (SomeLeases(random) is not var (queue, leases))
        {
            return;
        }

        var action = (QueueNack)random.Next(4);
        long delayMs = action == QueueNack.Delay ? Some(random, [0, 1, 700, 20_000]) : 0;
        string reason = Reasons[random.Next(Reasons.Length)];
        var sink = new SettleList();
        if (random.Next(20) == 0)
        {
            Assert.Equal(QueueStatus.DelayOutOfRange, Nack(queue.Name, QueueNack.Delay, -1, "", leases, ref sink, out _));
            Assert.Empty(sink.Items);
        }

        Assert.Equal(QueueStatus.Ok, Nack(queue.Name, action, delayMs, reason, leases, ref sink, out bool waits));
        Settled(queue, leases, sink, waits, message => _model.Nack(queue, message, action, delayMs, reason));
        Learn(mustKnow: false);
    }

    private QueueStatus Nack(
        string queue,
        QueueNack action,
        long delayMs,
        string reason,
        IReadOnlyList<(ulong Id, ulong Lease)> leases,
        ref SettleList sink,
        out bool waits) => _queues.Nack(
            ModelHarness.Bytes(queue),
            action,
            delayMs,
            ModelHarness.Bytes(reason),
            new LeaseArray(leases),
            ref sink,
            _work,
            out waits);

    private void DeadLetter(Random random)
    {
        if (SomeLeases(random) is not var (queue, leases))
        {
            return;
        }

        string reason = Reasons[random.Next(Reasons.Length)];
        var sink = new SettleList();
        QueueStatus status = _queues.DeadLetter(
            ModelHarness.Bytes(queue.Name),
            ModelHarness.Bytes(reason),
            new LeaseArray(leases),
            ref sink,
            _work,
            out bool waits);
        Assert.Equal(QueueStatus.Ok, status);
        Settled(queue, leases, sink, waits, message => _model.DeadLetter(queue, message, reason));
        Learn(mustKnow: false);
    }

    private void Extend(Random random)
    {
        if (SomeLeases(random) is not var (queue, leases))
        {
            return;
        }

        long leaseMs = Some(random, [0, 0, 1_000, 60_000, 1, 43_200_001]);
        var sink = new SettleList();
        QueueStatus status = _queues.Extend(
            ModelHarness.Bytes(queue.Name), leaseMs, new LeaseArray(leases), ref sink);
        if (leaseMs is 1 or 43_200_001)
        {
            Assert.Equal(QueueStatus.LeaseOutOfRange, status);
            Assert.Empty(sink.Items);
            return;
        }

        Assert.Equal(QueueStatus.Ok, status);
        foreach (((ulong id, ulong lease), (QueueStatus each, long ends)) in leases.Zip(sink.Items))
        {
            ModelMessage? message = QueueModel.Leased(queue, id, lease);
            Assert.Equal(message is null ? QueueStatus.LeaseLost : QueueStatus.Ok, each);
            if (message is not null)
            {
                _model.Extend(queue, message, leaseMs);
                Assert.Equal(message.LeaseEnds + _harness.WallAheadMs, ends);
            }
        }
    }

    /// <summary>Forged leases, old ones, those of others, in any queue: nothing changes.</summary>
    private void SettleWhatIsNotTheirs(Random random)
    {
        string name = Name(random);
        ModelQueue? queue = _model.Find(name);
        List<(ulong Id, ulong Lease)> leases = [(1, 0), (0, 1), (ulong.MaxValue, ulong.MaxValue)];
        if (queue is { Messages.Count: > 0 })
        {
            ModelMessage some = queue.Messages.Values.ElementAt(random.Next(queue.Messages.Count));
            leases.Add((some.Id, (ulong)random.NextInt64()));
            leases.Add((some.Id, some.Lease ^ (1UL << random.Next(64))));
            leases.Add((some.Id + 1, some.Lease));
        }

        if (_leases.Count > 0)
        {
            (_, ulong id, ulong lease) = _leases[random.Next(_leases.Count)];
            leases.Add((id, lease));
        }

        leases.RemoveAll(lease => queue is not null && QueueModel.Leased(queue, lease.Id, lease.Lease) is not null);
        var sink = new SettleList();
        var source = new LeaseArray(leases);
        byte[] bytes = ModelHarness.Bytes(name);
        QueueStatus status = random.Next(4) switch
        {
            0 => _queues.Ack(bytes, source, ref sink, _work, out _),
            1 => _queues.Nack(bytes, QueueNack.Now, 0, [], source, ref sink, _work, out _),
            2 => _queues.DeadLetter(bytes, [], source, ref sink, _work, out _),
            _ => _queues.Extend(bytes, 0, source, ref sink),
        };
        Assert.True(
            status == (queue is null ? QueueStatus.NotFound : QueueStatus.Ok),
            $"{name}: {status} of\n{queue}\n{Everything()}");
        Assert.Equal(queue is null ? 0 : leases.Count, sink.Items.Count);
        Assert.DoesNotContain(sink.Items, item => item.Status != QueueStatus.LeaseLost);
    }

    private void Settled(
        ModelQueue queue,
        List<(ulong Id, ulong Lease)> leases,
        SettleList sink,
        bool waits,
        Action<ModelMessage> settle)
    {
        Assert.Equal(leases.Count, sink.Items.Count);
        bool any = false;
        foreach (((ulong id, ulong lease), (QueueStatus status, _)) in leases.Zip(sink.Items))
        {
            ModelMessage? message = QueueModel.Leased(queue, id, lease);
            Assert.Equal(message is null ? QueueStatus.LeaseLost : QueueStatus.Ok, status);
            if (message is not null)
            {
                any = true;
                settle(message);
            }
        }

        if (any)
        {
            CheckWaits(Waits(queue), waits);
        }

        if (_model.HasExpired)
        {
            Advance(1);
        }
    }

    /// <summary>Leases of one queue: most of them good ones, a few twice, or old.</summary>
    private (ModelQueue Queue, List<(ulong Id, ulong Lease)> Leases)? SomeLeases(Random random)
    {
        List<ModelQueue> held = [.. _model.Queues.Values.Where(queue => queue.Count(ModelState.Leased) > 0)];
        if (held.Count == 0)
        {
            return null;
        }

        ModelQueue queue = held[random.Next(held.Count)];
        List<(ulong Id, ulong Lease)> leases =
        [
            .. queue.Messages.Values.Where(message => message.State == ModelState.Leased)
                .OrderBy(_ => random.Next())
                .Take(random.Next(3) == 0 ? random.Next(1, 5) : 1)
                .Select(message => (message.Id, message.Lease)),
        ];
        if (random.Next(8) == 0)
        {
            leases.Add(leases[0]);
        }

        if (random.Next(8) == 0)
        {
            (string _, ulong id, ulong lease) = _leases[random.Next(_leases.Count)];
            leases.Insert(random.Next(leases.Count), (id, lease));
        }

        return (queue, leases);
    }
}
