using System.Text;
using Nexo.Engine.Schedules;
using Xunit;

namespace Nexo.Engine.Tests.Schedules;

/// <summary>When schedules run: expressions, intervals, time zones, and the days on which clocks are changed.</summary>
public sealed class ScheduleRuleTests
{
    [Theory]
    [InlineData("*/15 * * * *", "2026-01-01 00:15:00", "2026-01-01 00:30:00")]
    [InlineData("30 9 * * MON-FRI", "2026-01-01 09:30:00", "2026-01-02 09:30:00")]
    [InlineData("*/20 * * * * *", "2026-01-01 00:00:20", "2026-01-01 00:00:40")]
    [InlineData("0 0 L * *", "2026-01-31 00:00:00", "2026-02-28 00:00:00")]
    [InlineData("0 0 13 * FRI", "2026-02-13 00:00:00", "2026-03-13 00:00:00")]
    [InlineData("@hourly", "2026-01-01 01:00:00", "2026-01-01 02:00:00")]
    [InlineData("@daily", "2026-01-02 00:00:00", "2026-01-03 00:00:00")]
    [InlineData("@yearly", "2027-01-01 00:00:00", "2028-01-01 00:00:00")]
    [InlineData("@every 90s", "2026-01-01 00:01:30", "2026-01-01 00:03:00")]
    [InlineData("  @every 1d2h  ", "2026-01-02 02:00:00", "2026-01-03 04:00:00")]
    [InlineData("  0   12 * * *  ", "2026-01-01 12:00:00", "2026-01-02 12:00:00")]
    public void An_expression_gives_the_moments_that_it_names(string cron, string first, string second)
    {
        ScheduleRule rule = Rule(cron);
        long next = rule.Next(ScheduleHarness.Ms("2026-01-01 00:00:00"))!.Value;
        Assert.Equal((first, second), (ScheduleHarness.Text(next), ScheduleHarness.Text(rule.Next(next)!.Value)));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("   ", "empty")]
    [InlineData("* * * *", "has 4 of the five fields")]
    [InlineData("* * * * * * *", "has 7 of the five fields")]
    [InlineData("61 * * * *", "Minutes: Value must be a number between 0 and 59")]
    [InlineData("* 24 * * *", "Hours: Value must be a number between 0 and 23")]
    [InlineData("* * 0 * *", "Days of month: Value must be a number between 1 and 31")]
    [InlineData("* * * 13 *", "Months: Value must be a number between 1 and 12")]
    [InlineData("* * * * MOON", "Days of week: ")]
    [InlineData("60 * * * * *", "Seconds: Value must be a number between 0 and 59")]
    [InlineData("*/0 * * * *", "Minutes: ")]
    [InlineData("@reboot", "no macro: there are @yearly")]
    [InlineData("@every", "no macro")]
    [InlineData("@every 10", "an interval is whole days")]
    [InlineData("@every 0s", "from 1s to 366d")]
    [InlineData("@every 367d", "from 1s to 366d")]
    [InlineData("@every 30m1h", "an interval is whole days")]
    [InlineData("@every 1h1h", "an interval is whole days")]
    [InlineData("@every -5s", "an interval is whole days")]
    [InlineData("@every 99999999999s", "an interval is whole days")]
    [InlineData("* * * * \u0001", "printable")]
    [InlineData("é * * * *", "printable")]
    public void A_bad_expression_is_refused_with_the_field_that_is_wrong(string cron, string message)
    {
        Assert.Equal(ScheduleStatus.CronInvalid, TryRead(cron, "", out _, out string said));
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expression_that_is_too_long_is_refused()
    {
        Assert.Equal(ScheduleStatus.CronInvalid, TryRead(new string('1', 257), "", out _, out string said));
        Assert.Contains("257 bytes; at most 256", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Nowhere/Atlantis", "not known here")]
    [InlineData("/etc/localtime", "no time zone")]
    [InlineData("../etc/passwd", "no time zone")]
    [InlineData("Europe/Bêrlin", "no time zone")]
    [InlineData("A23456789012345678901234567890123456789012345678901234567890123456789", "no time zone")]
    public void A_time_zone_that_is_not_there_is_refused(string zone, string message)
    {
        Assert.Equal(ScheduleStatus.TimeZoneInvalid, TryRead("* * * * *", zone, out _, out string said));
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_the_name_chooses_is_the_same_in_every_run_and_spreads_schedules()
    {
        string[] minutes = [.. Enumerable.Range(0, 100).Select(i => MinuteOf($"job:{i}"))];

        Assert.Equal(minutes, Enumerable.Range(0, 100).Select(i => MinuteOf($"job:{i}")));
        Assert.InRange(minutes.Distinct().Count(), 30, 60);

        static string MinuteOf(string name)
        {
            TryRead("H * * * *", "", out ScheduleRule? rule, out _, name);
            return ScheduleHarness.Text(rule!.Next(ScheduleHarness.Ms("2026-01-01"))!.Value);
        }
    }

    [Theory]
    // Clocks go from 02:00 to 03:00 on 29 March 2026, which is 01:00 UTC.
    [InlineData("30 2 * * *", "2026-03-28 12:00:00", "2026-03-29 01:00:00", "2026-03-30 00:30:00")]
    [InlineData("30 * * * *", "2026-03-29 00:30:00", "2026-03-29 01:00:00", "2026-03-29 01:30:00")]
    [InlineData("*/20 * * * *", "2026-03-29 00:40:00", "2026-03-29 01:00:00", "2026-03-29 01:20:00")]
    // They go from 03:00 to 02:00 on 25 October, at 01:00 UTC: 02:30 comes twice.
    [InlineData("30 2 * * *", "2026-10-24 12:00:00", "2026-10-25 00:30:00", "2026-10-26 01:30:00")]
    [InlineData("30 * * * *", "2026-10-25 00:00:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00")]
    [InlineData("*/30 2 * * *", "2026-10-25 00:15:00", "2026-10-25 00:30:00", "2026-10-25 01:00:00")]
    [InlineData("@every 1h", "2026-03-29 00:30:00", "2026-03-29 01:30:00", "2026-03-29 02:30:00")]
    public void When_clocks_are_changed_no_run_is_left_out_and_none_of_a_fixed_time_comes_twice(
        string cron, string after, string first, string second)
    {
        ScheduleRule rule = Rule(cron, "Europe/Berlin");
        long next = rule.Next(ScheduleHarness.Ms(after))!.Value;
        Assert.Equal((first, second), (ScheduleHarness.Text(next), ScheduleHarness.Text(rule.Next(next)!.Value)));
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-27", 4)]
    [InlineData("Europe/Berlin", "2026-10-23", 4)]
    [InlineData("America/New_York", "2026-03-06", 4)]
    [InlineData("Australia/Lord_Howe", "2026-04-03", 4)]
    [InlineData("Australia/Lord_Howe", "2026-10-02", 4)]
    [InlineData("", "2026-02-27", 4)]
    // A day is left out: 30 December 2011.
    [InlineData("Pacific/Apia", "2011-12-28", 5)]
    public void The_latest_of_missed_moments_is_the_last_to_which_the_next_ones_lead(string zone, string from, int days)
    {
        long start = ScheduleHarness.Ms(from);
        long end = start + (days * IntervalText.DayMs);
        string[] crons =
        [
            "30 2 * * *", "*/20 * * * *", "0 0 2 * * *", "15 1-3 * * *", "0,30 1,2 * * *", "5 */2 * * *",
            "30 2 L * *", "0 0 29 2 *", "7 7 7 * * *", "H H * * *", "@every 100m",
        ];
        foreach (string cron in crons)
        {
            ScheduleRule rule = Rule(cron, zone);
            var moments = new List<long>();
            for (long? next = rule.Next(start); next is { } moment && moment <= end; next = rule.Next(moment))
            {
                bool goesOn = moments.Count == 0 || moment > moments[^1];
                Assert.True(goesOn, $"{cron} stands still at {ScheduleHarness.Text(moment)}");
                moments.Add(moment);
            }

            for (long until = start; until < end; until += (17 * 60 + 13) * 1_000)
            {
                long? expected = moments.LastOrDefault(moment => moment <= until) is var last and not 0 ? last : null;
                if (zone != "Pacific/Apia")
                {
                    Assert.Equal(expected, rule.Latest(start, until));
                }
                else if (rule.Latest(start, until) is { } latest)
                {
                    Assert.InRange(latest, start + 1, until);
                }
            }
        }
    }

    [Fact]
    public void The_latest_of_many_years_is_found_at_once()
    {
        ScheduleRule rule = Rule("* * * * * *", "Europe/Berlin");
        long until = ScheduleHarness.Ms("2056-06-01 12:00:00") + 345;

        long from = ScheduleHarness.Ms("2026-01-01");
        Assert.Equal("2056-06-01 12:00:00", ScheduleHarness.Text(rule.Latest(from, until)!.Value));
        Assert.Equal(100, rule.CountBetween(from, until, 100));
    }

    [Fact]
    public void An_expression_that_never_comes_due_says_so() =>
        Assert.Null(Rule("0 0 30 2 *", "Europe/Berlin").Next(ScheduleHarness.Ms("2026-01-01")));

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(253_402_300_799_999)]
    public void A_clock_that_says_nonsense_is_no_exception(long now)
    {
        Assert.Null(Rule("* * * * *").Next(now));
        Assert.Null(Rule("@every 1s").Next(now));
    }

    private static ScheduleRule Rule(string cron, string zone = "")
    {
        ScheduleStatus status = TryRead(cron, zone, out ScheduleRule? rule, out string message);
        Assert.True(status == ScheduleStatus.Ok, message);
        return rule!;
    }

    private static ScheduleStatus TryRead(
        string cron, string zone, out ScheduleRule? rule, out string message, string name = "name") =>
        ScheduleRuleText.TryRead(
            Encoding.UTF8.GetBytes(name),
            Encoding.UTF8.GetBytes(cron),
            Encoding.UTF8.GetBytes(zone),
            new ScheduleLimits(),
            out rule,
            out message);
}
