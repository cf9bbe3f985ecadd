using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

/// <summary>
/// A lock is held for a bounded number of messages, whatever is asked for: what a hold has changed is one record of each kind, so the
/// records show the holds.
/// </summary>
public sealed class QueueHoldTests
{
    private const int Messages = 50;

    [Fact]
    public void No_hold_of_a_lock_does_more_than_a_few_messages()
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(log: log);
        harness.Declare("q", new QueueOptionSet { DeliveriesMax = 1, Backoff = QueueBackoff.None });
        (QueueConsumer consumer, ConsumerDouble sink) = harness.Consume(0);
        Push(harness, ttl: null);
        harness.Credit(consumer, Messages);
        Assert.Equal(Messages, sink.All.Count);
        consumer.Dispose();
        List<Delivered> pulled = harness.Pull();
        Assert.Equal(Messages, pulled.Count);
        harness.AckAll("q", [.. pulled.Take(20)]);
        harness.Advance(30_000);
        Assert.Equal(30, harness.Stats().Dead);
        Push(harness, ttl: 10);
        Push(harness, ttl: null);
        harness.Advance(10);
        Assert.Equal(30 + Messages, harness.Stats().Dead);
        harness.Queues.Purge("q"u8, QueuePart.Ready, out long purged, out _);
        Assert.Equal(Messages, purged);
        harness.Queues.BeginDead("q"u8, QueueDeadAction.Delete, QueueDeadFilter.All, default, 0, out QueueDeadJob? job);
        while (job!.MoveNext(1_000, new QueueWork()))
        {
        }

        Assert.Equal(80, job.Done);
        var counts = new Counts();
        log.Replay(default, counts);
        Assert.Equal([34, 35, 36, 37, 38], counts.Most.Keys.Order().Select(kind => (int)kind));
        Assert.All(counts.Most, kind => Assert.InRange(kind.Value, 1U, (uint)QueueHarness.Tiny.HoldMessagesMax));
        Assert.InRange(sink.MostAtOnce, 1, QueueHarness.Tiny.HoldMessagesMax);
    }

    [Fact]
    public void A_hold_that_copies_ends_at_so_many_bytes()
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(log: log);
        string body = new('b', 700);
        harness.PushBatch(false, out _, body, body, body, body);
        Assert.Equal(3UL, log.End.Value);
        var kept = new SliceSizes();
        QueueSnapshot snapshot = harness.Queues.BeginSnapshot(log.End);
        while (snapshot.MoveNext(kept))
        {
            kept.EndSlice();
        }

        Assert.InRange(kept.Most, 700, QueueHarness.Tiny.HoldBytesMax + 1_000);
    }

    [Fact]
    public void A_tick_does_a_bounded_amount()
    {
        using var harness = new QueueHarness();
        for (int i = 0; i < 200; i++)
        {
            harness.Push(new Pushing("m") { DelayMs = 10 });
        }

        harness.Time.Advance(10);
        harness.Queues.Tick();
        Assert.InRange(harness.Stats().Ready, 1, QueueHarness.Tiny.TickStepsMax);
        harness.TickUntilIdle();
        Assert.Equal(200, harness.Stats().Ready);
    }

    private static void Push(QueueHarness harness, long? ttl)
    {
        Pushing[] messages = [.. Enumerable.Range(0, Messages).Select(i => new Pushing($"{i}") { TtlMs = ttl })];
        Assert.Equal(QueueStatus.Ok, harness.PushBatch(false, out _, messages));
    }

    /// <summary>The most messages in one record, by kind.</summary>
    private sealed class Counts : IRecordSink
    {
        public Dictionary<byte, uint> Most { get; } = [];

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            uint count = (QueueRecordKind)kind switch
            {
                QueueRecordKind.MessagesPushed => PushedRecord.TryRead(payload, out PushedRecord record) ? record.Left : 0,
                QueueRecordKind.MessagesReturned => ReturnedRecord.TryRead(payload, out ReturnedRecord record) ? record.Left : 0,
                QueueRecordKind.MessagesDied => DiedRecord.TryRead(payload, out DiedRecord record) ? record.Left : 0,
                QueueRecordKind.MessagesRemoved => InRuns(payload),
                QueueRecordKind.MessagesDelivered => InDeliveredRuns(payload),
                _ => 0,
            };
            if (count > 0)
            {
                Most[kind] = Math.Max(Most.GetValueOrDefault(kind), count);
            }
        }

        private static uint InRuns(ReadOnlySpan<byte> payload)
        {
            Assert.True(RemovedRecord.TryRead(payload, out RemovedRecord record));
            uint count = 0;
            while (record.Left > 0 && record.TryNext(out IdRun run))
            {
                count += run.Count;
            }

            return count;
        }

        private static uint InDeliveredRuns(ReadOnlySpan<byte> payload)
        {
            Assert.True(DeliveredRecord.TryRead(payload, out DeliveredRecord record));
            uint count = 0;
            while (record.Left > 0 && record.TryNext(out IdRun run))
            {
                count += run.Count;
            }

            return count;
        }
    }

    private sealed class SliceSizes : IRecordSink
    {
        private int _bytes;

        public int Most { get; private set; }

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => _bytes += payload.Length;

        public void EndSlice()
        {
            Most = Math.Max(Most, _bytes);
            _bytes = 0;
        }
    }
}
