using System.CommandLine;

namespace Nexo.Cli.Terminal;

/// <summary>The global options as they turned out, after the environment had its say.</summary>
internal sealed record CliSettings
{
    public required string Url { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Token { get; init; }

    /// <summary>Null when it was not given: long work then takes longer than the default.</summary>
    public TimeSpan? Timeout { get; init; }

    public bool Json { get; init; }

    public bool Color { get; init; }

    public bool Quiet { get; init; }

    public static CliSettings Of(ParseResult parsed)
    {
        CliInvocation invocation = CliInvocation.Of(parsed);
        GlobalOptions globals = invocation.Globals;
        CliConsole console = invocation.Console;
        bool plain = parsed.GetValue(globals.NoColor) || console.Variable("NO_COLOR") is not null
            || console.Variable("TERM") == "dumb";
        return new CliSettings
        {
            Url = parsed.GetValue(globals.Url) ?? console.Variable("NEXO_URL") ?? GlobalOptions.DefaultUrl,
            User = parsed.GetValue(globals.User) ?? console.Variable("NEXO_USER"),
            Password = console.Variable("NEXO_PASSWORD"),
            Token = parsed.GetValue(globals.Token) ?? console.Variable("NEXO_TOKEN"),
            Timeout = TimeoutOf(parsed, globals),
            Json = parsed.GetValue(globals.Json),
            Color = !plain,
            Quiet = parsed.GetValue(globals.Quiet),
        };
    }

    // Reading an option whose text was not understood throws; its error is reported elsewhere.
    private static TimeSpan? TimeoutOf(ParseResult parsed, GlobalOptions globals) =>
        parsed.Errors.Count == 0 ? parsed.GetValue(globals.Timeout) : null;
}
