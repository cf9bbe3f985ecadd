using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Nexo.Cli.Terminal;

/// <summary>
/// Options whose text needs more than the parser's own conversions; each error says what would be right.
/// </summary>
internal static class Parsers
{
    /// <param name="name">The option.</param>
    /// <param name="description">For its help.</param>
    /// <param name="mayBeZero">Whether <c>0s</c> means something.</param>
    public static Option<TimeSpan?> Duration(string name, string description, bool mayBeZero = false) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result => ReadDuration(result, name, mayBeZero),
    };

    public static TimeSpan? ReadDuration(ArgumentResult result, string name, bool mayBeZero = false)
    {
        string text = Text(result);
        if (DurationText.TryParse(text, out TimeSpan duration) && (mayBeZero || duration > TimeSpan.Zero))
        {
            return duration;
        }

        string least = mayBeZero ? "or 0s" : "greater than zero";
        result.AddError($"{name} needs {DurationText.Expected}, {least}; got '{text}'.");
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

    /// <summary>A whole number in a range; null when it is not given.</summary>
    public static Option<long?> Number(string name, string description, long minimum, long maximum = long.MaxValue) =>
        new(name)
        {
            Description = description,
            HelpName = "N",
            CustomParser = result =>
            {
                string text = Text(result);
                if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    && number >= minimum && number <= maximum)
                {
                    return number;
                }

                string range = maximum == long.MaxValue ? $"{minimum} or more" : $"{minimum} to {maximum}";
                result.AddError($"{name} needs a whole number, {range}; got '{text}'.");
                return null;
            },
        };

    /// <summary>One of some words; null when it is not given.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct
    {
        string[] words = [.. choices.Select(choice => choice.Word)];
        var option = new Option<T?>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            CustomParser = result =>
            {
                string text = Text(result);
                int index = Array.IndexOf(words, text);
                if (index >= 0)
                {
                    return choices[index].Value;
                }

                result.AddError($"{name} must be one of {string.Join(", ", words)}; got '{text}'.");
                return null;
            },
        };
        // Without those of the parser, which are the names in the code.
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
        return option;
    }

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
