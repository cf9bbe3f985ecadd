using System.Text;

namespace Nexo.Engine.Schedules;

/// <summary>
/// When something is to happen, as schedules say it: five fields of cron in UTC, six with the seconds before them, a macro such as
/// <c>@daily</c>, or an interval, <c>@every 6h</c> or <c>every 6h</c>.
/// </summary>
public sealed class Timetable
{
    private const string Every = "every ";

    private readonly ScheduleRule _rule;

    private Timetable(string text, ScheduleRule rule, bool isInterval)
    {
        Text = text;
        _rule = rule;
        IsInterval = isInterval;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>True when it counts from the last time, not by the clock on the wall.</summary>
    public bool IsInterval { get; }

    /// <param name="text">What was written.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <returns>Null: it cannot be read, or never comes.</returns>
    public static Timetable? TryParse(string text, out string message)
    {
        string trimmed = text.Trim();
        bool isInterval = trimmed.TrimStart('@').StartsWith(Every, StringComparison.OrdinalIgnoreCase);
        string rule = isInterval ? $"@{trimmed.TrimStart('@')}" : trimmed;
        ScheduleStatus status = ScheduleRuleText.TryRead(
            default, Encoding.UTF8.GetBytes(rule), default, new ScheduleLimits(), out ScheduleRule? read, out message);
        if (status != ScheduleStatus.Ok)
        {
            return null;
        }

        if (read!.Next(DateTimeOffset.UnixEpoch.ToUnixTimeMilliseconds()) is null)
        {
            message = $"\"{trimmed}\" never comes.";
            return null;
        }

        return new Timetable(trimmed, read, isInterval);
    }

    /// <summary>The first time behind a moment; null: it does not come any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => _rule.Next(after.ToUnixTimeMilliseconds()) is { } next
        ? DateTimeOffset.FromUnixTimeMilliseconds(next)
        : null;
}
