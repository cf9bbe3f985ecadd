using Nexo.Engine.Schedules;
using Xunit;

namespace Nexo.Engine.Tests.Schedules;

/// <summary>Runs: on time, late, missed, refused, and on clocks that jump.</summary>
public sealed class ScheduleRunTests
{
    [Fact]
    public void A_schedule_pushes_its_message_each_time_it_is_due()
    {
        var harness = new ScheduleHarness("2026-05-01 08:59:58");
        Assert.Equal("2026-05-01 09:00:00", harness.Set("report", "0 9,10 * * *"));
        Assert.Empty(harness.Tick());

        Assert.Equal(["report 2026-05-01 09:00:00", "report 2026-05-01 10:00:00"], harness.PassUntil("2026-05-01 10:00:01"));

        ScheduleInfo info = harness.Describe("report");
        Assert.Equal((2UL, 0UL, 0UL, ScheduleOutcome.Pushed), (info.Runs, info.Failed, info.Missed, info.LastOutcome));
        Assert.Equal("2026-05-01 10:00:00", ScheduleHarness.Text(info.LastAtMs));
        Assert.Equal("2026-05-02 09:00:00", harness.NextOf("report"));
        Assert.Equal(harness.Describe("report").NextAtMs, harness.Service.NextAtMs);
        Assert.Equal(2, harness.Service.Stats.Runs);
    }

    [Fact]
    public void Schedules_run_in_the_order_in_which_they_are_due()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set("later", "0 0 9 * * *");
        harness.Set("soon", "@every 5s");
        harness.Set("between", "7 0 8 * * *");
        harness.Time.Advance(9_000);

        Assert.Equal(["soon 2026-05-01 08:00:05", "between 2026-05-01 08:00:07"], harness.Tick());
    }

    [Fact]
    public void A_run_has_a_dedup_id_of_its_own_that_a_repetition_has_too()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set("a/b", "@every 5s");
        harness.PassUntil("2026-05-01 08:00:10");

        Assert.Equal(
            [
                $"nexo-schedule/a/b/{ScheduleHarness.Ms("2026-05-01 08:00:05")}",
                $"nexo-schedule/a/b/{ScheduleHarness.Ms("2026-05-01 08:00:10")}",
            ],
            harness.DedupIds);
    }

    [Fact]
    public void The_longest_name_still_makes_a_dedup_id_that_queues_take()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set(new string('n', harness.Limits.NameBytesMax), "@every 5s");
        harness.PassUntil("2026-05-01 08:00:05");

        Assert.InRange(Assert.Single(harness.DedupIds).Length, 200, 255);
    }

    [Theory]
    [InlineData(ScheduleOutcome.QueueFull)]
    [InlineData(ScheduleOutcome.QueuePaused)]
    [InlineData(ScheduleOutcome.QueueNotFound)]
    [InlineData(ScheduleOutcome.Failed)]
    public void A_run_that_the_queue_refuses_counts_as_failed_and_the_schedule_goes_on(ScheduleOutcome answer)
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00") { Answer = answer };
        harness.Set("job", "@every 10s");
        Assert.Equal([$"job 2026-05-01 08:00:10 {answer}"], harness.PassUntil("2026-05-01 08:00:10"));
        Assert.Equal((1UL, 1UL, answer), Counts(harness.Describe("job")));

        harness.Answer = ScheduleOutcome.Duplicate;
        harness.PassUntil("2026-05-01 08:00:20");
        Assert.Equal((1UL, 2UL, ScheduleOutcome.Duplicate), Counts(harness.Describe("job")));
        Assert.Equal((1, 2), (harness.Service.Stats.Failed, harness.Service.Stats.Runs));

        static (ulong Failed, ulong Runs, ScheduleOutcome Last) Counts(ScheduleInfo info) =>
            (info.Failed, info.Runs, info.LastOutcome);
    }

    [Fact]
    public void One_tick_does_no_more_than_it_may()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", new ScheduleLimits { RunsPerTickMax = 3 });
        for (int i = 0; i < 8; i++)
        {
            harness.Set($"job:{i}", "@every 5s");
        }

        harness.Time.Advance(5_000);
        Assert.Equal([3, 3, 2, 0], Enumerable.Range(0, 4).Select(_ => harness.Tick().Length));
    }

    [Theory]
    [InlineData(ScheduleCatchUp.Once, 1)]
    [InlineData(ScheduleCatchUp.Skip, 0)]
    public void After_a_downtime_at_most_one_run_is_caught_up_with(ScheduleCatchUp catchUp, int runs)
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        harness.Set("job", "*/10 * * * *", catchUp: catchUp);
        harness.PassUntil("2026-05-01 08:10:00");

        ScheduleHarness restarted = harness.Restart("2026-05-01 12:34:00");
        Assert.Equal(runs == 1 ? ["job 2026-05-01 12:30:00"] : [], restarted.Tick());
        Assert.Empty(restarted.Tick());
        Assert.Equal("2026-05-01 12:40:00", restarted.NextOf("job"));
        Assert.Equal(runs == 1 ? 25UL : 26UL, restarted.Describe("job").Missed);
        Assert.Equal(["job 2026-05-01 12:40:00"], restarted.PassUntil("2026-05-01 12:40:00"));

        ScheduleHarness again = restarted.Restart("2026-05-01 12:41:00");
        Assert.Empty(again.Tick());
    }

    [Fact]
    public void A_run_that_is_only_a_little_late_was_not_missed()
    {
        var harness = new ScheduleHarness("2026-05-01 08:09:58", log: new());
        harness.Set("job", "*/10 * * * *", catchUp: ScheduleCatchUp.Skip);
        ScheduleHarness restarted = harness.Restart("2026-05-01 08:10:10");
        Assert.Equal(["job 2026-05-01 08:10:00"], restarted.Tick());

        // Many were missed, but the last of them was due a moment ago.
        ScheduleHarness again = restarted.Restart("2026-05-01 09:00:03");
        Assert.Equal(["job 2026-05-01 09:00:00"], again.Tick());
        Assert.Equal(4UL, again.Describe("job").Missed);
    }

    [Fact]
    public void A_tick_that_is_late_by_seconds_leaves_out_no_run_of_a_dense_schedule()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set("job", "* * * * * *");
        harness.Time.Advance(3_500);

        Assert.Equal(["job 2026-05-01 08:00:01", "job 2026-05-01 08:00:02", "job 2026-05-01 08:00:03"], harness.Tick());
    }

    [Fact]
    public void A_run_that_a_crash_interrupted_comes_again_with_the_same_dedup_id()
    {
        var harness = new ScheduleHarness("2026-05-01 08:09:59", log: new());
        harness.Set("job", "*/10 * * * *");
        Nexo.Storage.Lsn before = harness.Log!.End;
        Assert.Equal(["job 2026-05-01 08:10:00"], harness.PassUntil("2026-05-01 08:10:00"));
        harness.Log.Cut(before);

        ScheduleHarness restarted = harness.Restart("2026-05-01 08:10:02");
        Assert.Equal(["job 2026-05-01 08:10:00"], restarted.Tick());
        Assert.Equal(harness.DedupIds, restarted.DedupIds);
    }

    [Theory]
    [InlineData(ScheduleCatchUp.Once, 1)]
    [InlineData(ScheduleCatchUp.Skip, 0)]
    public void A_clock_that_is_set_forward_is_a_downtime(ScheduleCatchUp catchUp, int runs)
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set("job", "*/10 * * * *", catchUp: catchUp);
        harness.SetClock("2026-05-01 09:05:00");

        Assert.Equal(runs == 1 ? ["job 2026-05-01 09:00:00"] : [], harness.Tick());
        Assert.Equal(["job 2026-05-01 09:10:00"], harness.PassUntil("2026-05-01 09:10:00"));
    }

    [Fact]
    public void A_clock_that_is_set_back_an_hour_has_no_run_come_twice()
    {
        var harness = new ScheduleHarness("2026-05-01 08:55:00", log: new());
        harness.Set("job", "*/10 * * * *");
        Assert.Equal(["job 2026-05-01 09:00:00"], harness.PassUntil("2026-05-01 09:05:00"));
        harness.SetClock("2026-05-01 08:05:00");
        Assert.Empty(harness.PassUntil("2026-05-01 08:30:00"));

        ScheduleHarness restarted = harness.Restart();
        Assert.Equal(["job 2026-05-01 09:10:00"], restarted.PassUntil("2026-05-01 09:10:00"));
    }

    [Fact]
    public void A_clock_that_was_far_ahead_is_believed_when_it_is_set_right()
    {
        var harness = new ScheduleHarness("2031-05-01 08:55:00", log: new());
        harness.Set("job", "*/10 * * * *");
        harness.Set("interval", "@every 1h");
        harness.PassUntil("2031-05-01 09:05:00");
        harness.SetClock("2026-05-01 08:05:00");
        Assert.Equal(["job 2026-05-01 08:10:00"], harness.PassUntil("2026-05-01 08:10:00"));
        Assert.Equal("2026-05-01 09:05:00", harness.NextOf("interval"));

        harness = new ScheduleHarness("2031-05-01 08:55:00", log: new());
        harness.Set("job", "*/10 * * * *");
        harness.PassUntil("2031-05-01 09:05:00");
        ScheduleHarness restarted = harness.Restart("2026-05-01 08:05:00");
        Assert.Equal("2026-05-01 08:10:00", restarted.NextOf("job"));
    }

    [Fact]
    public void An_interval_does_not_stand_still_when_the_clock_is_set_back()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set("job", "@every 30s");
        harness.PassUntil("2026-05-01 08:30:00");
        harness.SetClock("2026-05-01 08:00:05");
        Assert.Equal(["job 2026-05-01 08:00:35", "job 2026-05-01 08:01:05"], harness.PassUntil("2026-05-01 08:01:05"));
    }

    [Theory]
    [InlineData("2026-03-28 12:00:00", "2026-03-31 12:00:00", 3)]
    [InlineData("2026-10-24 12:00:00", "2026-10-27 12:00:00", 3)]
    public void On_the_days_on_which_clocks_are_changed_a_daily_schedule_runs_once(string from, string to, int runs)
    {
        var harness = new ScheduleHarness(from);
        harness.Set("job", "30 2 * * *", "Europe/Berlin");
        Assert.Equal(runs, harness.PassUntil(to).Length);
    }

    [Fact]
    public void A_schedule_that_is_set_or_removed_while_its_run_is_pushed_is_what_was_asked_for()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00", log: new());
        harness.Set("job", "@every 10s");
        harness.OnPush = () => harness.Set("job", "@every 7s");
        Assert.Equal(["job 2026-05-01 08:00:10"], harness.PassUntil("2026-05-01 08:00:10"));
        harness.OnPush = null;
        Assert.Equal("2026-05-01 08:00:17", harness.NextOf("job"));
        Assert.Equal(1UL, harness.Describe("job").Runs);

        harness.OnPush = () => harness.Service.Remove("job"u8, out _);
        Assert.Equal(["job 2026-05-01 08:00:17"], harness.PassUntil("2026-05-01 08:00:40"));
        Assert.Empty(harness.Restart().Contents());
    }

    [Fact]
    public void A_tick_within_a_tick_does_nothing()
    {
        var harness = new ScheduleHarness("2026-05-01 08:00:00");
        harness.Set("one", "@every 10s");
        harness.Set("two", "@every 10s");
        int inner = -1;
        harness.OnPush = () =>
        {
            var other = new Thread(() => inner = harness.Service.Tick(harness));
            other.Start();
            other.Join();
        };
        Assert.Equal(2, harness.PassUntil("2026-05-01 08:00:10").Length);
        Assert.Equal(0, inner);
    }
}
