namespace Nexo.Engine.Schedules;

/// <summary>
/// An interval as people write it: <c>30s</c>, <c>1h30m</c>, <c>7d</c>. The largest unit first, each once.
/// </summary>
internal static class IntervalText
{
    public const long SecondMs = 1_000;
    public const long DayMs = 24 * HourMs;

    private const long HourMs = 60 * MinuteMs;
    private const long MinuteMs = 60 * SecondMs;

    /// <summary>Digits of one number: enough for a year in seconds, and never an overflow.</summary>
    private const int DigitsMax = 9;

    public static bool TryRead(ReadOnlySpan<char> text, out long milliseconds)
    {
        milliseconds = 0;
        long unitBefore = long.MaxValue;
        while (!text.IsEmpty)
        {
            int digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > DigitsMax || UnitOf(text[digits]) is not { } unitMs || unitMs >= unitBefore)
            {
                return false;
            }

            milliseconds += int.Parse(text[..digits]) * unitMs;
            unitBefore = unitMs;
            text = text[(digits + 1)..];
        }

        return unitBefore != long.MaxValue;
    }

    private static long? UnitOf(char unit) => unit switch
    {
        'd' => DayMs,
        'h' => HourMs,
        'm' => MinuteMs,
        's' => SecondMs,
        _ => null,
    };
}
