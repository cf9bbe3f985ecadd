using System.Collections.Concurrent;
using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueConcurrencyTests
{
    private const int Producers = 2;
    private const int EachPushes = 1_000;

    [Fact]
    public async Task A_dispatch_that_finds_more_and_more_to_do_goes_on_on_another_thread()
    {
        const int Messages = 400;
        QueueTuning tuning = QueueHarness.Tiny with { DispatchHoldsMax = 2 };
        using var harness = new QueueHarness(new QueueLimits { Shards = 1, Tuning = tuning });
        for (int i = 0; i < Messages; i++)
        {
            harness.Push("x");
        }

        (_, ConsumerDouble sink) = harness.Consume(Messages);
        Assert.InRange(sink.MostAtOnce, 1, tuning.HoldMessagesMax);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (harness.Stats().Leased < Messages)
        {
            await Task.Delay(1, patience.Token);
        }

        Assert.Equal(Enumerable.Range(1, Messages).Select(id => (ulong)id), sink.All.Select(message => message.Id));
    }

    /// <summary>
    /// Several push while others take, fail, go and come, queues are looked at, ticks pass and snapshots are taken: each message is
    /// settled once, and what the log says is what is there.
    /// </summary>
    [Fact]
    public async Task Every_message_is_settled_once_whoever_comes_and_goes()
    {
        var log = new MemoryLog();
        var time = new ManualTime();
        using var harness = new QueueHarness(time: time, log: log);
        harness.Declare("q", new QueueOptionSet { DeadLetterQueue = "dead", DeliveriesMax = 0, BackoffMs = 1 });
        var settled = new ConcurrentDictionary<ulong, int>();
        using var done = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        CancellationToken stop = done.Token;
        List<Task> producers = [.. Enumerable.Range(0, Producers).Select(number => Task.Run(() => Produce(harness, number)))];
        List<Task> others =
        [
            Task.Run(() => Serve(harness, settled, 1, stop)),
            Task.Run(() => Serve(harness, settled, 2, stop)),
            Task.Run(() => PullAway(harness, settled, stop)),
            Task.Run(() => LookOn(harness, time, stop)),
        ];
        await Task.WhenAll(producers);
        while (settled.Count < Producers * EachPushes && !stop.IsCancellationRequested)
        {
            await Task.Yield();
        }

        await done.CancelAsync();
        await Task.WhenAll(others);
        Assert.Equal(Producers * EachPushes, settled.Count);
        Assert.All(settled, message => Assert.Equal(1, message.Value));
        harness.Advance(100_000);
        Assert.Equal((0L, 0L), (harness.Stats().Ready, harness.Stats().Leased));
        using var after = new QueueHarness(time: time);
        QueueRecovery recovery = after.Queues.BeginRecovery();
        log.Replay(default, recovery);
        recovery.Complete();
        Assert.Equal(0, after.Stats().Ready);
        Assert.Equal(harness.Dead("dead").Select(dead => dead.Body), after.Dead("dead").Select(dead => dead.Body));
    }

    [Fact]
    public async Task Queues_that_are_made_and_deleted_beside_pushes_and_moves_harm_nobody()
    {
        using var harness = new QueueHarness(log: new MemoryLog());
        string[] names = ["a", "b", "c", "d"];
        int left = 4;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Run(() =>
        {
            var random = new Random(number);
            var work = new QueueWork();
            for (int i = 0; i < 2_000; i++)
            {
                byte[] name = QueueHarness.Bytes(names[random.Next(4)]);
                Act(harness.Queues, name, QueueHarness.Bytes(names[random.Next(4)]), random, work);
                work.Run();
            }

            Interlocked.Decrement(ref left);
        })).Append(Task.Run(() =>
        {
            while (Volatile.Read(ref left) > 0)
            {
                harness.Queues.Tick();
                _ = harness.Queues.Totals;
            }
        })));
        harness.TickUntilIdle();
    }

    private static void Act(QueueService queues, byte[] name, byte[] other, Random random, QueueWork work)
    {
        switch (random.Next(12))
        {
            case 0:
                queues.Delete(name, false, false, out _, out _);
                break;
            case 1:
                queues.Declare(name, new QueueOptionSet { DeadLetterQueue = System.Text.Encoding.Latin1.GetString(other) }, out _);
                break;
            case 2 when queues.BeginDead(name, QueueDeadAction.Redrive, QueueDeadFilter.All, [], 0, out QueueDeadJob? job) == QueueStatus.Ok:
                while (job!.MoveNext(5, work))
                {
                    work.Run();
                }

                break;
            case 3 when queues.Consume(name, new ConsumerDouble(), new QueueConsumerOptions(), out QueueConsumer? consumer) == QueueStatus.Ok:
                consumer!.AddCredits(10, work);
                var list = new PulledList();
                consumer.Pull(5, 0, false, ref list, out _, out _);
                var sink = new SettleList();
                queues.DeadLetter(name, [], new LeaseArray([.. list.All.Select(message => (message.Id, message.Lease))]), ref sink, work, out _);
                consumer.Dispose();
                break;
            default:
                queues.Push(name, new QueueMessage { Body = "m"u8, Group = random.Next(2) == 0 ? name : default }, work, out _);
                break;
        }
    }

    private static void Produce(QueueHarness harness, int number)
    {
        var work = new QueueWork();
        for (int i = 0; i < EachPushes; i++)
        {
            var message = new QueueMessage
            {
                Body = "m"u8,
                Priority = i % 3,
                DelayMs = i % 11 == 0 ? i % 7 : 0,
                Group = i % 4 == 0 ? QueueHarness.Bytes($"g{i % 5}") : default,
                DedupId = QueueHarness.Bytes($"{number}/{i}"),
            };
            Assert.Equal(QueueStatus.Ok, harness.Queues.Push("q"u8, message, work, out _));
            if (i % 8 == 0)
            {
                work.Run();
            }
        }

        work.Run();
    }

    /// <summary>Consumers of pushes, one after the other; what they get they settle while they are flushed.</summary>
    private static void Serve(QueueHarness harness, ConcurrentDictionary<ulong, int> settled, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            var sink = new ConsumerDouble();
            harness.Queues.Consume("q"u8, sink, new QueueConsumerOptions(), out QueueConsumer? consumer);
            var work = new QueueWork();
            for (int i = 0; i < 20 && !stop.IsCancellationRequested; i++)
            {
                consumer!.AddCredits(16, work);
                work.Run();
                List<Delivered> got;
                lock (sink.All)
                {
                    got = [.. sink.All];
                    sink.All.Clear();
                }

                foreach (Delivered message in got)
                {
                    Settle(harness, settled, message, random.Next(10), work);
                }

                work.Run();
            }

            consumer!.Dispose();
        }
    }

    private static void PullAway(QueueHarness harness, ConcurrentDictionary<ulong, int> settled, CancellationToken stop)
    {
        var work = new QueueWork();
        int woken = 0;
        while (!stop.IsCancellationRequested)
        {
            harness.Queues.Consume("q"u8, new ConsumerDouble(), new QueueConsumerOptions(), out QueueConsumer? consumer);
            for (int i = 0; i < 50; i++)
            {
                using IDisposable wait = consumer!.WhenReady(() => Interlocked.Increment(ref woken));
                var list = new PulledList();
                consumer.Pull(1 + (i % 9), 0, settled: i % 5 == 0, ref list, out _, out _);
                foreach (Delivered message in list.All)
                {
                    if (message.Lease == 0)
                    {
                        settled.AddOrUpdate(message.Id, 1, (_, count) => count + 1);
                    }
                    else
                    {
                        Settle(harness, settled, message, i % 10, work);
                    }
                }

                work.Run();
            }

            consumer!.Dispose();
        }
    }

    private static void Settle(
        QueueHarness harness, ConcurrentDictionary<ulong, int> settled, Delivered message, int what, QueueWork work)
    {
        var answers = new SettleList();
        var lease = new LeaseArray((message.Id, message.Lease));
        switch (what)
        {
            case 0:
                harness.Queues.Nack("q"u8, QueueNack.Now, 0, [], lease, ref answers, work, out _);
                return;
            case 1:
                harness.Queues.Nack("q"u8, QueueNack.Backoff, 0, "r"u8, lease, ref answers, work, out _);
                return;
            case 2:
                // It is not settled: it comes back when its consumer goes.
                return;
            case 3:
                harness.Queues.DeadLetter("q"u8, "dead"u8, lease, ref answers, work, out _);
                break;
            default:
                harness.Queues.Ack("q"u8, lease, ref answers, work, out _);
                break;
        }

        if (answers.All[0].Status == QueueStatus.Ok)
        {
            settled.AddOrUpdate(message.Id, 1, (_, count) => count + 1);
        }
    }

    private static void LookOn(QueueHarness harness, ManualTime time, CancellationToken stop)
    {
        ulong position = 0;
        while (!stop.IsCancellationRequested)
        {
            time.Advance(1);
            harness.Queues.Tick();
            _ = harness.Stats();
            QueueSnapshot snapshot = harness.Queues.BeginSnapshot(new Lsn(position++));
            while (snapshot.MoveNext(new RecordList()))
            {
            }

            harness.Queues.Check();
        }
    }
}
