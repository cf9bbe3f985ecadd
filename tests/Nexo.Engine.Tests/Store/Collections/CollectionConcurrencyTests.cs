using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>Commands of all kinds at once, with lives that end, evictions, transactions and snapshots between them.</summary>
public sealed class CollectionConcurrencyTests
{
    private const int Keys = 14;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(8, 0)]
    [InlineData(4, 256 * 1_024)]
    public async Task Threads_that_do_everything_at_once_leave_a_sound_store_and_a_log_that_says_what_is_there(int shards, int memory)
    {
        var log = new MemoryLog(1 << 22);
        var limits = new StoreLimits
        {
            Shards = shards,
            MemoryBytesMax = memory,
            Eviction = StoreEviction.Evict,
            Tuning = StoreHarness.Tiny with { HoldSnapshotEntriesMax = 3 },
        };
        using var store = new StoreService(limits, TimeProvider.System, log);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        Task[] threads = [.. Enumerable.Range(0, 3).Select(i => Task.Run(() => Work(store, new Random(i), stop.Token)))];
        Task ticks = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                store.Tick();
                StoreSnapshot snapshot = store.BeginSnapshot(log.AppendedLsn);
                var records = new RecordList();
                while (snapshot.MoveNext(records))
                {
                }

                store.Check();
            }
        });
        await Task.WhenAll([.. threads, ticks]);
        store.Check();
        using var recovered = new StoreService(limits with { MemoryBytesMax = 0 }, TimeProvider.System);
        using StoreRecovery recovery = recovered.BeginRecovery();
        log.Replay(Lsn.None, recovery);
        recovery.Complete();
        recovered.Check();
        for (int i = 0; i < Keys; i++)
        {
            if (store.Ttl($"k{i}".Raw(), out long left) == StoreStatus.Ok && left == -1)
            {
                store.Kind($"k{i}".Raw(), out StoreEntryKind kind);
                recovered.Kind($"k{i}".Raw(), out StoreEntryKind again);
                Assert.Equal(kind, again);
                Assert.Equal(store.Range($"k{i}"), recovered.Range($"k{i}"));
                Assert.Equal(store.Sorted($"k{i}"), recovered.Sorted($"k{i}"));
                Assert.Equal(
                    store.Members($"k{i}")?.Order(StringComparer.Ordinal), recovered.Members($"k{i}")?.Order(StringComparer.Ordinal));
            }
        }
    }

    private static void Work(StoreService store, Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (random.Next(20) == 0)
            {
                using StoreScope scope = store.EnterAll();
                for (int i = random.Next(4); i >= 0; i--)
                {
                    Do(store, random);
                }
            }
            else if (random.Next(10) == 0)
            {
                // In a run only commands on its key; those that enter shards on their own end it.
                string key = $"k{random.Next(Keys)}";
                store.BeginRun(store.HashOf(key.Raw()));
                for (int i = random.Next(6); i >= 0; i--)
                {
                    Do(store, random, key);
                }

                store.EndRun();
            }
            else
            {
                Do(store, random);
            }
        }
    }

    private static void Do(StoreService store, Random random, string? only = null)
    {
        string key = only ?? $"k{random.Next(Keys)}";
        string other = only ?? $"k{random.Next(Keys)}";
        byte[] raw = key.Raw();
        byte[][] keys = [raw, other.Raw(), raw];
        string[] items = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => $"item {random.Next(40)}")];
        var list = new ItemList();
        var scores = new ScoreList();
        switch (random.Next(24))
        {
            case 0 or 1 or 2:
                store.Push(key, (ListEnd)random.Next(2), out _, items);
                break;
            case 3:
                store.Pop(key, (ListEnd)random.Next(2), random.Next(20));
                break;
            case 4:
                store.ListMove(raw, other.Raw(), (ListEnd)random.Next(2), (ListEnd)random.Next(2), ref list);
                break;
            case 5:
                store.ListInsert(raw, before: true, items[0].Raw(), "new"u8, out _);
                store.ListRemove(raw, random.Next(-2, 3), items[^1].Raw(), out _);
                break;
            case 6:
                store.ListTrim(raw, random.Next(5), -random.Next(5));
                break;
            case 7 or 8 or 9:
                store.AddMembers(key, out _, items);
                break;
            case 10:
                store.SetPop(raw, random.Next(4), ref list);
                break;
            case 11:
                store.SetMove(raw, other.Raw(), items[0].Raw(), out _);
                break;
            case 12:
                store.SetCombine((SetOperation)random.Next(3), keys, ref list);
                break;
            case 13:
                store.SetCombineStore((SetOperation)random.Next(3), other.Raw(), keys, out _);
                break;
            case 14 or 15 or 16:
                store.AddScores(key, out _, [.. items.Select(item => (item, (double)random.Next(20)))]);
                break;
            case 17:
                store.SortedPop(raw, random.Next(2) == 0, random.Next(5), ref scores);
                break;
            case 18:
                store.SortedRemove(raw, SortedRange.ByRank(random.Next(5), -random.Next(5)), out _);
                break;
            case 19:
                store.SortedCombineStore(new SortedCombination((SetOperation)random.Next(3), ScoreAggregate.Sum, null), other.Raw(), keys, out _);
                break;
            case 20 or 21:
                store.Expire(raw, new StoreExpiry(StoreExpiryKind.After, random.Next(1, 5)));
                break;
            case 22:
                store.Delete(raw, default, out _);
                break;
            default:
                store.SetSample(raw, 5, ref list);
                store.SortedSample(raw, 5, ref scores);
                store.SortedRank(raw, items[0].Raw(), reverse: true, out _, out _);
                break;
        }
    }
}
