using System.Text;
using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

/// <summary>Queues with a manual clock, and their commands over strings. What a command notes is run at once.</summary>
internal sealed class QueueHarness : IDisposable
{
    public const string Q = "q";

    public static readonly QueueTuning Tiny = new()
    {
        PageBytes = 4_096,
        HoldMessagesMax = 4,
        DispatchHoldsMax = int.MaxValue,
        HoldLooksMax = 6,
        HoldBytesMax = 1_024,
        TickStepsMax = 24,
        TickQueuesMax = 2,
        PageLooksMax = 5,
    };

    private readonly QueueWork _work = new();

    public QueueHarness(QueueLimits? limits = null, ManualTime? time = null, ILogWriter? log = null)
    {
        Time = time ?? new ManualTime();
        Clock = new EngineClock(Time);
        Queues = new QueueService(limits ?? new QueueLimits { Shards = 2, Tuning = Tiny }, Clock, log);
    }

    public ManualTime Time { get; }

    public EngineClock Clock { get; }

    public QueueService Queues { get; }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public QueueDeclared Declare(string name, QueueOptionSet? options = null)
    {
        Assert.Equal(QueueStatus.Ok, TryDeclare(name, options ?? new QueueOptionSet(), out QueueDeclared declared));
        return declared;
    }

    public QueueStatus TryDeclare(string name, QueueOptionSet options, out QueueDeclared declared) =>
        Queues.Declare(Bytes(name), options, out declared);

    /// <summary>The id.</summary>
    public ulong Push(Pushing message, string queue = Q)
    {
        Assert.Equal(QueueStatus.Ok, TryPush(message, out QueuePushResult result, queue));
        return result.MessageId;
    }

    public QueueStatus TryPush(Pushing message, out QueuePushResult result, string queue = Q)
    {
        QueueMessage pushed = message.Message();
        QueueStatus status = Queues.Push(Bytes(queue), pushed, _work, out result);
        _work.Run();
        return status;
    }

    public void PushAll(params Pushing[] messages)
    {
        foreach (Pushing message in messages)
        {
            Push(message);
        }
    }

    public QueueStatus PushBatch(
        bool allOrNone, out List<(QueueStatus Status, QueuePushOutcome Outcome, ulong Id)> answers, params Pushing[] messages)
    {
        var sink = new PushedList();
        QueueStatus status = Queues.PushBatch(Bytes(Q), new PushArray(messages), allOrNone, ref sink, _work, out _);
        _work.Run();
        answers = sink.All;
        return status;
    }

    public (QueueConsumer Consumer, ConsumerDouble Sink) Consume(
        uint credits, string queue = Q, QueueConsumerOptions? options = null)
    {
        var sink = new ConsumerDouble();
        Assert.Equal(
            QueueStatus.Ok,
            Queues.Consume(Bytes(queue), sink, options ?? new QueueConsumerOptions(), out QueueConsumer? consumer));
        Credit(consumer!, credits);
        return (consumer!, sink);
    }

    public void Credit(QueueConsumer consumer, uint credits)
    {
        consumer.AddCredits(credits, _work);
        _work.Run();
    }

    public void Resume(QueueConsumer consumer)
    {
        consumer.Resume(_work);
        _work.Run();
    }

    public List<Delivered> Pull(QueueConsumer consumer, int most = int.MaxValue, bool settled = false, long leaseMs = 0)
    {
        var list = new PulledList();
        Assert.Equal(QueueStatus.Ok, consumer.Pull(most, leaseMs, settled, ref list, out int count, out _));
        Assert.Equal(list.All.Count, count);
        return list.All;
    }

    /// <summary>Pulls by a consumer of its own, which stays.</summary>
    public List<Delivered> Pull(int most = int.MaxValue, string queue = Q, bool settled = false) =>
        Pull(Consume(0, queue).Consumer, most, settled);

    public QueueStatus Ack(Delivered message, string queue = Q) => Assert.Single(AckAll(queue, message));

    public List<QueueStatus> AckAll(string queue, params Delivered[] messages)
    {
        var sink = new SettleList();
        Assert.Equal(QueueStatus.Ok, Queues.Ack(Bytes(queue), Leases(messages), ref sink, _work, out _));
        _work.Run();
        return [.. sink.All.Select(answer => answer.Status)];
    }

    public QueueStatus Nack(
        Delivered message, QueueNack action = QueueNack.Now, long delayMs = 0, string reason = "", string queue = Q)
    {
        var sink = new SettleList();
        QueueStatus status = Queues.Nack(
            Bytes(queue), action, delayMs, Bytes(reason), Leases(message), ref sink, _work, out _);
        _work.Run();
        return status == QueueStatus.Ok ? Assert.Single(sink.All).Status : status;
    }

    public QueueStatus DeadLetter(Delivered message, string reason = "", string queue = Q)
    {
        var sink = new SettleList();
        QueueStatus status = Queues.DeadLetter(Bytes(queue), Bytes(reason), Leases(message), ref sink, _work, out _);
        _work.Run();
        return status == QueueStatus.Ok ? Assert.Single(sink.All).Status : status;
    }

    public QueueStatus Extend(Delivered message, long leaseMs, out long leaseEndsAtMs, string queue = Q)
    {
        var sink = new SettleList();
        QueueStatus status = Queues.Extend(Bytes(queue), leaseMs, Leases(message), ref sink);
        leaseEndsAtMs = sink.All.FirstOrDefault().LeaseEndsAtMs;
        return status == QueueStatus.Ok ? Assert.Single(sink.All).Status : status;
    }

    public QueueStats Stats(string queue = Q)
    {
        Assert.Equal(QueueStatus.Ok, Queues.Stats(Bytes(queue), out QueueStats? stats));
        return stats!;
    }

    public List<Kept> Peek(QueuePart part, string queue = Q, ulong after = 0, int limit = int.MaxValue)
    {
        var sink = new KeptList();
        bool more = true;
        while (more && sink.All.Count < limit)
        {
            int left = limit - sink.All.Count;
            Assert.Equal(QueueStatus.Ok, Queues.Peek(Bytes(queue), part, after, left, ref sink, out after, out more));
        }

        return sink.All;
    }

    public List<Kept> Dead(string queue = Q) => Peek(QueuePart.Dead, queue);

    public QueueStatus Pause(QueuePausedParts parts) => Queues.Pause(Bytes(Q), parts, out _);

    public QueueStatus ResumeQueue(QueuePausedParts parts)
    {
        QueueStatus status = Queues.Resume(Bytes(Q), parts, _work, out _);
        _work.Run();
        return status;
    }

    /// <summary>Moves the clock and does all that is due then.</summary>
    public void Advance(long milliseconds)
    {
        Time.Advance(milliseconds);
        TickUntilIdle();
    }

    public void TickUntilIdle()
    {
        while (Queues.TickSteps() > 0)
        {
        }
    }

    public void Dispose()
    {
        Queues.Check();
        Queues.Dispose();
    }

    private static LeaseArray Leases(params Delivered[] messages) =>
        new([.. messages.Select(message => (message.Id, message.Lease))]);
}
