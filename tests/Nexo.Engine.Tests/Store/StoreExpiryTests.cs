using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

public sealed class StoreExpiryTests(ITestOutputHelper output)
{
    [Fact]
    public void A_jump_of_the_wall_clock_expires_nothing_and_prolongs_nothing()
    {
        using var harness = new StoreHarness();
        harness.Set("key", "value", new StoreExpiry(StoreExpiryKind.After, 1_000));
        harness.Time.WallJumpMs = 1_000_000;
        harness.TickUntilIdle();
        Assert.Equal("value", harness.Get("key"));
        harness.Time.WallJumpMs = -1_000_000;
        harness.Time.Advance(1_000);
        Assert.Null(harness.Get("key"));
    }

    [Fact]
    public void An_expired_entry_is_not_seen_although_no_tick_has_run()
    {
        using var harness = new StoreHarness();
        harness.Set("key", "value", new StoreExpiry(StoreExpiryKind.After, 10));
        harness.Set("other", "value");
        harness.Time.Advance(10);
        Assert.Equal([(StoreEntryKind.Value, "other")], harness.ScanAll("", 10));
        Assert.Equal(1, harness.Count(""));
        Assert.False(harness.Store.Exists("key"u8));
    }

    [Fact]
    public void A_storm_of_expiries_is_worked_off_in_bounded_ticks()
    {
        const int Keys = 1_000_000;
        var limits = new StoreLimits();
        using var harness = new StoreHarness(limits);
        byte[] key = new byte[8];
        for (int i = 0; i < Keys; i++)
        {
            BitConverter.TryWriteBytes(key, (long)i);
            var expiry = new StoreExpiry(StoreExpiryKind.At, harness.Time.NowMs + 3_600_000 + (i % 1_000));
            harness.Store.Set(key, [], new SetOptions { Expiry = expiry }, null, out _);
        }

        harness.Time.Advance(3_601_000);
        int ticks = 0;
        var longest = TimeSpan.Zero;
        for (int steps = 1; steps > 0; ticks++)
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            steps = harness.Store.TickSteps();
            TimeSpan took = System.Diagnostics.Stopwatch.GetElapsedTime(start);
            longest = took > longest ? took : longest;
            Assert.True(steps <= limits.Tuning.TickStepsMax, "a tick does bounded work, re-sorting included");
            if (ticks % 50 == 0)
            {
                Assert.Null(harness.Get($"{(char)(ticks / 50)}\0\0\0\0\0\0\0"));
            }
        }

        Assert.Equal(0, harness.Store.Stats.Entries);
        Assert.Equal(Keys, harness.Store.Stats.Expired);
        Assert.True(ticks > Keys / limits.Tuning.TickStepsMax);
        output.WriteLine($"{ticks} ticks, the longest {longest.TotalMilliseconds:F2} ms");
    }

    [Fact]
    public void Writes_with_an_expiry_keep_the_backlog_bounded_without_any_tick()
    {
        using var harness = new StoreHarness();
        for (int i = 0; i < 20_000; i++)
        {
            harness.Set($"key:{i}", "v", new StoreExpiry(StoreExpiryKind.After, 100));
            harness.Time.Advance(1);
        }

        Assert.InRange(harness.Store.Stats.Entries, 1, 400);
    }

    [Fact]
    public void A_life_that_is_prolonged_ends_at_its_last_deadline()
    {
        using var harness = new StoreHarness();
        harness.Set("key", "value", new StoreExpiry(StoreExpiryKind.After, 100));
        for (int i = 0; i < 50; i++)
        {
            harness.Time.Advance(90);
            harness.TickUntilIdle();
            Assert.Equal(StoreStatus.Ok, harness.Store.Expire("key"u8, new StoreExpiry(StoreExpiryKind.After, 100)));
        }

        harness.Store.Expire("key"u8, new StoreExpiry(StoreExpiryKind.After, 20));
        harness.Time.Advance(20);
        harness.TickUntilIdle();
        Assert.Equal(0, harness.Store.Stats.Entries);
    }

    [Fact]
    public void A_page_of_a_scan_over_many_expired_keys_ends_early_and_the_scan_goes_on_after_it()
    {
        using var harness = new StoreHarness();
        for (int i = 0; i < 1_000; i++)
        {
            harness.Set($"key:{i:D4}", "v", new StoreExpiry(StoreExpiryKind.After, 10));
        }

        harness.Set("key:last", "v");
        harness.Time.Advance(10);
        int pages = 0;
        Assert.Equal([(StoreEntryKind.Value, "key:last")], harness.ScanAll("key:", 10, () => pages++));
        Assert.InRange(pages, 1_000 / (16 * StoreHarness.Tiny.HoldKeysMax), 20);
    }
}
