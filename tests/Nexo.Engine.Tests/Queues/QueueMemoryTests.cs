using Nexo.Engine.Queues;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueMemoryTests
{
    [Fact]
    public void Push_delivery_and_settlement_allocate_no_managed_memory()
    {
        var log = new CountingLog();
        using var harness = new QueueHarness(new QueueLimits(), log: log);
        var work = new QueueWork();
        var sink = new LastDelivery();
        harness.Queues.Consume("q"u8, sink, new QueueConsumerOptions { CreditsAreUnsettled = true }, out QueueConsumer? consumer);
        consumer!.AddCredits(100, work);
        byte[] body = new byte[256];
        byte[] group = "group"u8.ToArray();

        // The best of several windows: a table that grows once is no allocation per message.
        long least = long.MaxValue;
        for (int window = 0; window < 5; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5_000; i++)
            {
                var message = new QueueMessage { Body = body, Group = i % 3 == 0 ? group : default, TtlMs = i % 5 == 0 ? 60_000 : null };
                harness.Queues.Push("q"u8, message, work, out _);
                work.Run();
                Settle(harness, sink, work, i);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.True(log.Records > 25_000);
        Assert.Equal(0, harness.Stats().Ready);
        consumer.Dispose();
    }

    [Fact]
    public void A_message_of_256_bytes_costs_at_most_120_more()
    {
        using var harness = new QueueHarness(new QueueLimits { Shards = 1 });
        var work = new QueueWork();
        byte[] body = new byte[256];
        const int Messages = 20_000;
        for (int i = 0; i < Messages; i++)
        {
            harness.Queues.Push("q"u8, new QueueMessage { Body = body }, work, out _);
        }

        QueueStats stats = harness.Stats();
        Assert.InRange((double)stats.MemoryBytes / Messages, 256, 256 + 120);
        Assert.Equal(256L * Messages, stats.MessageBytes);
        harness.Queues.Purge("q"u8, QueuePart.Ready, out long removed, out _);
        Assert.Equal((Messages, 0L), (removed, harness.Stats().MemoryBytes));
    }

    [Fact]
    public void Ten_thousand_queues_work_side_by_side_and_cost_little()
    {
        const int Queues = 10_000;
        using var harness = new QueueHarness(new QueueLimits());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Queues; i++)
        {
            harness.Push("m", $"queue {i}");
        }

        long managed = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(Queues, harness.Queues.Count);
        Assert.Equal(Queues, harness.Queues.Totals.Ready);
        Assert.InRange(managed / Queues, 0, 4_096);
        for (int i = 0; i < Queues; i += 97)
        {
            Assert.Equal("m", Assert.Single(harness.Pull(queue: $"queue {i}")).Body);
        }

        Assert.Equal(100, harness.Queues.List("queue 1"u8, default, 100).Count);
    }

    [Fact]
    public void A_shard_without_page_ids_refuses_pushes_and_has_changed_nothing()
    {
        var tuning = QueueHarness.Tiny with { PageIdMax = 300 };
        using var harness = new QueueHarness(new QueueLimits { Shards = 1, Tuning = tuning });
        string body = new('b', 1_000);
        int pushed = 0;
        while (harness.TryPush(new Pushing(body) { Dedup = $"{pushed}" }, out _) == QueueStatus.Ok)
        {
            pushed++;
        }

        Assert.InRange(pushed, 100, 300);
        Assert.Equal(QueueStatus.Full, harness.PushBatch(true, out _, body, body));
        harness.Queues.Check();
        Assert.Equal(pushed, harness.Stats().Ready);
        harness.AckAll("q", [.. harness.Pull(50)]);
        harness.Push(body);
    }

    private static void Settle(QueueHarness harness, LastDelivery sink, QueueWork work, int round)
    {
        var settled = new SettleCount();
        if (round % 7 == 0)
        {
            harness.Queues.Nack("q"u8, QueueNack.Now, 0, "reason"u8, sink.Take(), ref settled, work, out _);
            work.Run();
        }

        harness.Queues.Extend("q"u8, 0, sink.Take(), ref settled);
        harness.Queues.Ack("q"u8, sink.Take(), ref settled, work, out _);
        work.Run();
        Assert.True(settled.Ok >= 2);
    }

    private struct SettleCount : IQueueSettleSink
    {
        public int Ok { get; private set; }

        public void Add(QueueStatus status, long leaseEndsAtMs) => Ok += status == QueueStatus.Ok ? 1 : 0;
    }

    private struct OneLease(ulong id, ulong lease) : IQueueLeaseSource
    {
        private bool _taken;

        public bool TryTake(out ulong messageId, out ulong token)
        {
            (messageId, token) = (id, lease);
            bool first = !_taken;
            _taken = true;
            return first;
        }
    }

    private sealed class LastDelivery : IQueueSink
    {
        private ulong _id;
        private ulong _lease;

        public bool IsCongested => false;

        public OneLease Take() => new(_id, _lease);

        public void Deliver(in QueueDelivery delivery) => (_id, _lease) = (delivery.MessageId, delivery.Lease);

        public void Flush()
        {
        }

        public void OnEnd(QueueStatus why)
        {
        }
    }

    /// <summary>Takes records and keeps none.</summary>
    private sealed class CountingLog : ILogWriter, LogAppend.IEnd
    {
        private readonly byte[] _payload = new byte[1 << 16];
        private readonly Lock _gate = new();

        public ulong Records { get; private set; }

        public Lsn AppendedLsn => new(Records);

        public LogRoom RoomFor(int payloadBytes) => LogRoom.Ok;

        public LogRoom RoomForRemoval(int payloadBytes) => LogRoom.Ok;

        public LogAppend Begin(byte kind, int payloadBytes)
        {
            _gate.Enter();
            return new LogAppend(this, _payload.AsSpan(0, payloadBytes), new Lsn(++Records));
        }

        public void EndAppend() => _gate.Exit();
    }
}
