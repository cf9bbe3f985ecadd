using System.Globalization;

namespace Nexo.Cli.Terminal;

/// <summary>A moment as ISO 8601 (UTC unless it says otherwise) or as milliseconds since the Unix epoch.</summary>
internal static class MomentText
{
    public const string Expected = "a moment such as 2030-12-31T23:59:59Z, or milliseconds since 1970";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mmK",
        "yyyy-MM-dd",
    ];

    public static bool TryParse(string text, out DateTimeOffset moment)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long milliseconds))
        {
            bool inRange = milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
                && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
            moment = inRange ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
            return inRange;
        }

        return DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);
    }
}
