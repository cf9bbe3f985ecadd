using System.Text;
using Nexo.Engine.Schedules;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Schedules;

/// <summary>Setting, listing and removing schedules, their limits, and what a restart brings back.</summary>
public sealed class ScheduleCommandTests
{
    [Fact]
    public void A_schedule_that_is_set_again_as_it_is_goes_on_and_logs_nothing()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        harness.Set("job", "@every 1h");
        harness.Time.Advance(50 * 60_000);
        Lsn end = harness.Log!.End;

        Assert.Equal(ScheduleStatus.Ok, harness.TrySet("job", "@every 1h", out ScheduleSetResult result));

        Assert.False(result.Created);
        Assert.True(result.Waits, "the first one may not be on disk yet");
        Assert.Equal("2026-05-01 09:00:00", ScheduleHarness.Text(result.NextAtMs));
        Assert.Equal(end, harness.Log.End);
    }

    [Fact]
    public void Another_message_changes_no_time_and_other_times_begin_now()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set("job", "@every 1h");
        harness.Time.Advance(50 * 60_000);
        Assert.Equal("2026-05-01 09:00:00", harness.Set("job", "@every 1h", body: "other"));
        Assert.Equal("2026-05-01 09:50:00", harness.Set("job", "@every 60m", body: "other"));
        Assert.Equal("other", Encoding.UTF8.GetString(harness.Describe("job").Body.Span));
    }

    [Fact]
    public void A_schedule_that_is_not_enabled_does_not_run_nor_catch_up_when_it_is()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        Assert.Equal("never", harness.Set("job", "*/10 * * * *", isEnabled: false));
        Assert.Empty(harness.PassUntil("2026-05-01 08:30:05"));
        Assert.Equal("2026-05-01 08:40:00", harness.Set("job", "*/10 * * * *"));
        Assert.Empty(harness.Tick());
        Assert.Equal("never", harness.Set("job", "*/10 * * * *", isEnabled: false));
        Assert.Empty(harness.PassUntil("2026-05-01 09:00:00"));
        Assert.Equal("never", harness.Restart().NextOf("job"));
    }

    [Fact]
    public void Lists_go_by_the_bytes_of_names_from_page_to_page()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        foreach (string name in (string[])["b", "a:2", "a:10", "é", "a", "a:1", "z"])
        {
            harness.Set(name, "@daily");
        }

        Assert.Equal("a a:1 a:10 a:2 b z é", Names([], [], 100));
        Assert.Equal("a:1 a:10", Names("a:"u8, [], 2));
        Assert.Equal("a:2", Names("a:"u8, "a:10"u8, 2));
        Assert.Equal("a:2", Names("a:"u8, "a:11"u8, 2));
        Assert.Equal(string.Empty, Names("a:"u8, "b"u8, 2));
        Assert.Equal(string.Empty, Names("y"u8, [], 2));

        string Names(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int limit) =>
            string.Join(
                ' ',
                harness.Service.List(prefix, after, limit).Select(info => Encoding.UTF8.GetString(info.Name.Span)));
    }

    [Fact]
    public void A_schedule_that_is_removed_is_gone()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        harness.Set("job", "@every 10s");
        Assert.Equal(ScheduleStatus.Ok, harness.Service.Remove("job"u8, out bool waits));
        Assert.True(waits);
        Assert.Equal(ScheduleStatus.NotFound, harness.Service.Remove("job"u8, out _));
        Assert.False(harness.Service.TryDescribe("job"u8, out _));
        Assert.Empty(harness.PassUntil("2026-05-01 08:01:00"));
        Assert.Equal(new ScheduleStats(0, 0, 0, 0, 0), harness.Service.Stats);
    }

    [Fact]
    public void What_keeps_to_no_limit_is_refused_with_its_own_status()
    {
        var limits = new ScheduleLimits();
        Refused(ScheduleStatus.NameInvalid, new ScheduleSpec { Name = ""u8, Cron = "@daily"u8, Queue = "q"u8 });
        Refused(ScheduleStatus.NameInvalid, new ScheduleSpec { Name = new byte[201], Cron = "@daily"u8, Queue = "q"u8 });
        Refused(ScheduleStatus.NameInvalid, new ScheduleSpec { Name = "a\n"u8, Cron = "@daily"u8, Queue = "q"u8 });
        Refused(ScheduleStatus.NameInvalid, new ScheduleSpec { Name = [0xFF], Cron = "@daily"u8, Queue = "q"u8 });
        Refused(ScheduleStatus.QueueInvalid, new ScheduleSpec { Name = "n"u8, Cron = "@daily"u8 });
        Refused(ScheduleStatus.QueueInvalid, new ScheduleSpec { Name = "n"u8, Cron = "@daily"u8, Queue = new byte[256] });
        Refused(ScheduleStatus.PriorityOutOfRange, Valid(priority: -1));
        Refused(ScheduleStatus.PriorityOutOfRange, Valid(priority: 256));
        Refused(ScheduleStatus.TtlOutOfRange, Valid(ttlMs: -1));
        Refused(ScheduleStatus.TtlOutOfRange, Valid(ttlMs: limits.TtlMsMax + 1));
        Refused(ScheduleStatus.GroupInvalid, Valid(group: 256));
        Refused(ScheduleStatus.MessageTooLarge, Valid(headers: limits.HeaderBytesMax + 1));
        Refused(ScheduleStatus.MessageTooLarge, Valid(body: limits.BodyBytesMax + 1));
        Refused(ScheduleStatus.CronInvalid, new ScheduleSpec { Name = "n"u8, Cron = "0 0 30 2 *"u8, Queue = "q"u8 });

        static void Refused(ScheduleStatus expected, in ScheduleSpec spec)
        {
            var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
            Assert.Equal(expected, harness.Service.Set(spec, out _));
            Assert.Equal((0, 0UL), (harness.Service.Stats.Count, harness.Log!.End.Value));
        }

        static ScheduleSpec Valid(int priority = 0, long ttlMs = 0, int group = 0, int headers = 0, int body = 0) => new()
        {
            Name = "n"u8,
            Cron = "@daily"u8,
            Queue = "q"u8,
            Priority = priority,
            TtlMs = ttlMs,
            Group = new byte[group],
            Headers = new byte[headers],
            Body = new byte[body],
        };
    }

    [Fact]
    public void There_are_only_so_many_schedules_and_bytes()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", new ScheduleLimits { SchedulesMax = 2, BytesMax = 100 });
        harness.Set("one", "@daily");
        harness.Set("two", "@daily");
        Assert.Equal(ScheduleStatus.TooMany, harness.TrySet("three", "@daily", out _));
        Assert.Equal(ScheduleStatus.Ok, harness.TrySet("two", "@hourly", out _));
        Assert.Equal(ScheduleStatus.TooMany, harness.TrySet("two", "@hourly", out _, body: new string('x', 100)));
        harness.Service.Remove("one"u8, out _);
        Assert.Equal(ScheduleStatus.Ok, harness.TrySet("three", "@daily", out _));
        Assert.Equal("three@dailyqueuebody".Length + "two@hourlyqueuebody".Length, harness.Service.Stats.Bytes);
    }

    [Fact]
    public void On_a_full_disk_schedules_go_on_and_can_be_removed()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        harness.Set("job", "@every 10s");
        harness.Set("other", "@daily");
        harness.Log!.Room = LogRoom.Full;
        Assert.Equal(ScheduleStatus.DiskFull, harness.TrySet("new", "@daily", out _));
        Assert.Equal(["job 2026-05-01 08:00:10"], harness.PassUntil("2026-05-01 08:00:10"));
        Assert.Equal(ScheduleStatus.Ok, harness.Service.Remove("other"u8, out _));
        harness.Log.Room = LogRoom.Failed;
        Assert.Equal(ScheduleStatus.LogFailed, harness.Service.Remove("job"u8, out _));
        Assert.Equal(ScheduleStatus.LogFailed, harness.TrySet("new", "@daily", out _));

        // The run that has no record is due again.
        harness.Log.Room = LogRoom.Ok;
        Assert.Equal(["job 2026-05-01 08:00:10"], harness.Restart().Tick());
    }

    [Fact]
    public void Everything_survives_a_restart()
    {
        ScheduleHarness harness = Busy(new MemoryLog());
        Assert.Equal(harness.Contents(), harness.Restart().Contents());
    }

    [Fact]
    public void A_snapshot_and_the_log_behind_it_are_the_state()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        for (int i = 0; i < 700; i++)
        {
            harness.Set($"job:{i:000}", $"@every {10 + i}s", body: new string('b', i * 3));
        }

        harness.PassUntil("2026-05-01 08:05:00");
        Lsn position = harness.Log!.End;
        ScheduleSnapshot snapshot = harness.Service.BeginSnapshot(position);
        var kept = new RecordList();
        int slices = 0;
        while (snapshot.MoveNext(kept))
        {
            // Meanwhile they go on: what is before the slice, in it and behind it is changed.
            slices++;
            harness.Set($"job:{slices:000}", "@every 7s");
            harness.Set($"job:{slices + 400:000}x", "@every 8s");
            harness.Service.Remove(Encoding.UTF8.GetBytes($"job:{slices + 500}"), out _);
            harness.Time.Advance(9_000);
            harness.Service.Tick(harness);
        }

        Assert.InRange(slices, 3, 20);
        Assert.Equal(harness.Contents(), harness.Restart(snapshot: kept, position: position).Contents());
        Assert.Equal(harness.Contents(), harness.Restart().Contents());
    }

    [Fact]
    public void A_time_zone_that_this_machine_does_not_have_keeps_its_schedule_and_is_told()
    {
        var log = new MemoryLog();
        var definition = new ScheduleDefinition(
            new ScheduleSpec { Name = "job"u8, Cron = "@daily"u8, TimeZone = "Nowhere/Atlantis"u8, Queue = "q"u8 });
        int bytes = ScheduleSetRecord.Bytes(definition);
        using (LogAppend append = log.Begin((byte)ScheduleRecordKind.Set, bytes))
        {
            ScheduleSetRecord.Write(append.Payload, definition, 5);
        }

        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        ScheduleRecovery recovery = harness.Service.BeginRecovery();
        log.Replay(default, recovery);
        string problem = Assert.Single(recovery.Complete(log));

        Assert.StartsWith("job: The time zone \"Nowhere/Atlantis\" is not known here", problem, StringComparison.Ordinal);
        Assert.Equal("never", harness.NextOf("job"));
        Assert.Empty(harness.PassUntil("2026-05-01 08:00:30"));
        Assert.Equal("2026-05-02 00:00:00", harness.Set("job", "@daily", "Etc/UTC"));
    }

    [Fact]
    public void Nothing_runs_before_everything_was_read_back()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        harness.Set("job", "@every 10s");
        harness.Time.Advance(20_000);
        var next = new ScheduleHarness("2026-05-01 08:00:20");
        ScheduleRecovery recovery = next.Service.BeginRecovery();
        harness.Log!.Replay(default, recovery);
        Assert.Empty(next.Tick());
        recovery.Complete(harness.Log);
        Assert.Equal(["job 2026-05-01 08:00:10", "job 2026-05-01 08:00:20"], next.Tick());
        Assert.Throws<InvalidOperationException>(() => next.Service.BeginRecovery());
    }

    private static ScheduleHarness Busy(MemoryLog log)
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: log);
        harness.Set("plain", "*/10 * * * *");
        harness.Set("zoned", "30 2 * * *", "Europe/Berlin", catchUp: ScheduleCatchUp.Skip);
        harness.Set("off", "@hourly", isEnabled: false);
        harness.Set("gone", "@every 5s");
        harness.Set("interval", "@every 7m");
        harness.PassUntil("2026-05-01 08:21:00");
        harness.Service.Remove("gone"u8, out _);
        harness.Answer = ScheduleOutcome.QueueFull;
        harness.PassUntil("2026-05-01 08:32:00");
        harness.Set("plain", "*/10 * * * *", body: "changed");
        harness.Set("interval", "@every 8m");
        return harness;
    }
}
