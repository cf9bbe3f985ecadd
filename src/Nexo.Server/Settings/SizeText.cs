using System.Globalization;

namespace Nexo.Server.Settings;

/// <summary>A number of bytes as people write it: <c>65536</c>, <c>64kb</c>, <c>16mb</c>, <c>1gb</c>; a kb has 1,024 bytes.</summary>
internal static class SizeText
{
    private static readonly (string Unit, int Shift)[] Units = [("tb", 40), ("gb", 30), ("mb", 20), ("kb", 10), ("b", 0)];

    public static bool TryParse(string text, out long bytes)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        int shift = 0;
        foreach ((string unit, int unitShift) in Units)
        {
            if (digits.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                digits = digits[..^unit.Length].TrimEnd();
                shift = unitShift;
                break;
            }
        }

        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bytes)
            || bytes > long.MaxValue >> shift)
        {
            bytes = 0;
            return false;
        }

        bytes <<= shift;
        return true;
    }

    /// <summary>For people: about as much, with one digit behind the point.</summary>
    public static string About(long bytes)
    {
        foreach ((string unit, int shift) in Units)
        {
            if (bytes >= 1L << shift && shift > 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << shift):0.0} {unit}");
            }
        }

        return $"{bytes} b";
    }

    /// <summary>The shortest exact form.</summary>
    public static string Print(long bytes)
    {
        foreach ((string unit, int shift) in Units)
        {
            if (shift > 0 && bytes != 0 && bytes % (1L << shift) == 0)
            {
                return (bytes >> shift) + unit;
            }
        }

        return bytes.ToString();
    }
}
