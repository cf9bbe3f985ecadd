using System.Globalization;

namespace Nexo.Server.Settings;

/// <summary>
/// A duration as people write it: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>; without a unit, milliseconds.
/// </summary>
internal static class DurationText
{
    // "ms" before "m" and "s", which it ends in or begins with.
    private static readonly (string Unit, int Milliseconds)[] Units =
        [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

    public static bool TryParse(string text, out long milliseconds)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        long factor = 1;
        foreach ((string unit, int unitMs) in Units)
        {
            if (digits.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                digits = digits[..^unit.Length].TrimEnd();
                factor = unitMs;
                break;
            }
        }

        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out milliseconds)
            || milliseconds > long.MaxValue / factor)
        {
            milliseconds = 0;
            return false;
        }

        milliseconds *= factor;
        return true;
    }

    /// <summary>The largest unit that is exact.</summary>
    public static string Print(long milliseconds)
    {
        foreach ((string unit, int unitMs) in Units.OrderByDescending(unit => unit.Milliseconds))
        {
            if (milliseconds != 0 && milliseconds % unitMs == 0)
            {
                return (milliseconds / unitMs) + unit;
            }
        }

        return "0";
    }
}
