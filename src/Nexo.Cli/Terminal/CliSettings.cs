using System.CommandLine;
using Nexo.Client;

namespace Nexo.Cli.Terminal;

/// <summary>The global options as they turned out, after the environment had its say.</summary>
internal sealed record CliSettings
{
    public required string Url { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public string? Token { get; init; }

    /// <summary>The namespace to be in; null: the URL says it, or nothing does.</summary>
    public string? Namespace { get; init; }

    /// <summary>What was said of TLS beside the URL; null: nothing.</summary>
    public NexoTlsOptions? Tls { get; init; }

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
            Namespace = parsed.GetValue(globals.Namespace)
                ?? (console.Variable("NEXO_NAMESPACE") is { Length: > 0 } space ? space : null),
            Tls = TlsOf(parsed, globals, console),
            Timeout = TimeoutOf(parsed, globals),
            Json = parsed.GetValue(globals.Json),
            Color = !plain,
            Quiet = parsed.GetValue(globals.Quiet),
        };
    }

    private static NexoTlsOptions? TlsOf(ParseResult parsed, GlobalOptions globals, CliConsole console)
    {
        var tls = new NexoTlsOptions
        {
            CaFile = parsed.GetValue(globals.TlsCa) ?? console.Variable("NEXO_TLS_CA"),
            CertificateFile = parsed.GetValue(globals.TlsCertificate) ?? console.Variable("NEXO_TLS_CERT"),
            KeyFile = parsed.GetValue(globals.TlsKey) ?? console.Variable("NEXO_TLS_KEY"),
        };
        return tls == new NexoTlsOptions() ? null : tls;
    }

    // Reading an option whose text was not understood throws; its error is reported elsewhere.
    private static TimeSpan? TimeoutOf(ParseResult parsed, GlobalOptions globals) =>
        parsed.Errors.Count == 0 ? parsed.GetValue(globals.Timeout) : null;
}
