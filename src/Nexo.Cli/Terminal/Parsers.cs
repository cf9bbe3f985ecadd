using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Nexo.Cli.Terminal;

/// <summary>
/// Options whose text needs more than the parser's own conversions; each error says what would be right.
/// </summary>
internal static class Parsers
{
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result => ReadDuration(result, name),
    };

    public static TimeSpan? ReadDuration(ArgumentResult result, string name)
    {
        string text = Text(result);
        if (DurationText.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        result.AddError($"{name} needs {DurationText.Expected}, greater than zero; got '{text}'.");
        return null;
    }

    public static Option<DateTimeOffset?> Moment(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "WHEN",
        CustomParser = result =>
        {
            string text = Text(result);
            if (MomentText.TryParse(text, out DateTimeOffset moment))
            {
                return moment;
            }

            result.AddError($"{name} needs {MomentText.Expected}; got '{text}'.");
            return null;
        },
    };

    /// <summary>A whole number that is at least <paramref name="minimum"/>.</summary>
    public static Option<long> Count(string name, string description, long minimum, long defaultValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => defaultValue,
        CustomParser = result =>
        {
            string text = Text(result);
            if (long.TryParse(text, out long count) && count >= minimum)
            {
                return count;
            }

            result.AddError($"{name} needs a whole number, {minimum} or more; got '{text}'.");
            return defaultValue;
        },
    };

    /// <summary>Any whole number of 64 bits.</summary>
    public static long Integer(ArgumentResult result, string name)
    {
        string text = Text(result);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return number;
        }

        result.AddError($"{name} is a whole number of 64 bits; got '{text}'.");
        return 0;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
}
