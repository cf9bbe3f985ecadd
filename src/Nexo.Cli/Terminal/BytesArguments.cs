using System.CommandLine;
using System.Text;

namespace Nexo.Cli.Terminal;

/// <summary>
/// Arguments that are bytes: keys, fields and values. The framework decodes arguments as UTF-8 and loses other bytes, so
/// those are written as <c>\xNN</c> with <c>--escape</c>.
/// </summary>
internal static class BytesArguments
{
    public const string EscapeName = "--escape";
    private const char Lost = '\uFFFD';

    public static Option<bool> Escape() => new(EscapeName)
    {
        Description = @"Read and write keys, fields and values with escapes: \\ \n \r \t \xNN",
        Recursive = true,
    };

    public static bool UseEscapes(ParseResult parsed) =>
        parsed.GetResult(EscapeName) is System.CommandLine.Parsing.OptionResult option && option.GetValueOrDefault<bool>();

    public static byte[] Decode(ParseResult parsed, string text, string what)
    {
        if (UseEscapes(parsed))
        {
            return EscapedText.TryUnescape(text, out byte[] bytes)
                ? bytes
                : throw CliFailure.Usage(
                    $"The {what} '{text}' has a backslash that begins no escape.", @"escapes are \\ \n \r \t \xNN");
        }

        // Storing under a key that differs from what was typed would be worse than refusing.
        return text.Contains(Lost)
            ? throw CliFailure.Usage(
                $"The {what} holds bytes that are not UTF-8.", @"use --escape and write them as \xNN")
            : Encoding.UTF8.GetBytes(text);
    }
}
