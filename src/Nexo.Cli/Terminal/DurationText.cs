using System.Buffers;
using System.Globalization;
using System.Text;

namespace Nexo.Cli.Terminal;

/// <summary>
/// Durations as people write them: <c>1500ms</c>, <c>30s</c>, <c>5m</c>, <c>12h</c>, <c>2d</c>, <c>1h30m</c>.
/// </summary>
internal static class DurationText
{
    public const string Expected = "a duration such as 1500ms, 30s, 5m, 12h, 2d or 1h30m";

    private static readonly SearchValues<char> NumberChars = SearchValues.Create("0123456789.");

    private static readonly (string Unit, long Milliseconds)[] Units =
    [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ];

    /// <summary>
    /// Reads whole milliseconds; a number needs its unit, because a bare one would be seconds to some and ms to
    /// others.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        decimal total = 0;
        bool any = false;
        while (!text.IsEmpty)
        {
            int digits = text.IndexOfAnyExcept(NumberChars);
            if (digits <= 0
                || !decimal.TryParse(
                    text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
                || !TryTakeUnit(text[digits..], out long milliseconds, out int taken)
                || number > long.MaxValue / milliseconds)
            {
                return false;
            }

            total += number * milliseconds;
            any = true;
            text = text[(digits + taken)..];
        }

        if (!any || total != decimal.Truncate(total) || total > (decimal)TimeSpan.MaxValue.TotalMilliseconds - 1)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds((long)total);
        return true;
    }

    /// <summary>The two largest units that say something: <c>4m 59s</c>, <c>2d 3h</c>, <c>850ms</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        long rest = (long)duration.TotalMilliseconds;
        var text = new StringBuilder();
        int parts = 0;
        for (int i = Units.Length - 1; i >= 0 && parts < 2; i--)
        {
            (string unit, long milliseconds) = Units[i];
            long count = rest / milliseconds;
            rest %= milliseconds;
            if (count > 0)
            {
                text.Append(parts > 0 ? " " : "").Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }

            // Nothing smaller than the neighbour of the largest unit is worth reading.
            parts += text.Length > 0 ? 1 : 0;
        }

        return text.Length == 0 ? "0ms" : text.ToString();
    }

    private static bool TryTakeUnit(ReadOnlySpan<char> text, out long milliseconds, out int taken)
    {
        int letters = text.IndexOfAny(NumberChars);
        ReadOnlySpan<char> unit = letters < 0 ? text : text[..letters];
        taken = unit.Length;
        foreach ((string name, long length) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                milliseconds = length;
                return true;
            }
        }

        milliseconds = 0;
        return false;
    }
}
