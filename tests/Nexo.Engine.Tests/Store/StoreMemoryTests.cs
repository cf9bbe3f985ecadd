using System.Buffers;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

public sealed class StoreMemoryTests
{
    private const long Limit = 2 * 1_024 * 1_024;

    [Fact]
    public void At_the_limit_writes_are_refused_and_reads_deletes_and_overwrites_go_on()
    {
        using var harness = Limited(StoreEviction.Refuse);
        int stored = 0;
        while (harness.TrySet($"key:{stored}", new string('v', 100), out _) == StoreStatus.Ok)
        {
            stored++;
        }

        Assert.InRange(stored, Limit / 200, Limit / 100);
        Assert.True(harness.Store.Stats.UsedBytes <= Limit);
        Assert.True(harness.Store.Stats.Refused > 0);
        Assert.Equal(new string('v', 100), harness.Get("key:0"));
        Assert.Equal(StoreStatus.Ok, harness.TrySet("key:0", new string('w', 100), out _));
        Assert.Equal(stored, harness.Clear(""));
        Assert.Equal(StoreStatus.Ok, harness.TrySet("again", "v", out _));
    }

    [Fact]
    public void Eviction_keeps_memory_within_the_limit_and_what_is_used_within_memory()
    {
        using var harness = Limited(StoreEviction.Evict);
        var evicted = new ChangeLog();
        using IDisposable watch = harness.Store.Watch([], evicted);
        for (int i = 0; i < 60_000; i++)
        {
            harness.Set($"cold:{i}", new string('v', 64));
            harness.Set($"hot:{i % 500}", "");
            for (int use = 0; i % 10 == 0 && use < 500; use += 7)
            {
                harness.Get($"hot:{(i + use) % 500}");
            }

            if (i % 1_000 == 0)
            {
                Assert.True(harness.Store.Stats.UsedBytes <= Limit, $"{harness.Store.Stats.UsedBytes}");
            }
        }

        Assert.Equal(500, harness.Count("hot:"));
        Assert.InRange(harness.Count("cold:"), 5_000, 20_000);
        Assert.Equal(harness.Store.Stats.Evicted, evicted.Changes.Count(change => change.Change == StoreChangeKind.Evicted));
    }

    [Fact]
    public void A_value_that_can_never_fit_is_refused_and_evicts_nothing()
    {
        using var harness = Limited(StoreEviction.Evict);
        for (int i = 0; i < 1_000; i++)
        {
            harness.Set($"key:{i}", "value");
        }

        Assert.Equal(StoreStatus.OutOfMemory, harness.TrySet("big", new string('b', (int)Limit), out _));
        Assert.Equal(1_000, harness.Count(""));
    }

    [Fact]
    public void A_large_value_finds_room_in_the_other_shards()
    {
        using var harness = Limited(StoreEviction.Evict);
        for (int i = 0; i < 30_000; i++)
        {
            harness.Set($"key:{i}", new string('v', 64));
        }

        Assert.Equal(StoreStatus.Ok, harness.TrySet("big", new string('b', (int)(Limit * 3 / 5)), out _));
        Assert.True(harness.Store.Stats.UsedBytes <= Limit);
    }

    [Fact]
    public void A_refused_hash_write_has_changed_nothing()
    {
        using var harness = Limited(StoreEviction.Refuse);
        harness.HashSet("hash", ("a", "1"));
        while (harness.HashSet("filler" + harness.Store.Stats.Entries, ("f", new string('f', 30_000))) == StoreStatus.Ok)
        {
        }

        (string, string)[] pairs = [("a", "2"), .. Enumerable.Range(0, 200).Select(i => ($"f{i}", new string('x', 500)))];
        Assert.Equal(StoreStatus.OutOfMemory, harness.HashSet("hash", pairs));
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1" }, harness.HashGetAll("hash"));
    }

    [Fact]
    public void Memory_goes_back_after_a_clear()
    {
        using var harness = new StoreHarness(new StoreLimits());
        for (int i = 0; i < 200_000; i++)
        {
            harness.Set($"key:{i}", "a value of some bytes");
        }

        harness.HashSet("hash", [.. Enumerable.Range(0, 50_000).Select(i => ($"field {i}", "value"))]);
        harness.Set("large", new string('x', 5_000_000));
        StoreStats full = harness.Store.Stats;
        harness.Clear("");
        harness.TickUntilIdle();
        StoreStats empty = harness.Store.Stats;
        Assert.True(empty.UsedBytes < full.UsedBytes / 20, $"{empty.UsedBytes} of {full.UsedBytes}");
        Assert.True(empty.AllocatedBytes < full.AllocatedBytes / 2, $"{empty.AllocatedBytes} of {full.AllocatedBytes}");
    }

    [Fact]
    public void Sixteen_byte_keys_with_values_of_64_cost_at_most_36_bytes_more()
    {
        using var harness = new StoreHarness(new StoreLimits());
        const int Keys = 200_000;
        var random = new Random(3);
        byte[] key = new byte[16];
        for (int i = 0; i < Keys; i++)
        {
            random.NextBytes(key);
            harness.Store.Set(key, new byte[64], default, null, out _);
        }

        Assert.InRange((double)harness.Store.Stats.UsedBytes / Keys, 96, 80 + 36);
    }

    [Fact]
    public void Get_and_set_allocate_no_managed_memory()
    {
        using var harness = new StoreHarness(new StoreLimits());
        byte[] key = "a key"u8.ToArray();
        byte[] value = new byte[64];
        var writer = new ArrayBufferWriter<byte>(1_024);
        var options = new SetOptions { Expiry = new StoreExpiry(StoreExpiryKind.After, 10_000) };
        long allocated = 0;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5_000; i++)
            {
                BitConverter.TryWriteBytes(value, i);
                harness.Store.Set(key, value.AsSpan(0, 1 + (i % 64)), i % 2 == 0 ? options : default, null, out _);
                writer.ResetWrittenCount();
                harness.Store.Get(key, writer, out _);
                harness.Store.Increment("counter"u8, 1, default, out _, out _);
                harness.Store.Delete(key, default, out _);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static StoreHarness Limited(StoreEviction eviction) =>
        new(new StoreLimits { MemoryBytesMax = Limit, Eviction = eviction, Shards = 4 });
}
