using System.Globalization;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The parts of <see cref="NexoClientOptions.Url"/>.</summary>
internal sealed record NexoUrl
{
    private const string TcpScheme = "nexo";
    private const string TlsScheme = "nexos";
    private const string UnixScheme = "nexo+unix";
    private const string Expected =
        "Expected nexo://[user:password@]host[:port][?token=…&namespace=…], "
        + "nexos://host[:port][?ca=FILE&cert=FILE&key=FILE&server-name=…] "
        + "or nexo+unix:///path/to.sock[?token=…].";

    private static readonly string[] TlsParameters = ["ca", "cert", "key", "server-name"];

    /// <summary>Null for a unix socket.</summary>
    public string? Host { get; private init; }

    public int Port { get; private init; }

    public string? SocketPath { get; private init; }

    public string? User { get; private init; }

    public string? Password { get; private init; }

    public string? Token { get; private init; }

    public string? Namespace { get; private init; }

    /// <summary>TLS as the URL has it; null: it is <c>nexo://</c>, or a unix socket.</summary>
    public NexoTlsOptions? Tls { get; private init; }

    /// <summary>What may be shown and logged: no credentials.</summary>
    public string Address => Host is null
        ? $"{UnixScheme}://{SocketPath}"
        : string.Create(CultureInfo.InvariantCulture, $"{(Tls is null ? TcpScheme : TlsScheme)}://{Host}:{Port}");

    /// <exception cref="ArgumentException">It is not such a URL. The message holds none of it: it may hold a
    /// password.</exception>
    public static NexoUrl Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not (TcpScheme or TlsScheme or UnixScheme))
        {
            throw new ArgumentException($"Not a Nexo URL. {Expected}", nameof(text));
        }

        bool unix = uri.Scheme == UnixScheme;
        bool complete = unix ? uri.Host.Length == 0 && uri.AbsolutePath.Length > 1 : uri.Host.Length > 0;
        if (!complete || (!unix && uri.AbsolutePath.Length > 1) || uri.Fragment.Length > 0)
        {
            throw new ArgumentException($"Not a complete Nexo URL. {Expected}", nameof(text));
        }

        Dictionary<string, string> parameters = ReadParameters(uri.Query, uri.Scheme == TlsScheme);
        string[] user = uri.UserInfo.Split(':', 2);
        return new NexoUrl
        {
            Host = unix ? null : uri.DnsSafeHost,
            Port = uri.Port < 0 ? ProtocolVersion.DefaultPort : uri.Port,
            SocketPath = unix ? Uri.UnescapeDataString(uri.AbsolutePath) : null,
            User = user[0].Length == 0 ? null : Uri.UnescapeDataString(user[0]),
            Password = user.Length < 2 ? null : Uri.UnescapeDataString(user[1]),
            Token = parameters.GetValueOrDefault("token"),
            Namespace = parameters.GetValueOrDefault("namespace"),
            Tls = uri.Scheme != TlsScheme ? null : new NexoTlsOptions
            {
                CaFile = parameters.GetValueOrDefault("ca"),
                CertificateFile = parameters.GetValueOrDefault("cert"),
                KeyFile = parameters.GetValueOrDefault("key"),
                ServerName = parameters.GetValueOrDefault("server-name"),
            },
        };
    }

    /// <summary>The same with <paramref name="tls"/>, whose parts have precedence over its own; a unix socket has none.</summary>
    public NexoUrl With(NexoTlsOptions? tls) => tls is null || Host is null ? this : this with
    {
        Tls = tls with
        {
            CaFile = tls.CaFile ?? Tls?.CaFile,
            CertificateFile = tls.CertificateFile ?? Tls?.CertificateFile,
            KeyFile = tls.KeyFile ?? Tls?.KeyFile,
            ServerName = tls.ServerName ?? Tls?.ServerName,
        },
    };

    public override string ToString() => Address;

    private static Dictionary<string, string> ReadParameters(string query, bool isTls)
    {
        Dictionary<string, string> read = [];
        foreach (string part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = part.Split('=', 2);
            bool isKnown = pair[0] is "token" or "namespace" || (isTls && TlsParameters.Contains(pair[0]));
            if (!isKnown || pair.Length < 2 || !read.TryAdd(pair[0], Uri.UnescapeDataString(pair[1])))
            {
                throw new ArgumentException($"A Nexo URL has no parameter '{pair[0]}', or has it twice. {Expected}");
            }
        }

        return read;
    }
}
