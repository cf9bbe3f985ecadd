using System.CommandLine;

namespace Nexo.Cli.Terminal;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public const string DefaultUrl = "nexo://localhost:7654";

    /// <summary>Options that mean nothing to a command that talks to no server.</summary>
    public static readonly string[] ForServers =
        ["--url", "--user", "--token", "--namespace", "--tls-ca", "--tls-cert", "--tls-key", "--timeout", "--escape"];

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    public Option<string?> Url { get; } = Recursive<string?>(
        "--url", "URL", $"Where the server is: nexo://HOST:PORT, nexos:// with TLS, or nexo+unix:///PATH [NEXO_URL, else {DefaultUrl}]");

    public Option<string?> User { get; } = Recursive<string?>(
        "--user", "NAME", "Sign in as this user [NEXO_USER]; the password comes from NEXO_PASSWORD");

    public Option<string?> Token { get; } = Recursive<string?>(
        "--token", "TOKEN", "Sign in with a token [NEXO_TOKEN]; others can see arguments, but not variables");

    public Option<string?> Namespace { get; } = Recursive<string?>(
        "--namespace", "NAME", "Be in this namespace of the server [NEXO_NAMESPACE, else the one that it has for the user]");

    public Option<string?> TlsCa { get; } = Recursive<string?>(
        "--tls-ca", "FILE", "Connect with TLS, and trust the authorities in this PEM file [NEXO_TLS_CA, else those of the system]");

    public Option<string?> TlsCertificate { get; } = Recursive<string?>(
        "--tls-cert", "FILE", "Connect with TLS, and show this certificate [NEXO_TLS_CERT]");

    public Option<string?> TlsKey { get; } = Recursive<string?>(
        "--tls-key", "FILE", "The key of that certificate [NEXO_TLS_KEY]");

    public Option<TimeSpan?> Timeout { get; }

    public Option<bool> Json { get; } =
        Recursive<bool>("--json", null, "Write JSON: one object, or one a line; errors too");

    public Option<bool> Escape { get; } = Recursive<bool>(
        "--escape", null, @"Read and write keys, fields and values with escapes: \\ \n \r \t \xNN");

    public Option<bool> NoColor { get; } = Recursive<bool>("--no-color", null, "Write without colour [NO_COLOR]");

    public Option<bool> Quiet { get; } =
        Recursive<bool>("--quiet", null, "No progress and no remarks, only results", "-q");

    public GlobalOptions()
    {
        Timeout = Parsers.Duration(
            "--timeout", $"How long to wait for an answer [{DurationText.Format(DefaultTimeout)}]");
        Timeout.Recursive = true;
    }

    public IReadOnlyList<Option> All =>
        [Url, User, Token, Namespace, TlsCa, TlsCertificate, TlsKey, Timeout, Json, Escape, NoColor, Quiet];

    private static Option<T> Recursive<T>(string name, string? helpName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName, Recursive = true };
}
