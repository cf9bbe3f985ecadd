using System.CommandLine;
using System.CommandLine.Parsing;

namespace Nexo.Cli.Terminal;

/// <summary>Finds what is wrong with a command line, and the words that were probably meant.</summary>
internal static class UsageCheck
{
    private const int DistanceMax = 2;
    private const int BeginningMin = 3;

    /// <summary>Null when the line can be run.</summary>
    public static CliFailure? Find(ParseResult parsed, GlobalOptions globals)
    {
        Command command = parsed.CommandResult.Command;
        string help = $"see: {HelpFacts.Path(command)} --help";

        // Before the parser's errors: a mistyped option often takes an argument's place and makes others wrong.
        if (MistypedOption(parsed) is { } option)
        {
            string meant = Closest(option, [.. OptionNames(command)]) is { } near ? $"Did you mean {near}? " : "";
            return CliFailure.Usage(
                $"There is no option {option} here.", $"{meant}To pass it as a value, put -- before it.\n{help}");
        }

        if (parsed.Errors.Count == 0)
        {
            return BytesArguments.Check(parsed, globals);
        }

        if (parsed.UnmatchedTokens.Count > 0 && command.Subcommands.Count > 0)
        {
            string word = parsed.UnmatchedTokens[0];
            string? near = Closest(
                word, [.. command.Subcommands.SelectMany(child => child.Aliases.Prepend(child.Name))]);
            return CliFailure.Usage(
                $"'{HelpFacts.Path(command)}' has no command '{word}'.",
                near is null ? help : $"Did you mean '{near}'?\n{help}");
        }

        return CliFailure.Usage(parsed.Errors[0].Message, help);
    }

    /// <summary>A candidate that the word begins; else the nearest one, at most two edits away.</summary>
    public static string? Closest(string word, IReadOnlyCollection<string> candidates) =>
        candidates.FirstOrDefault(candidate =>
            word.Length >= BeginningMin && candidate.StartsWith(word, StringComparison.Ordinal))
        ?? candidates
            .Select(candidate => (Name: candidate, Distance: Distance(word, candidate)))
            .Where(candidate => candidate.Distance <= DistanceMax && candidate.Distance < candidate.Name.Length)
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();

    // An argument that begins with -- and stands before the separator -- was meant as an option.
    private static string? MistypedOption(ParseResult parsed)
    {
        IEnumerable<string> arguments = parsed.CommandResult.Children
            .OfType<ArgumentResult>()
            .SelectMany(result => result.Tokens)
            .Where(token => !IsAfterSeparator(parsed, token))
            .Select(token => token.Value);
        return arguments
            .Concat(parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) ? [] : parsed.UnmatchedTokens)
            .FirstOrDefault(text => text.Length > 2 && text.StartsWith("--", StringComparison.Ordinal));
    }

    private static bool IsAfterSeparator(ParseResult parsed, Token token) =>
        parsed.Tokens
            .SkipWhile(other => other.Type != TokenType.DoubleDash)
            .Any(other => ReferenceEquals(other, token));

    private static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Select(option => option.Name)
            .Concat(command.Parents.OfType<Command>().SelectMany(OptionNames));

    // Edits: insert, delete, replace, and swap of two neighbours (optimal string alignment).
    private static int Distance(string from, string to)
    {
        int[][] edits = new int[from.Length + 1][];
        for (int i = 0; i <= from.Length; i++)
        {
            edits[i] = new int[to.Length + 1];
            for (int j = 0; j <= to.Length; j++)
            {
                edits[i][j] = i == 0 || j == 0 ? i + j : Cheapest(edits, from, to, i, j);
            }
        }

        return edits[from.Length][to.Length];
    }

    private static int Cheapest(int[][] edits, string from, string to, int i, int j)
    {
        int replace = edits[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
        int best = Math.Min(replace, Math.Min(edits[i - 1][j], edits[i][j - 1]) + 1);
        bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
        return swapped ? Math.Min(best, edits[i - 2][j - 2] + 1) : best;
    }
}
