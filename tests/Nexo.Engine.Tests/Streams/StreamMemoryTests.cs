using System.Buffers;
using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

public sealed class StreamMemoryTests
{
    [Fact]
    public void Appends_and_reads_allocate_no_managed_memory()
    {
        var log = new ForgettingLog();
        using var streams = new StreamService(new StreamLimits(), new EngineClock(TimeProvider.System));
        var disk = new StreamDisk(new MemoryDisk(), 1, new Silent()) { Schedule = _ => { } };
        streams.BeginRecovery(disk).Complete(log);
        streams.Create("s"u8, new StreamOptionSet(), out _);
        streams.Follow("s"u8, new StreamPlace(StreamFrom.End), default, out StreamFollower? tail, out _);
        byte[] batch = StreamHarness.NewRecords([.. Enumerable.Range(0, 16).Select(i => ((string?)"key", new string('x', 256)))]);
        byte[] value = new byte[256];
        var target = new ArrayBufferWriter<byte>(64 * 1_024);
        int woken = 0;
        int wrong = 0;
        Action onReadable = () => woken++;
        ulong sequence = 0;

        // The best of several windows: a table that grows once is no allocation per record.
        long least = long.MaxValue;
        for (int window = 0; window < 5; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 300; i++)
            {
                tail!.TryWait(onReadable);
                var terms = new StreamAppendTerms { Producer = new StreamProducer(7, sequence) };
                streams.AppendBatch("s"u8, 16, batch, terms, out _);
                sequence += 16;
                streams.Append("s"u8, new StreamRecord { HasKey = true, Key = "k"u8, Value = value }, default, out _);
                streams.Append("s"u8, new StreamRecord { HasKey = true, Key = "k"u8, Value = value },
                    new StreamAppendTerms { ExpectedKeyVersion = (ulong)((18 * ((window * 300) + i)) + 17) }, out StreamAppended last);
                wrong += last.Outcome == StreamOutcome.Appended ? 0 : 1;
                target.ResetWrittenCount();
                tail.Read(100, 32_000, target, out StreamReadResult read);
                wrong += read.Count == 18 ? 0 : 1;
                target.ResetWrittenCount();
                var from = new StreamReadTerms { From = new StreamPlace(StreamFrom.Last, 10) };
                streams.Read("s"u8, from, target, out read);
                wrong += read.Count == 10 ? 0 : 1;
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // Nothing for a record; what waits to be written has an object for each MiB.
        Assert.InRange(least, 0, 500);
        Assert.Equal(0, wrong);
        Assert.True(woken > 1_000, $"woken {woken} times");
        tail!.Dispose();
    }

    // Durable at once, and kept nowhere.
    private sealed class ForgettingLog : IDurableLog, LogAppend.IEnd
    {
        private readonly byte[] _bytes = new byte[1 << 20];
        private ulong _records;

        public Lsn AppendedLsn => new(_records);

        public Lsn DurableLsn => new(_records);

        public LogRoom RoomFor(int payloadBytes) => LogRoom.Ok;

        public LogRoom RoomForRemoval(int payloadBytes) => LogRoom.Ok;

        public LogAppend Begin(byte kind, int payloadBytes) =>
            new(this, _bytes.AsSpan(0, payloadBytes), new Lsn(_records + 1));

        public void EndAppend() => _records++;

        public ValueTask WhenDurableAsync(Lsn lsn) => ValueTask.CompletedTask;
    }

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message)
        {
        }

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
