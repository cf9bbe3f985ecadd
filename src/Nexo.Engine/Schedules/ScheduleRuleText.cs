using System.Text;
using Cronos;

namespace Nexo.Engine.Schedules;

/// <summary>
/// Reads the expression and the time zone of a schedule: five fields (minute, hour, day of month, month, day of week),
/// six with the seconds before them, a macro (<c>@daily</c>), or <c>@every</c> with an interval (<c>@every 1h30m</c>).
/// </summary>
/// <remarks>
/// An <c>H</c> in a field stands for a value that the schedule's name chooses, so that many schedules do not all run at
/// the same moment.
/// </remarks>
internal static class ScheduleRuleText
{
    private const string Every = "@every ";
    private const string Macros =
        "@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every_minute, @every_second";
    private const int FieldsMin = 5;
    private const int FieldsWithSeconds = 6;

    // What the library's messages begin with, before the field and what is wrong with it.
    private const string LibraryPrefix = "The given cron expression has an invalid format. ";

    /// <summary>Ok, or why it cannot be read, with a message for people.</summary>
    /// <param name="name">The schedule's.</param>
    public static ScheduleStatus TryRead(
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> cron,
        ReadOnlySpan<byte> timeZone,
        ScheduleLimits limits,
        out ScheduleRule? rule,
        out string message)
    {
        rule = null;
        if (cron.Length > limits.CronBytesMax)
        {
            message = $"The expression has {cron.Length} bytes; at most {limits.CronBytesMax}.";
            return ScheduleStatus.CronInvalid;
        }

        if (!IsPrintable(cron) || Encoding.ASCII.GetString(cron).Trim() is not { Length: > 0 } text)
        {
            message = "The expression is empty, or has characters that are not printable ASCII.";
            return ScheduleStatus.CronInvalid;
        }

        if (!TryFindZone(timeZone, limits, out TimeZoneInfo zone, out message))
        {
            return ScheduleStatus.TimeZoneInvalid;
        }

        rule = text.StartsWith(Every, StringComparison.OrdinalIgnoreCase)
            ? ReadInterval(text, limits, out message)
            : ReadCron(text, name, zone, out message);
        return rule is null ? ScheduleStatus.CronInvalid : ScheduleStatus.Ok;
    }

    private static bool IsPrintable(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;

    private static ScheduleRule? ReadInterval(string text, ScheduleLimits limits, out string message)
    {
        bool read = IntervalText.TryRead(text.AsSpan(Every.Length).Trim(), out long intervalMs);
        if (!read || intervalMs < IntervalText.SecondMs || intervalMs > limits.IntervalMsMax)
        {
            long daysMax = limits.IntervalMsMax / IntervalText.DayMs;
            message = $"\"{text}\": an interval is whole days, hours, minutes and seconds, such as 30s, 1h30m or 7d, "
                + $"from 1s to {daysMax}d.";
            return null;
        }

        message = string.Empty;
        return new ScheduleRule(intervalMs);
    }

    private static ScheduleRule? ReadCron(string text, ReadOnlySpan<byte> name, TimeZoneInfo zone, out string message)
    {
        int fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        bool isMacro = text[0] == '@';
        if (isMacro ? !CronExpression.TryParse(text, out _) : fields is not (FieldsMin or FieldsWithSeconds))
        {
            message = isMacro
                ? $"\"{text}\" is no macro: there are {Macros}, and @every with an interval."
                : $"\"{text}\" has {fields} of the five fields minute, hour, day of month, month and day of week, "
                    + "before which seconds may stand.";
            return null;
        }

        try
        {
            // A seed would move macros too.
            CronFormat format = fields == FieldsWithSeconds ? CronFormat.IncludeSeconds : CronFormat.Standard;
            CronExpression cron = isMacro
                ? CronExpression.Parse(text)
                : CronExpression.Parse(text, format, SeedOf(name));
            message = string.Empty;
            return new ScheduleRule(cron, zone);
        }
        catch (CronFormatException problem)
        {
            string what = problem.Message.StartsWith(LibraryPrefix, StringComparison.Ordinal)
                ? problem.Message[LibraryPrefix.Length..]
                : problem.Message;
            message = $"\"{text}\": {what}";
            return null;
        }
    }

    private static bool TryFindZone(
        ReadOnlySpan<byte> name, ScheduleLimits limits, out TimeZoneInfo zone, out string message)
    {
        zone = TimeZoneInfo.Utc;
        message = string.Empty;
        if (name.IsEmpty)
        {
            return true;
        }

        bool isPath = name[0] == (byte)'/' || name.IndexOf(".."u8) >= 0;
        if (isPath || name.Length > limits.TimeZoneBytesMax || !IsPrintable(name))
        {
            message = "That is no time zone: an IANA name such as Europe/Berlin, or nothing for UTC.";
            return false;
        }

        string text = Encoding.ASCII.GetString(name);
        if (text.Equals("Etc/UTC", StringComparison.OrdinalIgnoreCase))
        {
            // Also where there are no data; UTC alone the library knows.
            return true;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(text, out TimeZoneInfo? found))
        {
            zone = found;
            return true;
        }

        message = HasZones()
            ? $"The time zone \"{text}\" is not known here: an IANA name such as Europe/Berlin, or nothing for UTC."
            : $"The time zone \"{text}\" cannot be looked up: the server's machine has no time zone data. "
                + "Install tzdata there, or give no time zone for UTC.";
        return false;
    }

    private static bool HasZones() =>
        TimeZoneInfo.TryFindSystemTimeZoneById("Europe/London", out _)
        || TimeZoneInfo.TryFindSystemTimeZoneById("America/New_York", out _);

    // FNV-1a: the same in every run and every version, so that nothing is moved by a restart.
    private static int SeedOf(ReadOnlySpan<byte> name)
    {
        const uint Offset = 2_166_136_261;
        const uint Prime = 16_777_619;
        uint hash = Offset;
        foreach (byte b in name)
        {
            hash = unchecked((hash ^ b) * Prime);
        }

        return unchecked((int)hash);
    }
}
