using System.CommandLine;
using System.Text;

namespace Nexo.Cli.Terminal;

/// <summary>
/// Arguments that are bytes: keys, fields and values. The framework decodes arguments as UTF-8 and loses other bytes,
/// so those are written as <c>\xNN</c> with <c>--escape</c>.
/// </summary>
internal static class BytesArguments
{
    private const char Lost = '\uFFFD';

    public static bool UseEscapes(ParseResult parsed) =>
        parsed.GetValue(CliInvocation.Of(parsed).Globals.Escape);

    /// <summary>Storing under a key that differs from what was typed would be worse than refusing.</summary>
    public static CliFailure? Check(ParseResult parsed, GlobalOptions globals) =>
        !parsed.GetValue(globals.Escape) && parsed.Tokens.Any(token => token.Value.Contains(Lost))
            ? CliFailure.Usage("An argument holds bytes that are not UTF-8.", @"use --escape and write them as \xNN")
            : null;

    public static byte[] Decode(ParseResult parsed, string text, string what)
    {
        if (UseEscapes(parsed))
        {
            return EscapedText.TryUnescape(text, out byte[] bytes)
                ? bytes
                : throw CliFailure.Usage(
                    $"The {what} '{text}' has a backslash that begins no escape.", @"escapes are \\ \n \r \t \xNN");
        }

        return Encoding.UTF8.GetBytes(text);
    }
}
