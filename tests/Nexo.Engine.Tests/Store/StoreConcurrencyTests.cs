using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

public sealed class StoreConcurrencyTests
{
    private const int Threads = 4;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.5);

    [Fact]
    public void Counters_lose_no_increment_while_others_write_delete_scan_and_expire()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 4, Tuning = StoreHarness.Tiny });
        long[] added = new long[Threads];
        ConcurrentQueue<Exception> failures = Run(thread =>
        {
            var random = new Random(thread);
            var writer = new ArrayBufferWriter<byte>();
            for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < Duration;)
            {
                string key = $"key:{random.Next(200)}";
                Assert.Equal(StoreStatus.Ok, harness.Store.Increment("counter"u8, 1, default, out _, out _));
                added[thread]++;
                harness.TrySet(key, new string((char)('a' + thread), random.Next(600)), out _, new StoreExpiry(StoreExpiryKind.After, 1 + random.Next(50)));
                writer.ResetWrittenCount();
                if (harness.Store.Get(StoreHarness.Bytes(key), writer, out _) == StoreStatus.Ok)
                {
                    Assert.True(writer.WrittenCount == 0 || writer.WrittenSpan.IndexOfAnyExcept(writer.WrittenSpan[0]) < 0, "no torn value");
                }

                harness.HashSet($"hash:{random.Next(5)}", ($"f{random.Next(30)}", "v"));
                harness.Store.Delete(StoreHarness.Bytes($"key:{random.Next(200)}"), default, out _);
                harness.Time.Advance(1);
                harness.Store.Tick();
                if (random.Next(50) == 0)
                {
                    harness.ScanAll("key:", 10);
                }
            }
        });
        Assert.Empty(failures);
        Assert.Equal($"{added.Sum()}", harness.Get("counter"));
    }

    [Fact]
    public void A_lock_by_version_is_held_by_one_at_a_time()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 2 });
        int holders = 0;
        ConcurrentQueue<Exception> failures = Run(_ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                var options = new SetOptions { Condition = new StoreCondition { Kind = StoreConditionKind.IfAbsent } };
                harness.Store.Set("lock"u8, "me"u8, options, null, out SetResult result);
                if (result.Stored)
                {
                    Assert.Equal(1, Interlocked.Increment(ref holders));
                    Interlocked.Decrement(ref holders);
                    var condition = new StoreCondition { Kind = StoreConditionKind.IfVersion, Version = result.Version };
                    Assert.Equal(StoreStatus.Ok, harness.Store.Delete("lock"u8, condition, out ulong _));
                }
            }
        });
        Assert.Empty(failures);
    }

    [Fact]
    public void A_scan_sees_every_key_that_stays_exactly_once_however_the_others_change()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 4, Tuning = StoreHarness.Tiny });
        HashSet<string> staying = [.. Enumerable.Range(0, 500).Select(i => $"k:{i * 7919 % 5_000:D4}:stays")];
        foreach (string key in staying)
        {
            harness.Set(key, "v");
        }

        var random = new Random(5);
        for (int round = 0; round < 10; round++)
        {
            List<(StoreEntryKind Kind, string Key)> seen = harness.ScanAll("k:", 1 + random.Next(40), () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    string key = $"k:{random.Next(5_000):D4}:comes";
                    harness.Set(key, "v");
                    harness.Store.Delete(StoreHarness.Bytes($"k:{random.Next(5_000):D4}:comes"), default, out _);
                    harness.Set(staying.ElementAt(random.Next(500)), new string('v', random.Next(900)));
                }
            });
            Assert.Equal(seen.Count, seen.Distinct().Count());
            Assert.Superset(staying, seen.Select(found => found.Key).ToHashSet());
        }
    }

    [Fact]
    public void A_watch_that_is_disposed_of_hears_nothing_more()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 4 });
        bool stop = false;
        var writer = new Thread(() =>
        {
            for (int i = 0; !Volatile.Read(ref stop); i++)
            {
                harness.TrySet($"w:{i % 50}", "v", out _);
            }
        });
        writer.Start();
        for (int round = 0; round < 200; round++)
        {
            var log = new ChangeLog();
            using (harness.Store.Watch("w:"u8, log))
            {
                Assert.True(SpinWait.SpinUntil(() => Heard(log) > 0, 5_000));
            }

            int heard = Heard(log);
            Thread.Yield();
            Assert.Equal(heard, Heard(log));
        }

        Volatile.Write(ref stop, true);
        writer.Join();
        Assert.Equal(0, harness.Store.Stats.Watchers);
    }

    [Fact]
    public void A_watch_hears_of_its_prefix_only_and_versions_rise_for_each_key()
    {
        using var harness = new StoreHarness();
        var log = new ChangeLog();
        using IDisposable watch = harness.Store.Watch("a:"u8, log);
        for (int i = 0; i < 100; i++)
        {
            harness.Set($"a:{i % 3}", "v");
            harness.Set($"b:{i % 3}", "v");
            harness.HashSet("a:hash", ("f", $"{i}"));
        }

        Assert.Equal(200, log.Changes.Count);
        foreach (IGrouping<string, (string Key, StoreChangeKind Change, ulong Version)> changes in log.Changes.GroupBy(change => change.Key))
        {
            ulong[] versions = [.. changes.Select(change => change.Version)];
            Assert.StartsWith("a:", changes.Key, StringComparison.Ordinal);
            Assert.Equal(versions.Order().Distinct(), versions);
        }
    }

    private static int Heard(ChangeLog log)
    {
        lock (log.Changes)
        {
            return log.Changes.Count;
        }
    }

    private static ConcurrentQueue<Exception> Run(Action<int> body)
    {
        ConcurrentQueue<Exception> failures = [];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            try
            {
                body(number);
            }
            catch (Exception failure)
            {
                failures.Enqueue(failure);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return failures;
    }
}
