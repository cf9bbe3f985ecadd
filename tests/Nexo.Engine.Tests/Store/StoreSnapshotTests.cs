using System.Buffers;
using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

public sealed class StoreSnapshotTests
{
    [Fact]
    public void A_hash_that_grows_and_shrinks_while_it_is_copied_comes_back_whole()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var log = new MemoryLog();
            StoreTuning tuning = StoreHarness.Tiny with { HoldSnapshotEntriesMax = 2 };
            using var harness = new StoreHarness(new StoreLimits { Shards = 1, Tuning = tuning }, log: log);
            harness.HashSet("hash", Fields("kept", 300));
            harness.HashSet("hash", Fields("more", random.Next(2_000)));
            StoreSnapshot snapshot = harness.Store.BeginSnapshot(log.End);
            var records = new RecordList();
            while (snapshot.MoveNext(records))
            {
                if (random.Next(2) == 0)
                {
                    harness.HashSet("hash", Fields("new", random.Next(200)));
                    continue;
                }

                string name = random.Next(2) == 0 ? "more" : "new";
                int first = random.Next(1_900);
                (string Field, string Value)[] pairs = Fields(name, 2_000)[first..];
                var gone = new BlobArray([.. pairs.Select(pair => StoreHarness.Bytes(pair.Field))]);
                harness.Store.HashDelete("hash"u8, ref gone, out _);
            }

            Assert.True(records.Count > 10, "the hash is copied in slices");
            using StoreHarness restarted = Restart(harness, records, snapshot.Position, log);
            Assert.Equal(harness.HashGetAll("hash"), restarted.HashGetAll("hash"));
        }
    }

    [Fact]
    public void A_hash_that_another_entry_replaces_while_it_is_copied_comes_back_as_that_one()
    {
        var log = new MemoryLog();
        StoreTuning tuning = StoreHarness.Tiny with { HoldSnapshotEntriesMax = 2 };
        using var harness = new StoreHarness(new StoreLimits { Shards = 1, Tuning = tuning }, log: log);
        foreach (string key in (string[])["deleted", "packed", "value", "anew"])
        {
            harness.HashSet(key, Fields("f", 200));
        }

        StoreSnapshot snapshot = harness.Store.BeginSnapshot(log.End);
        var records = new RecordList();
        string copied = "";
        while (snapshot.MoveNext(records))
        {
            string now = records.Count switch { < 3 => "", < 8 => "anew", < 100 => "deleted", _ => copied };
            if (now != copied)
            {
                harness.Clear("");
                harness.HashSet("packed", ("a", "1"));
                harness.Set("value", "v");
                harness.HashSet("anew", Fields("g", 100));
            }

            copied = now;
        }

        using StoreHarness restarted = Restart(harness, records, snapshot.Position, log);
        foreach (string key in (string[])["deleted", "packed", "value", "anew"])
        {
            Assert.Equal(harness.HashGetAll(key), restarted.HashGetAll(key));
        }

        Assert.Equal("v", restarted.Get("value"));
    }

    [Fact]
    public void Fields_that_were_removed_before_their_hash_was_copied_leave_it_at_the_version_of_the_removal()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 }, log: log);
        harness.HashSet("hash", ("a", "1"), ("b", "2"));
        StoreSnapshot snapshot = harness.Store.BeginSnapshot(log.End);
        harness.HashSet("hash", ("c", "3"));
        var gone = new BlobArray([StoreHarness.Bytes("a")]);
        harness.Store.HashDelete("hash"u8, ref gone, out _);
        var records = new RecordList();
        while (snapshot.MoveNext(records))
        {
        }

        using StoreHarness restarted = Restart(harness, records, snapshot.Position, log);
        Assert.Equal(VersionOf(harness), VersionOf(restarted));

        static ulong VersionOf(StoreHarness store)
        {
            store.Store.HashGet("hash"u8, "b"u8, new ArrayBufferWriter<byte>(), out ulong version);
            return version;
        }
    }

    [Fact]
    public void A_slice_is_bounded_in_entries_and_in_bytes()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 }, log: log);
        for (int i = 0; i < 2_000; i++)
        {
            harness.Set($"small:{i}", "v");
            harness.Set($"tall:{i}", new string('v', 3_000));
        }

        harness.HashSet("hash", [.. Enumerable.Range(0, 3_000).Select(i => ($"{i}", new string('v', 100)))]);
        var tuning = new StoreTuning();
        StoreSnapshot snapshot = harness.Store.BeginSnapshot(log.End);
        var sizes = new SizeSink();
        while (snapshot.MoveNext(sizes))
        {
            Assert.InRange(sizes.Records, 0, tuning.HoldSnapshotEntriesMax + 1);
            Assert.InRange(sizes.Bytes, 0, tuning.HoldSnapshotBytesMax + 4_000);
            sizes.Reset();
        }

        Assert.True(snapshot.Records > 4_000);
    }

    [Fact]
    public async Task What_many_writers_change_while_a_snapshot_is_taken_comes_back_by_snapshot_and_log()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 4, Tuning = StoreHarness.Tiny }, log: log);
        using var stop = new CancellationTokenSource();
        IEnumerable<int> numbers = Enumerable.Range(0, 3);
        Task[] writers = [.. numbers.Select(number => Task.Run(() => Write(harness.Store, number, stop.Token)))];
        (Lsn Position, RecordList Records) last = (Lsn.None, new RecordList());
        for (int round = 0; round < 20; round++)
        {
            StoreSnapshot snapshot = harness.Store.BeginSnapshot(log.AppendedLsn);
            var records = new RecordList();
            while (snapshot.MoveNext(records))
            {
                await Task.Yield();
            }

            last = (snapshot.Position, records);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        using StoreHarness restarted = Restart(harness, last.Records, last.Position, log, workers: 2);
        Assert.Equal(harness.ScanAll("", 100).Order(), restarted.ScanAll("", 100).Order());
        foreach ((StoreEntryKind kind, string key) in harness.ScanAll("", 100))
        {
            Assert.Equal(harness.Get(key), restarted.Get(key));
            Assert.Equal(harness.HashGetAll(key), restarted.HashGetAll(key));
        }
    }

    private static void Write(StoreService store, int number, CancellationToken stop)
    {
        var random = new Random(number);
        byte[] key = new byte[1];
        while (!stop.IsCancellationRequested)
        {
            key[0] = (byte)random.Next(40);
            var pair = new PairArray((BitConverter.GetBytes(random.Next(200)), BitConverter.GetBytes(random.Next())));
            var field = new BlobArray(BitConverter.GetBytes(random.Next(200)));
            _ = random.Next(40) switch
            {
                < 25 => store.HashSet(key, ref pair, out _, out _),
                < 35 => store.HashDelete(key, ref field, out _),
                < 36 => store.Delete(key, default, out _),
                < 37 => store.Set(key, "value"u8, default, null, out _),
                _ => store.Append(key, "suffix"u8, out _, out _),
            };
        }
    }

    private static (string Field, string Value)[] Fields(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(i => ($"{name}{i}", $"{i}")), ("x", "y")];

    private static StoreHarness Restart(
        StoreHarness harness, RecordList snapshot, Lsn position, MemoryLog log, int workers = 0)
    {
        var restarted = new StoreHarness(harness.Limits, harness.Time);
        using StoreRecovery recovery = restarted.Store.BeginRecovery(workers);
        snapshot.Replay(recovery);
        log.Replay(position, recovery);
        recovery.Complete(log);
        restarted.Store.Check();
        return restarted;
    }

    private sealed class SizeSink : IRecordSink
    {
        public int Records { get; private set; }

        public int Bytes { get; private set; }

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            Records++;
            Bytes += payload.Length;
        }

        public void Reset() => (Records, Bytes) = (0, 0);
    }
}
