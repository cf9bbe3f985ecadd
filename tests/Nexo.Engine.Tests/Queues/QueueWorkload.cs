using System.Globalization;
using System.Text;
using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

/// <summary>Commands chosen at random, over a few queues that have everything.</summary>
internal sealed class QueueWorkload
{
    private static readonly string[] Names = ["a", "b", "c", "dead"];

    private readonly QueueHarness _harness;
    private readonly Random _random;
    private readonly List<(string Queue, Delivered Message)> _leased = [];
    private readonly List<QueueConsumer> _consumers = [];

    public QueueWorkload(QueueHarness harness, int seed)
    {
        _harness = harness;
        _random = new Random(seed);
        _harness.TryDeclare("dead", new QueueOptionSet(), out _);
        _harness.TryDeclare("a", new QueueOptionSet { DeadLetterQueue = "dead", DeliveriesMax = 3, LeaseMs = 1_000 }, out _);
        _harness.TryDeclare("b", new QueueOptionSet { MessagesMax = 12, WhenFull = QueueWhenFull.DeadLetter, BackoffMs = 30 }, out _);
    }

    /// <summary>All that a restart must keep, as text: leases are shown as what becomes of them.</summary>
    public static string Picture(QueueHarness harness)
    {
        var picture = new StringBuilder();
        foreach (string name in Names)
        {
            if (harness.Queues.Describe(QueueHarness.Bytes(name), out QueueDefinition? definition) != QueueStatus.Ok)
            {
                continue;
            }

            picture.AppendLine(
                CultureInfo.InvariantCulture,
                $"{name} {definition!.Revision} {definition.Options} {harness.Stats(name).Paused}");
            foreach (QueuePart part in (QueuePart[])[QueuePart.Ready, QueuePart.Leased, QueuePart.Delayed, QueuePart.Dead])
            {
                foreach (Kept kept in harness.Peek(part, name))
                {
                    if (kept.ExpiresAtMs != 0 && kept.ExpiresAtMs <= harness.Time.NowMs)
                    {
                        // A lease may outlast its message's life, but not the process.
                        continue;
                    }

                    // What is leased is ready after a restart.
                    bool leased = part is QueuePart.Leased or QueuePart.Ready;
                    picture.AppendLine(
                        CultureInfo.InvariantCulture,
                        $"{(leased ? "Ready" : part)} {kept with { VisibleAtMs = leased ? 0 : kept.VisibleAtMs }}");
                }
            }
        }

        return string.Join('\n', picture.ToString().Split('\n').Order());
    }

    public void Step()
    {
        string name = Names[_random.Next(3)];
        switch (_random.Next(20))
        {
            case < 6:
                _harness.TryPush(Message(), out _, name);
                break;
            case 6:
                var sink = new PushedList();
                _harness.Queues.PushBatch(
                    QueueHarness.Bytes(name), new PushArray(Message(), Message(), Message()), _random.Next(2) == 0, ref sink, new QueueWork(), out _);
                break;
            case < 11:
                Pull(name);
                break;
            case < 16:
                Settle();
                break;
            case 16:
                _harness.Advance(_random.Next(400));
                break;
            case 17 when _consumers.Count > 0:
                int at = _random.Next(_consumers.Count);
                _consumers[at].Dispose();
                _consumers.RemoveAt(at);
                break;
            case 18:
                Redrive(Names[_random.Next(Names.Length)]);
                break;
            default:
                Administer(name);
                break;
        }
    }

    private Pushing Message() => new($"body {_random.Next(1_000_000)}")
    {
        Priority = _random.Next(4) == 0 ? _random.Next(3) : 0,
        DelayMs = _random.Next(4) == 0 ? _random.Next(1_000) : null,
        TtlMs = _random.Next(6) == 0 ? _random.Next(1, 2_000) : null,
        Dedup = _random.Next(4) == 0 ? $"{_random.Next(20)}" : "",
        Group = _random.Next(3) == 0 ? $"group {_random.Next(4)}" : "",
        Headers = _random.Next(3) == 0 ? "headers" : "",
    };

    private void Pull(string name)
    {
        if (_harness.Queues.Describe(QueueHarness.Bytes(name), out _) != QueueStatus.Ok)
        {
            return;
        }

        (QueueConsumer consumer, _) = _harness.Consume(0, name);
        _consumers.Add(consumer);
        foreach (Delivered message in _harness.Pull(consumer, _random.Next(1, 6), settled: _random.Next(8) == 0))
        {
            _leased.Add((name, message));
        }
    }

    private void Settle()
    {
        if (_leased.Count == 0)
        {
            return;
        }

        int at = _random.Next(_leased.Count);
        (string queue, Delivered message) = _leased[at];
        _leased.RemoveAt(at);
        if (_harness.Queues.Describe(QueueHarness.Bytes(queue), out _) != QueueStatus.Ok)
        {
            return;
        }

        switch (_random.Next(6))
        {
            case < 3:
                _harness.Ack(message, queue);
                break;
            case 3:
                _harness.DeadLetter(message, "rejected", queue);
                break;
            default:
                _harness.Nack(message, (QueueNack)_random.Next(4), _random.Next(300), _random.Next(2) == 0 ? "reason" : "", queue);
                break;
        }
    }

    private void Redrive(string name)
    {
        if (_harness.Queues.BeginDead(
                QueueHarness.Bytes(name), (QueueDeadAction)_random.Next(3), QueueDeadFilter.All, default, _random.Next(5), out QueueDeadJob? job)
            == QueueStatus.Ok)
        {
            var work = new QueueWork();
            while (job!.MoveNext(2, work))
            {
            }

            work.Run();
        }
    }

    private void Administer(string name)
    {
        byte[] queue = QueueHarness.Bytes(name);
        switch (_random.Next(8))
        {
            case 0:
                _harness.Queues.Delete(queue, false, false, out _, out _);
                break;
            case 1:
                _harness.Queues.Purge(queue, (QueuePart)_random.Next(1, 8), out _, out _);
                break;
            case 2:
                _harness.Queues.Pause(queue, QueuePausedParts.Pushes, out _);
                break;
            case 3:
                _harness.Queues.Resume(queue, QueuePausedParts.Pushes, new QueueWork(), out _);
                break;
            default:
                QueueStatus status = _harness.Queues.Update(
                    queue, 0, new QueueOptionSet { DeliveriesMax = _random.Next(3, 6), LeaseMs = 1_000 + _random.Next(3) }, out _);
                Assert.True(status is QueueStatus.Ok or QueueStatus.NotFound);
                break;
        }
    }
}
