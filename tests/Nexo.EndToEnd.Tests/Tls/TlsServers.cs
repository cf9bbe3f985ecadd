using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Client;
using Nexo.Server;
using Nexo.Server.Tls;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>Servers with TLS on every port, and clients of them.</summary>
internal static class TlsServers
{
    public static Task<TestServer> StartAsync(
        TestCertificates certificates, Func<NexoServerOptions, NexoServerOptions>? change = null) =>
        TestServer.StartAsync(options =>
        {
            options = options with
            {
                Network = options.Network with { HttpPort = NetworkOptions.PortAny },
                Resp = options.Resp with { Port = NetworkOptions.PortAny },
                Mqtt = options.Mqtt with { Port = NetworkOptions.PortAny, WebSocket = true },
                Tls = certificates.Options,
            };
            return change?.Invoke(options) ?? options;
        });

    public static Handshakes Handshakes(this TestServer server) => server.Services.GetRequiredService<Handshakes>();

    public static ValueTask<NexoClient> ConnectAsync(
        this TestServer server, TestCertificates certificates, Func<NexoClientOptions, NexoClientOptions>? change = null)
    {
        var options = new NexoClientOptions
        {
            Url = $"nexos://localhost:{server.Port}?ca={certificates.CaFile}",
            ConnectTimeout = TimeSpan.FromSeconds(20),
            RequestTimeout = TimeSpan.FromSeconds(20),
        };
        return NexoClient.ConnectAsync(change?.Invoke(options) ?? options);
    }

    /// <summary>TLS to a port by hand, with any certificate of the server.</summary>
    public static async Task<SslStream> ShakeHandsAsync(
        int port, SslProtocols protocols = SslProtocols.None, Func<Stream, Stream>? over = null, X509Certificate2? own = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port);
        Stream network = new NetworkStream(socket, ownsSocket: true);
        var tls = new SslStream(over?.Invoke(network) ?? network, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = protocols,
                ClientCertificateContext = own is null ? null : SslStreamCertificateContext.Create(own, null, offline: true),
#pragma warning disable CA5359 // Who the server is, is not what these look at.
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            });
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a line of RESP and reads as long as the answer may be.</summary>
    public static async Task<string> CallAsync(this Stream stream, string line, int bytes)
    {
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line + "\r\n"));
        byte[] answer = new byte[bytes];
        int count = await stream.ReadAtLeastAsync(answer, bytes, throwOnEndOfStream: false);
        return System.Text.Encoding.ASCII.GetString(answer, 0, count);
    }
}
