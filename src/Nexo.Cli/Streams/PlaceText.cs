using System.Globalization;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary>A place in a stream as people write it.</summary>
internal static class PlaceText
{
    public const string Expected = "an offset, beginning, end, or a moment such as 2030-12-31T23:59:59Z";

    public const string SinceExpected = $"{DurationText.Expected}, or a moment such as 2030-12-31T23:59:59Z";

    public static readonly string[] Words = ["beginning", "end"];

    /// <summary>A bare number is an offset, not a time.</summary>
    public static bool TryParse(string text, out StreamFrom place)
    {
        place = StreamFrom.Beginning;
        if (text == "end")
        {
            place = StreamFrom.End;
        }
        else if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong offset))
        {
            place = StreamFrom.Offset(offset);
        }
        else if (TryParseMoment(text, out DateTimeOffset moment))
        {
            place = StreamFrom.Time(moment);
        }
        else
        {
            return text == "beginning";
        }

        return true;
    }

    /// <summary>So long before now, or a moment.</summary>
    public static bool TryParseSince(string text, DateTimeOffset now, out DateTimeOffset since)
    {
        if (!DurationText.TryParse(text, out TimeSpan ago))
        {
            return TryParseMoment(text, out since);
        }

        since = Before(now, ago);
        return true;
    }

    /// <summary>So long before now, or if that is further back than any record, 1970.</summary>
    public static DateTimeOffset Before(DateTimeOffset now, TimeSpan ago) =>
        ago < now - DateTimeOffset.UnixEpoch ? now - ago : DateTimeOffset.UnixEpoch;

    // Other commands take milliseconds too; here they would be read as an offset by some and as a time by others.
    private static bool TryParseMoment(string text, out DateTimeOffset moment)
    {
        moment = default;
        return !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            && MomentText.TryParse(text, out moment);
    }
}
