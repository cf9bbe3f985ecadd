using Nexo.Engine;
using Nexo.Engine.Queues;
using Nexo.Storage;

namespace Nexo.Bench.Micro;

/// <summary>What a message of 256 bytes costs the queues' engine, in processor time; best of some rounds.</summary>
internal static class QueueTable
{
    private const int Rounds = 5;
    private const int Messages = 640_000;
    private const int BodyBytes = 256;

    public static void Print()
    {
        Measure("push, deliver, ack one by one", batch: 1, consumers: 1);
        Measure("the same, logged", batch: 1, consumers: 1, new DiscardingLog());
        Measure("64 at a time, logged", batch: 64, consumers: 1, new DiscardingLog());
        Measure("64 at a time, 4 consumers, logged", batch: 64, consumers: 4, new DiscardingLog());
        Measure("64 at a time, 16 groups, logged", batch: 64, consumers: 4, new DiscardingLog(), groups: 16);
        Measure("64 at a time, 100,000 wait, logged", batch: 64, consumers: 4, new DiscardingLog(), waiting: 100_000);
    }

    private static void Measure(
        string name, int batch, int consumers, ILogWriter? log = null, int groups = 0, int waiting = 0)
    {
        using var queues = new QueueService(new QueueLimits(), new EngineClock(TimeProvider.System), log);
        var settling = new Settling(queues, consumers);
        byte[][] keys = [.. Enumerable.Range(0, groups).Select(number => System.Text.Encoding.UTF8.GetBytes($"group {number}"))];
        for (int i = 0; i < waiting; i += batch)
        {
            settling.Push(batch, keys);
        }

        settling.Begin();
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < Messages; i += batch)
            {
                settling.Push(batch, keys);
                settling.Settle();
            }

            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / Messages);
        }

        Console.WriteLine($"{name,-36} {best,7:F0} ns");
    }

    /// <summary>A queue, its consumers, and what they have to settle.</summary>
    private sealed class Settling
    {
        private readonly QueueService _queues;
        private readonly QueueWork _work = new();
        private readonly List<(ulong Id, ulong Lease)> _leases = new(1_024);
        private readonly List<QueueConsumer> _consumers = [];
        private readonly byte[] _body = new byte[BodyBytes];

        public Settling(QueueService queues, int consumers)
        {
            _queues = queues;
            for (int i = 0; i < consumers; i++)
            {
                var options = new QueueConsumerOptions { CreditsAreUnsettled = true };
                queues.Consume("queue"u8, new Sink(_leases), options, out QueueConsumer? consumer);
                _consumers.Add(consumer!);
            }
        }

        public void Begin() => _consumers.ForEach(consumer => consumer.AddCredits(100, _work));

        public void Push(int count, byte[][] groups)
        {
            if (count == 1)
            {
                _queues.Push("queue"u8, new QueueMessage { Body = _body }, _work, out _);
            }
            else
            {
                var answers = default(Answers);
                _queues.PushBatch("queue"u8, new Source(_body, groups, count), false, ref answers, _work, out _);
            }

            _work.Run();
        }

        public void Settle()
        {
            while (_leases.Count > 0)
            {
                // What is delivered because of it comes behind.
                (ulong Id, ulong Lease)[] taken = System.Buffers.ArrayPool<(ulong, ulong)>.Shared.Rent(_leases.Count);
                _leases.CopyTo(taken);
                int count = _leases.Count;
                _leases.Clear();
                var answers = default(Answers);
                _queues.Ack("queue"u8, new Leases(taken, count), ref answers, _work, out _);
                System.Buffers.ArrayPool<(ulong, ulong)>.Shared.Return(taken);
                _work.Run();
                if (count <= 1 || _leases.Count >= count)
                {
                    break;
                }
            }
        }
    }

    private sealed class Sink(List<(ulong Id, ulong Lease)> leases) : IQueueSink
    {
        public bool IsCongested => false;

        public void Deliver(in QueueDelivery delivery) => leases.Add((delivery.MessageId, delivery.Lease));

        public void Flush()
        {
        }

        public void OnEnd(QueueStatus why)
        {
        }
    }

    private struct Answers : IQueueSettleSink, IQueuePushSink
    {
        public int Refused { get; private set; }

        public void Add(QueueStatus status, long leaseEndsAtMs) => Refused += status == QueueStatus.Ok ? 0 : 1;

        public void Add(QueueStatus status, in QueuePushResult result) => Refused += status == QueueStatus.Ok ? 0 : 1;
    }

    private struct Source(byte[] body, byte[][] groups, int count) : IQueueMessageSource
    {
        private int _next;

        public bool TryTake(out QueueMessage message)
        {
            byte[]? group = groups.Length == 0 ? null : groups[_next % groups.Length];
            message = new QueueMessage { Body = body, Group = group };
            return _next++ < count;
        }
    }

    private struct Leases((ulong Id, ulong Lease)[] leases, int count) : IQueueLeaseSource
    {
        private int _next;

        public bool TryTake(out ulong messageId, out ulong lease)
        {
            bool more = _next < count;
            (messageId, lease) = more ? leases[_next] : default;
            _next++;
            return more;
        }
    }
}
