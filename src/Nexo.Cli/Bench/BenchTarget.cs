using System.Net;
using System.Net.Sockets;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>Where the server is and who we say that we are, from a URL and the settings beside it.</summary>
internal sealed record BenchTarget
{
    private const string TcpScheme = "nexo";
    private const string TlsScheme = "nexos";
    private const string UnixScheme = "nexo+unix";

    // What is not ours: the scheme, the one with TLS, their ports unless the URL has one, and what is spoken there.
    private static readonly (string Scheme, string Tls, int Port, int TlsPort, Func<BenchProtocol> Protocol)[] Others =
    [
        ("redis", "rediss", 6_379, 6_379, () => new RespProtocol()),
        ("nats", "", 4_222, 4_222, () => new NatsProtocol()),
        ("mqtt", "mqtts", 1_883, 8_883, () => new MqttProtocol()),
    ];

    /// <summary>The addresses to try, in order; IPv4 first, because servers listen on 127.0.0.1 by default.</summary>
    public required IReadOnlyList<EndPoint> EndPoints { get; init; }

    public required HelloRequest Hello { get; init; }

    /// <summary>The URL without its secrets.</summary>
    public required string Name { get; init; }

    /// <summary>The scheme of the URL: what the server is expected to speak.</summary>
    public required string Scheme { get; init; }

    /// <summary>TLS; null: without.</summary>
    public BenchTls? Tls { get; init; }

    public bool IsNexo => Scheme is TcpScheme or UnixScheme;

    public BenchProtocol Protocol => IsNexo ? new NexoProtocol() : OtherOf(Scheme)!.Value.Protocol();

    public static BenchTarget Parse(CliSettings settings)
    {
        if (!Uri.TryCreate(settings.Url, UriKind.Absolute, out Uri? url)
            || (url.Scheme is not (TcpScheme or TlsScheme or UnixScheme) && OtherOf(url.Scheme) is null)
            || (url.Scheme != UnixScheme && url.Host.Length == 0))
        {
            throw CliFailure.Usage(
                "The URL of the server cannot be read.",
                "it looks like nexo://HOST:PORT, nexos:// with TLS, nexo+unix:///PATH, or redis://HOST:PORT for RESP");
        }

        string[] identity = url.UserInfo.Split(':', 2);
        string? token = ParameterOf(url, "token");
        bool isTls = url.Scheme == TlsScheme || OtherOf(url.Scheme)?.Tls == url.Scheme
            || (settings.Tls is not null && url.Scheme != UnixScheme);
        return new BenchTarget
        {
            EndPoints = EndPointsOf(url),
            Name = url.Scheme == UnixScheme
                ? $"{UnixScheme}://{url.AbsolutePath}"
                : $"{url.Scheme}://{url.Host}:{PortOf(url)}",
            Scheme = url.Scheme == TlsScheme ? TcpScheme : OtherOf(url.Scheme)?.Scheme ?? url.Scheme,
            Tls = !isTls ? null : new BenchTls(
                ParameterOf(url, "server-name") ?? url.IdnHost,
                settings.Tls?.CaFile ?? ParameterOf(url, "ca"),
                settings.Tls?.CertificateFile ?? ParameterOf(url, "cert"),
                settings.Tls?.KeyFile ?? ParameterOf(url, "key")),
            Hello = new HelloRequest
            {
                ClientName = "nexo bench",
                User = settings.User ?? Decoded(identity[0]),
                Password = settings.Password ?? (identity.Length > 1 ? Decoded(identity[1]) : null),
                Token = settings.Token ?? token,
                Namespace = settings.Namespace ?? ParameterOf(url, "namespace"),
            },
        };
    }

    private static string? ParameterOf(Uri url, string name) => url.Query.TrimStart('?').Split('&')
        .Where(part => part.StartsWith($"{name}=", StringComparison.Ordinal))
        .Select(part => Decoded(part[(name.Length + 1)..]))
        .FirstOrDefault();

    private static string? Decoded(string text) => text.Length == 0 ? null : Uri.UnescapeDataString(text);

    private static int PortOf(Uri url) => url.Port > 0 ? url.Port
        : OtherOf(url.Scheme) is { } other ? (url.Scheme == other.Tls ? other.TlsPort : other.Port)
        : ProtocolVersion.DefaultPort;

    private static (string Scheme, string Tls, int Port, int TlsPort, Func<BenchProtocol> Protocol)? OtherOf(string scheme)
    {
        int index = Array.FindIndex(Others, other => other.Scheme == scheme || other.Tls == scheme);
        return index < 0 ? null : Others[index];
    }

    private static EndPoint[] EndPointsOf(Uri url)
    {
        if (url.Scheme == UnixScheme)
        {
            return [new UnixDomainSocketEndPoint(Uri.UnescapeDataString(url.AbsolutePath))];
        }

        try
        {
            return [.. Dns.GetHostAddresses(url.IdnHost)
                .OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
                .Select(address => new IPEndPoint(address, PortOf(url)))];
        }
        catch (SocketException failure)
        {
            throw new CliFailure(
                ExitCode.CannotConnect, "unknown_host", $"'{url.Host}' cannot be resolved.", failure.Message, failure);
        }
    }
}
