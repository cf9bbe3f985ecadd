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
        int told = evicted.Changes.Count(change => change.Change == StoreChangeKind.Evicted);
        Assert.Equal(harness.Store.Stats.Evicted, told);
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
        string large = new('f', 30_000);
        while (harness.HashSet("filler" + harness.Store.Stats.Entries, ("f", large)) == StoreStatus.Ok)
        {
            Assert.InRange(harness.Store.Stats.UsedBytes, 0, Limit);
        }

        (string, string)[] pairs =
            [("a", "2"), .. Enumerable.Range(0, 200).Select(i => ($"f{i}", new string('x', 500)))];
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
        Assert.InRange(empty.AllocatedBytes, 0, full.AllocatedBytes / 2);
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

    [Fact]
    public void Credit_that_other_shards_hold_unused_is_gathered_before_a_write_is_refused()
    {
        var limits = new StoreLimits { MemoryBytesMax = 64 * 1_024 * 1_024, Shards = 16 };
        using var harness = new StoreHarness(limits);
        string large = new('v', 7_400_000);
        for (int i = 0; i < 12; i++)
        {
            harness.Set($"large:{i % 4}", large);
        }

        string value = new('v', 500_000);
        for (int i = 0; i < 66; i++)
        {
            Assert.Equal(StoreStatus.Ok, harness.TrySet($"key:{i}", value, out _));
        }

        Assert.Equal(0, harness.Store.Stats.Refused);
        while (harness.TrySet($"key:{harness.Store.Stats.Entries}", value, out _) == StoreStatus.Ok)
        {
            Assert.InRange(harness.Store.Stats.UsedBytes, 0, limits.MemoryBytesMax);
        }

        Assert.Equal(1, harness.Store.Stats.Refused);
        Assert.InRange(harness.Store.Stats.UsedBytes, limits.MemoryBytesMax * 97 / 100, limits.MemoryBytesMax);
    }

    [Fact]
    public void What_has_expired_goes_before_a_write_is_refused()
    {
        using var harness = Limited(StoreEviction.Refuse);
        var expiry = new StoreExpiry(StoreExpiryKind.After, 10);
        int stored = 0;
        while (harness.TrySet($"key:{stored}", new string('v', 100), out _, expiry) == StoreStatus.Ok)
        {
            stored++;
        }

        harness.Time.Advance(20);
        for (int i = 0; i < stored; i++)
        {
            Assert.Equal(StoreStatus.Ok, harness.TrySet($"new:{i}", new string('v', 100), out _));
        }

        Assert.InRange(harness.Store.Stats.Expired, stored * 8 / 10, stored);
        Assert.Equal(1, harness.Store.Stats.Refused);
    }

    [Theory]
    [InlineData(StoreEviction.Refuse, 0)]
    [InlineData(StoreEviction.Refuse, 1L << 30)]
    [InlineData(StoreEviction.Evict, 1L << 30)]
    public void A_shard_without_page_ids_refuses_or_evicts_and_has_changed_nothing(StoreEviction eviction, long limit)
    {
        var tuning = StoreHarness.Tiny with { PageIdMax = 400 };
        using var harness = new StoreHarness(
            new StoreLimits { Shards = 2, MemoryBytesMax = limit, Eviction = eviction, Tuning = tuning });
        string block = new('v', 1_000);
        int refused = 0;
        for (int i = 0; i < 2_000; i++)
        {
            refused += harness.TrySet($"key:{i}", block, out _) == StoreStatus.OutOfMemory ? 1 : 0;
        }

        Assert.InRange(harness.Count("key:"), 100, 800);
        Assert.Equal(refused, harness.Store.Stats.Refused);
        Assert.Equal(2_000 - refused, harness.Store.Stats.Sets);
        Assert.Equal(eviction == StoreEviction.Evict, refused == 0);
        (string, string)[] pairs = [.. Enumerable.Range(0, 600).Select(i => ($"f{i}", block))];
        Assert.Equal(StoreStatus.OutOfMemory, harness.HashSet("hash", pairs));
        Assert.Null(harness.HashGetAll("hash"));
    }

    [Theory]
    [InlineData(StoreEviction.Refuse)]
    [InlineData(StoreEviction.Evict)]
    public void A_closed_store_refuses_writes_and_does_not_look_for_room(StoreEviction eviction)
    {
        var limits = new StoreLimits { MemoryBytesMax = Limit, Eviction = eviction, Shards = 4 };
        var store = new StoreService(limits, new ManualTime());
        var options = new SetOptions { Expiry = new StoreExpiry(StoreExpiryKind.After, 10_000) };
        Assert.Equal(StoreStatus.Ok, store.Set("key"u8, "value"u8, options, null, out _));
        store.Dispose();
        Assert.Equal(StoreStatus.OutOfMemory, store.Set("other"u8, "value"u8, default, null, out _));
    }

    private static StoreHarness Limited(StoreEviction eviction) =>
        new(new StoreLimits { MemoryBytesMax = Limit, Eviction = eviction, Shards = 4 });
}
