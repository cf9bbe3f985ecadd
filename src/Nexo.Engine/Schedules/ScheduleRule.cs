using Cronos;

namespace Nexo.Engine.Schedules;

/// <summary>
/// When a schedule runs, in Unix milliseconds of the wall clock. A cron expression goes by the clocks of its time zone,
/// an interval by the distance to the run before.
/// </summary>
/// <remarks>
/// Daylight saving time: what falls into the hour that is left out in spring runs when it is over, once; in the hour
/// that comes twice in autumn, an expression of fixed times runs once, and one with a <c>*</c>, a range or a step in
/// its seconds, minutes or hours runs in both.
/// </remarks>
internal sealed class ScheduleRule
{
    // Where a whole day is left out (the date line moved), the library can answer with a moment that is over; two days
    // lie beyond it.
    private const long ProbeMs = 3_600_000;
    private const int ProbesMax = 49;

    // 9999 less a margin for offsets: no clock that says so is right.
    private static readonly long MomentMsMax =
        new DateTimeOffset(9_998, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly CronExpression? _cron;
    private readonly TimeZoneInfo _zone;
    private readonly long _intervalMs;

    /// <summary>A cron expression in a time zone.</summary>
    public ScheduleRule(CronExpression cron, TimeZoneInfo zone)
    {
        _cron = cron;
        _zone = zone;
    }

    /// <summary>An interval.</summary>
    public ScheduleRule(long intervalMs)
    {
        _zone = TimeZoneInfo.Utc;
        _intervalMs = intervalMs;
    }

    /// <summary>
    /// How far the clock may be set back with no run that has been being due again: named times must not run twice,
    /// while an interval has no name and must not stand still for longer than it is.
    /// </summary>
    public long SetBackMs(long most) => _cron is null ? Math.Min(most, _intervalMs) : most;

    /// <summary>The first moment behind another one; null: it never comes.</summary>
    public long? Next(long afterMs)
    {
        if (afterMs is < 0 || afterMs > MomentMsMax)
        {
            return null;
        }

        if (_cron is null)
        {
            return afterMs + _intervalMs;
        }

        long probeMs = afterMs;
        for (int i = 0; i <= ProbesMax; i++)
        {
            long? next = NextOfCron(probeMs);
            if (next is null || next > afterMs)
            {
                return next;
            }

            probeMs += ProbeMs;
        }

        return null;
    }

    /// <summary>The last moment behind one and not behind the other; null: there is none.</summary>
    public long? Latest(long afterMs, long untilMs)
    {
        if (Next(afterMs) is not { } latest || latest > untilMs)
        {
            return null;
        }

        if (_cron is null)
        {
            return untilMs - ((untilMs - afterMs) % _intervalMs);
        }

        // Halving: the library's own way back does not agree with its way forward when a clock is set forward.
        long low = latest;
        long high = untilMs;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (Next(middle) is { } next && next <= untilMs)
            {
                latest = next;
                low = next;
            }
            else
            {
                high = middle;
            }
        }

        return latest;
    }

    /// <summary>How many moments lie behind one and before the other, counted up to a most.</summary>
    public int CountBetween(long afterMs, long beforeMs, int most)
    {
        int count = 0;
        while (count < most && Next(afterMs) is { } next && next < beforeMs)
        {
            count++;
            afterMs = next;
        }

        return count;
    }

    private long? NextOfCron(long afterMs)
    {
        DateTime after = DateTimeOffset.FromUnixTimeMilliseconds(afterMs).UtcDateTime;
        return _cron!.GetNextOccurrence(after, _zone) is { } next
            ? new DateTimeOffset(next, TimeSpan.Zero).ToUnixTimeMilliseconds()
            : null;
    }
}
