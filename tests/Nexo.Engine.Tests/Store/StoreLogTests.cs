using System.Buffers;
using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>
/// The store on its log: what passes when the disk is full or has failed, and what a restart brings back.
/// </summary>
public sealed class StoreLogTests
{
    private const long HourMs = 3_600_000;

    [Fact]
    public void On_a_full_disk_writes_are_refused_and_what_frees_room_passes()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        Fill(harness);
        log.Room = LogRoom.Full;
        foreach (StoreStatus status in Writes(harness))
        {
            Assert.Equal(StoreStatus.DiskFull, status);
        }

        foreach (StoreStatus status in Removals(harness))
        {
            Assert.Equal(StoreStatus.Ok, status);
        }

        Assert.Equal("value", harness.Get("key"));
        log.Room = LogRoom.Ok;
        Assert.Equal(StoreStatus.Ok, harness.TrySet("key", "again", out _));
        Assert.Equal(Contents(harness), Contents(Restart(harness, log)));
    }

    [Fact]
    public void When_the_reserve_is_used_up_too_removals_are_refused_and_expiry_goes_on_without_records()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        Fill(harness);
        harness.Set("short", "life", new StoreExpiry(StoreExpiryKind.After, 10));
        log.Room = LogRoom.Full;
        log.RoomOfReserve = LogRoom.Full;
        Dictionary<string, string> before = Contents(harness);
        Lsn end = log.End;
        foreach (StoreStatus status in Removals(harness))
        {
            Assert.Equal(StoreStatus.DiskFull, status);
        }

        Assert.Equal(before, Contents(harness));
        harness.Time.Advance(10);
        harness.TickUntilIdle();
        Assert.Null(harness.Get("short"));
        Assert.Equal(end, log.End);
        log.RoomOfReserve = LogRoom.Ok;
        foreach (StoreStatus status in Removals(harness))
        {
            Assert.Equal(StoreStatus.Ok, status);
        }
    }

    [Fact]
    public void When_the_log_has_failed_every_change_is_refused_and_reads_and_expiry_go_on()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        Fill(harness);
        harness.Set("short", "life", new StoreExpiry(StoreExpiryKind.After, 10));
        log.Room = LogRoom.Failed;
        Dictionary<string, string> before = Contents(harness);
        Lsn end = log.End;
        foreach (StoreStatus status in Writes(harness).Concat(Removals(harness)))
        {
            Assert.Equal(StoreStatus.LogFailed, status);
        }

        Assert.Equal(before, Contents(harness));
        harness.Time.Advance(10);
        harness.TickUntilIdle();
        Assert.Null(harness.Get("short"));
        Assert.Equal(1, harness.Store.Stats.Expired);
        Assert.Equal(end, log.End);
    }

    [Fact]
    public void Values_lives_and_hashes_come_back_with_their_versions()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        Fill(harness);
        ulong version = harness.Set("key", "new", new StoreExpiry(StoreExpiryKind.After, 10_000)).Version;
        harness.HashSet("large", [.. Enumerable.Range(0, 100).Select(i => ($"f{i}", new string('x', i)))]);
        harness.Time.Advance(1_000);
        using StoreHarness restarted = Restart(harness, log);
        Assert.Equal(Contents(harness), Contents(restarted));
        restarted.Store.Get("key"u8, new ArrayBufferWriter<byte>(), out ulong recovered);
        Assert.Equal(version, recovered);
        restarted.Store.Ttl("key"u8, out long remaining);
        Assert.Equal(9_000, remaining);
        Assert.True(restarted.Set("other", "v").Version > version, "a version is not given out twice");
    }

    [Fact]
    public void What_expired_while_the_server_was_down_is_gone()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        harness.Set("key", "value", new StoreExpiry(StoreExpiryKind.After, 10_000));
        harness.Time.Advance(10_000);
        using StoreHarness restarted = Restart(harness, log);
        Assert.Equal(1, restarted.Store.Stats.Entries);
        Assert.Null(restarted.Get("key"));
        Assert.Equal(1, restarted.Store.Stats.Expired);
    }

    [Theory]
    [InlineData(HourMs)]
    [InlineData(-HourMs)]
    public void A_jump_of_the_wall_clock_moves_no_life_in_this_run_nor_in_the_next(long jump)
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        harness.Set("key", "value", new StoreExpiry(StoreExpiryKind.After, 10_000));
        harness.Set("gone", "value", new StoreExpiry(StoreExpiryKind.After, 1_000));
        harness.Time.WallJumpMs = jump;
        harness.Time.Advance(1_000);
        harness.TickUntilIdle();
        Assert.Null(harness.Get("gone"));
        harness.Time.Advance(4_000);
        using StoreHarness restarted = Restart(harness, log);
        restarted.Store.Ttl("key"u8, out long remaining);
        Assert.Equal(5_000, remaining);
        Assert.Null(restarted.Get("gone"));
        restarted.Time.Advance(4_999);
        Assert.Equal("value", restarted.Get("key"));
        restarted.Time.Advance(1);
        Assert.Null(restarted.Get("key"));
    }

    [Fact]
    public void A_wall_clock_that_is_set_back_while_the_server_is_down_brings_nothing_back()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        harness.Set("key", "value", new StoreExpiry(StoreExpiryKind.After, 10_000));
        harness.Set("gone", "value", new StoreExpiry(StoreExpiryKind.After, 1_000));
        log.Room = LogRoom.Full;
        harness.Time.Advance(5_000);
        Assert.Null(harness.Get("gone"));
        log.Room = LogRoom.Ok;
        harness.Store.LogClock();
        harness.Time.WallJumpMs = -HourMs;
        using StoreHarness restarted = Restart(harness, log);
        Assert.Null(restarted.Get("gone"));
        restarted.Store.Ttl("key"u8, out long remaining);
        Assert.Equal(5_000, remaining);
    }

    [Fact]
    public void A_moment_that_a_client_names_is_one_on_the_wall_clock()
    {
        using var harness = new StoreHarness();
        harness.Time.WallJumpMs = HourMs;
        harness.Set("key", "value", new StoreExpiry(StoreExpiryKind.At, harness.ReadClock().WallMs + 1_000));
        harness.Store.Ttl("key"u8, out long remaining);
        Assert.Equal(1_000, remaining);
        var past = new StoreExpiry(StoreExpiryKind.At, harness.Time.NowMs);
        Assert.Equal(StoreStatus.Ok, harness.TrySet("past", "value", out _, past));
        Assert.Null(harness.Get("past"));
    }

    [Fact]
    public void The_clock_is_logged_once_a_second_while_others_are_and_when_it_was_set()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        for (int i = 0; i < 500; i++)
        {
            harness.Time.Advance(10);
            harness.Store.Tick();
        }

        Assert.Equal(1UL, log.End.Value);
        for (int i = 0; i < 500; i++)
        {
            harness.Set("key", "value");
            harness.Time.Advance(10);
            harness.Store.Tick();
        }

        Assert.InRange(Clocks(log), 5, 7);
        int before = Clocks(log);
        harness.Time.WallJumpMs = 101;
        harness.Store.Tick();
        harness.Store.Tick();
        Assert.Equal(before + 1, Clocks(log));
        Assert.Equal(1, log.Hex()[^1].Kind);
    }

    [Fact]
    public void A_recovered_store_above_its_memory_limit_evicts_with_the_first_writes()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 4 }, log: log);
        for (int i = 0; i < 20_000; i++)
        {
            harness.Set($"key:{i}", new string('v', 100));
        }

        long limit = harness.Store.Stats.UsedBytes / 2;
        var limits = new StoreLimits { Shards = 4, MemoryBytesMax = limit, Eviction = StoreEviction.Evict };
        using StoreHarness restarted = Restart(harness, log, limits);
        Assert.Equal(20_000, restarted.Store.Stats.Entries);
        int refused = 0;
        for (int i = 0; i < 1_000; i++)
        {
            refused += restarted.TrySet($"new:{i}", "v", out _) == StoreStatus.Ok ? 0 : 1;
        }

        Assert.InRange(refused, 0, 20);
        Assert.InRange(restarted.Store.Stats.UsedBytes, limit / 2, limit);
        Assert.Equal(Contents(restarted), Contents(Restart(restarted, log)));
    }

    [Fact]
    public void A_recovered_store_at_its_memory_limit_refuses_writes_until_there_is_room()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 4 }, log: log);
        for (int i = 0; i < 20_000; i++)
        {
            harness.Set($"key:{i}", new string('v', 100));
        }

        var limits = new StoreLimits { Shards = 4, MemoryBytesMax = harness.Store.Stats.UsedBytes / 2 };
        using StoreHarness restarted = Restart(harness, log, limits);
        Assert.Equal(StoreStatus.OutOfMemory, restarted.TrySet("new", new string('v', 100), out _));
        Assert.Equal(11_111, restarted.Clear("key:1"));
        Assert.Equal(StoreStatus.Ok, restarted.TrySet("new", new string('v', 100), out _));
    }

    [Fact]
    public void Nothing_is_told_counted_or_logged_by_recovery()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        Fill(harness);
        harness.Clear("n");
        var store = new StoreService(harness.Limits, harness.Time);
        var told = new ChangeLog();
        using IDisposable watch = store.Watch([], told);
        using StoreRecovery recovery = store.BeginRecovery();
        Lsn end = log.End;
        log.Replay(Lsn.None, recovery);
        recovery.Complete(log);
        StoreStats stats = store.Stats;
        Assert.Equal((0, 0, 0, 0), (told.Changes.Count, stats.Sets, stats.Deletes, stats.Expired));
        Assert.Equal(end.Value + 1, log.End.Value);
        Assert.Throws<InvalidOperationException>(() => store.BeginRecovery());
        store.Dispose();
    }

    [Fact]
    public void With_a_log_get_and_set_allocate_no_managed_memory_either()
    {
        const int Rounds = 5_000;
        var log = new MemoryLog(64 * 1_024 * 1_024);
        using var harness = new StoreHarness(new StoreLimits(), log: log);
        byte[] key = "a key"u8.ToArray();
        byte[] value = new byte[64];
        var options = new SetOptions { Expiry = new StoreExpiry(StoreExpiryKind.After, 10_000) };
        long allocated = 0;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Rounds; i++)
            {
                BitConverter.TryWriteBytes(value, i);
                harness.Store.Set(key, value.AsSpan(0, 1 + (i % 64)), i % 2 == 0 ? options : default, null, out _);
                harness.Store.Append(key, "suffix"u8, out _, out _);
                harness.Store.Expire(key, options.Expiry);
                harness.Store.Increment("counter"u8, 1, default, out _, out _);
                harness.Store.HashIncrement("hash"u8, "field"u8, 1, out _, out _);
                harness.Store.Delete(key, default, out _);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void What_no_record_can_hold_is_refused_before_anything_is_changed()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        Lsn end = log.End;
        var pairs = new SamePair(new byte[1_024 * 1_024], 1_030);

        Assert.Equal(StoreStatus.ValueTooLarge, harness.Store.HashSet("hash"u8, ref pairs, out _, out _));

        Assert.Equal(end, log.End);
        Assert.Equal(0, harness.Store.Stats.Entries);
    }

    private static void Fill(StoreHarness harness)
    {
        harness.Set("key", "value");
        harness.Set("old", "value");
        harness.Set("older", "value");
        harness.Set("oldest", "value");
        harness.Store.Increment("n"u8, 5, default, out _, out _);
        harness.HashSet("hash", ("a", "1"), ("b", "2"));
    }

    private static StoreStatus[] Writes(StoreHarness harness)
    {
        StoreService store = harness.Store;
        var life = new StoreExpiry(StoreExpiryKind.After, 1_000);
        return
        [
            harness.TrySet("key", "other", out _),
            harness.TrySet("new", "other", out _),
            store.Expire("key"u8, life),
            store.Touch("key"u8, life, new ArrayBufferWriter<byte>(), out _),
            store.Increment("n"u8, 1, default, out _, out _),
            store.Append("key"u8, "x"u8, out _, out _),
            harness.HashSet("hash", ("a", "2")),
            store.HashIncrement("hash"u8, "b"u8, 1, out _, out _),
        ];
    }

    private static StoreStatus[] Removals(StoreHarness harness)
    {
        StoreService store = harness.Store;
        var past = new StoreExpiry(StoreExpiryKind.At, 1);
        var fields = new BlobArray("a"u8.ToArray());
        StoreClearing clearing = store.Clear("n"u8);
        while (clearing.MoveNext())
        {
        }

        return
        [
            clearing.Status,
            store.Delete("old"u8, default, out _),
            store.Take("older"u8, new ArrayBufferWriter<byte>(), out _),
            store.Expire("oldest"u8, past),
            harness.TrySet("oldest", "v", out _, past),
            store.HashDelete("hash"u8, ref fields, out _),
        ];
    }

    private static StoreHarness Restart(StoreHarness harness, MemoryLog log, StoreLimits? limits = null)
    {
        var restarted = new StoreHarness(limits ?? harness.Limits, harness.Time);
        using StoreRecovery recovery = restarted.Store.BeginRecovery();
        log.Replay(Lsn.None, recovery);
        recovery.Complete(log);
        restarted.Store.Check();
        return restarted;
    }

    private static Dictionary<string, string> Contents(StoreHarness harness) => harness.ScanAll("", 1_000).ToDictionary(
        found => found.Key,
        found => harness.Get(found.Key) ?? string.Join(',', harness.HashGetAll(found.Key)!.OrderBy(pair => pair.Key)));

    private struct SamePair(byte[] value, int count) : IPairSource
    {
        private int _left = count;

        public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
        {
            first = "field"u8;
            second = value;
            return _left-- > 0;
        }
    }

    private static int Clocks(MemoryLog log) => log.Hex().Count(record => record.Kind == (byte)StoreRecordKind.Clock);
}
