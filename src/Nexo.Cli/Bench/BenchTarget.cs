using System.Net;
using System.Net.Sockets;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>Where the server is and who we say that we are, from a URL and the settings beside it.</summary>
internal sealed record BenchTarget
{
    private const string TcpScheme = "nexo";
    private const string UnixScheme = "nexo+unix";

    // What is not ours: the scheme, the port unless the URL has one, and what is spoken there.
    private static readonly (string Scheme, int Port, Func<BenchProtocol> Protocol)[] Others =
    [
        ("redis", 6_379, () => new RespProtocol()),
        ("nats", 4_222, () => new NatsProtocol()),
        ("mqtt", 1_883, () => new MqttProtocol()),
    ];

    /// <summary>The addresses to try, in order; IPv4 first, because servers listen on 127.0.0.1 by default.</summary>
    public required IReadOnlyList<EndPoint> EndPoints { get; init; }

    public required HelloRequest Hello { get; init; }

    /// <summary>The URL without its secrets.</summary>
    public required string Name { get; init; }

    /// <summary>The scheme of the URL: what the server is expected to speak.</summary>
    public required string Scheme { get; init; }

    public bool IsNexo => Scheme is TcpScheme or UnixScheme;

    public BenchProtocol Protocol => IsNexo ? new NexoProtocol() : OtherOf(Scheme)!.Value.Protocol();

    public static BenchTarget Parse(CliSettings settings)
    {
        if (!Uri.TryCreate(settings.Url, UriKind.Absolute, out Uri? url)
            || (url.Scheme is not (TcpScheme or UnixScheme) && OtherOf(url.Scheme) is null)
            || (url.Scheme != UnixScheme && url.Host.Length == 0))
        {
            throw CliFailure.Usage(
                "The URL of the server cannot be read.",
                "it looks like nexo://HOST:PORT or nexo+unix:///PATH, or redis://HOST:PORT for a server that speaks RESP");
        }

        string[] identity = url.UserInfo.Split(':', 2);
        string? token = url.Query.StartsWith("?token=", StringComparison.Ordinal) ? url.Query["?token=".Length..] : null;
        return new BenchTarget
        {
            EndPoints = EndPointsOf(url),
            Name = url.Scheme == UnixScheme
                ? $"{UnixScheme}://{url.AbsolutePath}"
                : $"{url.Scheme}://{url.Host}:{PortOf(url)}",
            Scheme = url.Scheme,
            Hello = new HelloRequest
            {
                ClientName = "nexo bench",
                User = settings.User ?? Decoded(identity[0]),
                Password = settings.Password ?? (identity.Length > 1 ? Decoded(identity[1]) : null),
                Token = settings.Token ?? Decoded(token ?? ""),
            },
        };
    }

    private static string? Decoded(string text) => text.Length == 0 ? null : Uri.UnescapeDataString(text);

    private static int PortOf(Uri url) =>
        url.Port > 0 ? url.Port : OtherOf(url.Scheme)?.Port ?? ProtocolVersion.DefaultPort;

    private static (string Scheme, int Port, Func<BenchProtocol> Protocol)? OtherOf(string scheme)
    {
        int index = Array.FindIndex(Others, other => other.Scheme == scheme);
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
