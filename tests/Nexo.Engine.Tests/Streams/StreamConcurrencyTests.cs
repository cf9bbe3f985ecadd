using System.Buffers;
using System.Globalization;
using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>Producers, followers, readers, snapshots and file work at once, over a log with its own thread.</summary>
public sealed class StreamConcurrencyTests
{
    private const int Producers = 3;
    private const int Streams = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Everybody_sees_the_same_order_and_nothing_that_is_not_durable()
    {
        var disk = new MemoryDisk();
        using Wal wal = Wal.Open(
            disk, 1, WalTail.BeginAt(new Lsn(1)), new WalOptions { SegmentBytes = 1 << 20 }, TimeProvider.System, new Silent());
        using var streams = new StreamService(
            new StreamLimits { Tuning = StreamHarness.Tiny with { CareMs = 10 } }, new EngineClock(TimeProvider.System));
        streams.BeginRecovery(new StreamDisk(disk, 1, new Silent())).Complete(wal);
        for (int i = 0; i < Streams; i++)
        {
            Assert.Equal(StreamStatus.Ok, streams.Create(NameOf(i), new StreamOptionSet(), out _));
        }

        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var crowd = new Crowd(streams, wal);
        Task[] producers = [.. Enumerable.Range(0, Producers).Select(i => Task.Run(() => crowd.ProduceAsync(i, stop.Token)))];
        Task<List<string>>[] followers =
        [
            .. Enumerable.Range(0, 2 * Streams).Select(i => Task.Run(() => crowd.FollowAsync(NameOf(i % Streams), producers))),
        ];
        Task keeper = Task.Run(() => crowd.Keep(stop.Token), TestContext.Current.CancellationToken);
        await Task.WhenAll([.. producers, keeper]).WaitAsync(Patience, TestContext.Current.CancellationToken);
        List<string>[] seen = await Task.WhenAll(followers).WaitAsync(Patience, TestContext.Current.CancellationToken);
        for (int i = 0; i < Streams; i++)
        {
            Assert.True(seen[i].Count > 50, $"{seen[i].Count} records are few");
            Assert.Equal(seen[i], seen[i + Streams]);
            Assert.Equal(seen[i], crowd.ReadAll(NameOf(i)));
            foreach (IGrouping<string, string> own in seen[i].GroupBy(value => value.Split(':')[0]))
            {
                int[] numbers = [.. own.Select(value => int.Parse(value.Split(':')[1], CultureInfo.InvariantCulture))];
                Assert.Equal(Enumerable.Range(0, numbers.Length), numbers);
            }
        }
    }

    private static byte[] NameOf(int stream) => StreamHarness.Bytes($"s{stream}");

    private sealed class Crowd(StreamService streams, Wal wal)
    {
        public async Task ProduceAsync(int producer, CancellationToken stop)
        {
            var random = new Random(producer);
            int[] next = new int[Streams];
            while (!stop.IsCancellationRequested)
            {
                int stream = random.Next(Streams);
                int count = random.Next(1, 8);
                byte[] batch = StreamHarness.NewRecords(
                    [.. Enumerable.Range(next[stream], count).Select(i => ((string?)null, $"{producer}:{i}:{new string('x', i % 70)}"))]);
                var terms = new StreamAppendTerms { Producer = new StreamProducer((ulong)producer + 1, (ulong)next[stream]) };
                StreamStatus status = streams.AppendBatch(NameOf(stream), count, batch, terms, out StreamAppended appended);
                Assert.Equal((StreamStatus.Ok, StreamOutcome.Appended, true), (status, appended.Outcome, appended.Waits));
                next[stream] += count;
                if (random.Next(3) == 0)
                {
                    await wal.WhenDurableAsync(wal.AppendedLsn);

                    // What is acknowledged is there to be read.
                    Assert.Equal(StreamStatus.Ok, streams.Describe(NameOf(stream), out _, out StreamRange range));
                    Assert.True(range.Next >= appended.Offset + count, "an acknowledged record cannot be read");
                }
            }
        }

        public async Task<List<string>> FollowAsync(byte[] name, Task[] producers)
        {
            Assert.Equal(
                StreamStatus.Ok,
                streams.Follow(name, new StreamPlace(StreamFrom.Beginning), default, out StreamFollower? tail, out _));
            var seen = new List<string>();
            var target = new ArrayBufferWriter<byte>();
            while (true)
            {
                target.ResetWrittenCount();
                Assert.Equal(StreamStatus.Ok, tail!.Read(50, 5_000, target, out StreamReadResult result));
                foreach (Read record in StreamHarness.Parse(target.WrittenSpan))
                {
                    Assert.Equal(seen.Count, record.Offset);
                    seen.Add(record.Value);
                }

                var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (result.Count > 0 || !tail.TryWait(woken.SetResult))
                {
                    continue;
                }

                Task all = Task.WhenAll(producers);
                if (await Task.WhenAny(woken.Task, all).WaitAsync(Patience) == all && tail.EndWait())
                {
                    await wal.FlushAsync();
                    if (streams.Describe(name, out _, out StreamRange range) == StreamStatus.Ok && range.Next == seen.Count)
                    {
                        tail.Dispose();
                        return seen;
                    }
                }
            }
        }

        public void Keep(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                streams.Tick();
                using StreamSnapshot snapshot = streams.BeginSnapshot(wal.AppendedLsn, isWhole: Random.Shared.Next(4) == 0);
                while (snapshot.MoveNext(new Nowhere()))
                {
                }

                stop.WaitHandle.WaitOne(10);
            }
        }

        public List<string> ReadAll(byte[] name)
        {
            var target = new ArrayBufferWriter<byte>();
            var terms = new StreamReadTerms { From = new StreamPlace(StreamFrom.Beginning), BytesMax = 1 << 24 };
            Assert.Equal(StreamStatus.Ok, streams.Read(name, terms, target, out _));
            return [.. StreamHarness.Parse(target.WrittenSpan).Select(record => record.Value)];
        }
    }

    private sealed class Nowhere : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
        }
    }

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message) => Assert.Fail(message);

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
