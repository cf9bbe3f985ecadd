using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.Protocol;
using Nexo.Server;
using StackExchange.Redis;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>TLS on every port, as the clients that people have speak it.</summary>
public sealed class TlsPortTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task The_SDK_stores_large_values_pipelines_and_hears_what_is_pushed()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using NexoClient client = await server.ConnectAsync(_certificates);
        byte[] large = new byte[3_000_000];
        new Random(7).NextBytes(large);

        await client.Store.SetBytesAsync("large", large);
        Task[] many = [.. Enumerable.Range(0, 5_000).Select(i => client.Store.SetBytesAsync($"k{i}", new byte[] { (byte)i }).AsTask())];
        await Task.WhenAll(many);

        Assert.Equal(large, (await client.Store.GetBytesAsync("large"))!.Value.Value.ToArray());
        Assert.Equal(5_001, await client.Store.CountAsync());
        Assert.Equal(new byte[] { 7 }, (await client.Store.GetBytesAsync("k7"))!.Value.Value.ToArray());
        Assert.StartsWith("nexos://", server.Url, StringComparison.Ordinal);
    }

#pragma warning disable CA5398 // Which versions are spoken is what is tested.
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_versions_are_spoken_and_the_end_is_said(SslProtocols version)
    {
        _certificates.IssueServer(isRsa: version == SslProtocols.Tls12);
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using SslStream stream = await TlsServers.ShakeHandsAsync(server.RespPort, version);

        Assert.Equal(version, stream.SslProtocol);
        Assert.Equal("+PONG\r\n", await stream.CallAsync("PING", 7));
        Assert.Equal("+OK\r\n", await stream.CallAsync("QUIT", 7));
    }
#pragma warning restore CA5398

    [Fact]
    public async Task A_handshake_may_come_byte_by_byte()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using SslStream stream = await TlsServers.ShakeHandsAsync(server.RespPort, over: inner => new CrumblingStream(inner));

        Assert.Equal("+PONG\r\n", await stream.CallAsync("PING", 7));
        Assert.Equal(1, server.Handshakes().Succeeded);
        Assert.Equal(0, server.Handshakes().Pending);
    }

    [Fact]
    public async Task StackExchange_Redis_reads_writes_and_subscribes()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        ConfigurationOptions options = ConfigurationOptions.Parse($"127.0.0.1:{server.RespPort},ssl=true,sslHost=localhost");
        options.TrustIssuer(_certificates.CaFile);
        options.ConnectTimeout = 20_000;
        await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(options);
        IDatabase database = redis.GetDatabase();

        Task<long>[] pipeline = [.. Enumerable.Range(0, 2_000).Select(_ => database.StringIncrementAsync("n"))];
        Assert.Equal(Enumerable.Range(1, 2_000).Select(i => (long)i), await Task.WhenAll(pipeline));
        string large = new('x', 1_000_000);
        await database.StringSetAsync("large", large);
        Assert.Equal(large, await database.StringGetAsync("large"));
        ChannelMessageQueue news = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("news"));
        await redis.GetSubscriber().PublishAsync(RedisChannel.Literal("news"), "one");
        Assert.Equal("one", (await news.ReadAsync()).Message);
        Assert.StartsWith("rediss://", server.RespUrl, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MQTTnet_publishes_and_receives_over_TCP_and_WebSocket(bool webSocket)
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using MqttUser user = await MqttUser.ConnectAsync(
            options => (webSocket
                ? options.WithWebSocketServer(to => to.WithUri($"wss://localhost:{new Uri(server.HttpUrl!).Port}/mqtt"))
                : options.WithTcpServer("localhost", server.MqttPort))
                .WithTlsOptions(tls => tls.UseTls().WithTargetHost("localhost").WithCertificateValidationHandler(IsOurs)),
            MqttProtocolVersion.V500);

        await user.SubscribeAsync("a/#", 2);
        for (int qos = 0; qos <= 2; qos++)
        {
            await user.PublishAsync($"a/{qos}", new string('x', 100_000), qos);
            MqttApplicationMessage message = await user.ReceiveAsync();
            Assert.Equal((100_000, $"a/{qos}"), ((int)message.Payload.Length, message.Topic));
        }
    }

    [Fact]
    public async Task HTTP_is_HTTPS()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, chain, _) => IsOurs(certificate!, chain!),
        };
        using var http = new HttpClient(handler) { BaseAddress = new Uri(server.HttpUrl!.Replace("127.0.0.1", "localhost")) };

        Assert.Equal("alive\n", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
        string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("nexo_tls_handshakes_total 1", metrics, StringComparison.Ordinal);
        Assert.Contains("nexo_tls_certificate_expiry_seconds", metrics, StringComparison.Ordinal);
        using var plain = new HttpClient();
        using HttpResponseMessage refused = await plain.GetAsync(new Uri($"http://{new Uri(server.HttpUrl!).Authority}/healthz"));
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("https://", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_comes_without_TLS_is_told_so_in_the_words_of_the_port()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        NexoException failure = await Assert.ThrowsAsync<NexoException>(
            async () => await NexoClient.ConnectAsync($"nexo://127.0.0.1:{server.Port}"));
        Assert.Equal((ErrorCode.TlsRequired, false), (failure.Code, failure.Retryable));
        Assert.Contains("nexos://", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-ERR this server is reached with TLS only", await SayAsync(server.RespPort, "PING\r\n"), StringComparison.Ordinal);
        Assert.Equal(string.Empty, await SayAsync(server.MqttPort, "\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0"));
    }

    [Fact]
    public async Task With_allow_one_port_serves_both()
    {
        await using TestServer server = await TlsServers.StartAsync(
            _certificates, options => options with { Tls = options.Tls with { Mode = TlsMode.Allow } });
        await using NexoClient secret = await server.ConnectAsync(_certificates);
        await using NexoClient open = await NexoClient.ConnectAsync($"nexo://127.0.0.1:{server.Port}");

        await secret.Store.SetBytesAsync("k", "v"u8.ToArray());
        Assert.Equal("v"u8.ToArray(), (await open.Store.GetBytesAsync("k"))!.Value.Value.ToArray());
        Assert.Equal("+PONG\r\n", await SayAsync(server.RespPort, "PING\r\nQUIT\r\n", 7));
        Assert.StartsWith("nexo://", server.Url, StringComparison.Ordinal);
        Assert.Equal(0, server.Handshakes().Pending);
    }

    [Fact]
    public async Task A_unix_socket_stays_without()
    {
        string path = _certificates.PathOf("nexo.sock");
        await using TestServer server = await TlsServers.StartAsync(
            _certificates, options => options with { Network = options.Network with { UnixSocket = path } });
        await using NexoClient client = await NexoClient.ConnectAsync($"nexo+unix://{path}");

        await client.Store.SetBytesAsync("k", new byte[] { 1 });
    }

    [Fact]
    public async Task A_stop_lets_what_is_under_way_end_and_says_so()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using SslStream stream = await TlsServers.ShakeHandsAsync(server.RespPort);
#pragma warning disable CA2025 // It is awaited below.
        Task<string> waiting = stream.CallAsync("BLPOP nothing 0", 5);
#pragma warning restore CA2025
        await Poll.UntilAsync(() => server.Native.Clients.Totals.Read().Requests >= 1);

        await server.StopAsync();

        Assert.Equal("*-1\r\n", await waiting);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_and_holds_up_nobody()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates, options => options with
        {
            Connections = options.Connections with { SendStallMs = 500, ReplyBytesMax = 256 * 1_024 },
        });
        await using NexoClient other = await server.ConnectAsync(_certificates);
        await other.Store.SetBytesAsync("large", new byte[1_000_000]);
        await using SslStream stream = await TlsServers.ShakeHandsAsync(server.RespPort);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET large\r\n", 100))));

        await Poll.UntilAsync(() => server.Native.Clients.Totals.Cut == 1);
        await other.Store.SetBytesAsync("k", new byte[] { 1 });
        await Poll.UntilAsync(() => server.Native.Clients.Count == 1);
    }

    private bool IsOurs(MqttClientCertificateValidationEventArgs validation) => IsOurs(validation.Certificate, validation.Chain);

    private bool IsOurs(X509Certificate certificate, X509Chain chain)
    {
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(_certificates.CaFile);
        return chain.Build((X509Certificate2)certificate);
    }

    private static async Task<string> SayAsync(int port, string first, int bytes = int.MaxValue)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port);
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
        await socket.SendAsync(Encoding.Latin1.GetBytes(first));
        socket.Shutdown(SocketShutdown.Send);
        string all = await reader.ReadToEndAsync();
        return all[..Math.Min(all.Length, bytes)];
    }

    /// <summary>Sends one byte at a time.</summary>
    private sealed class CrumblingStream(Stream inner) : DelegatingStream(inner)
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (int i = 0; i < buffer.Length; i++)
            {
                await Inner.WriteAsync(buffer.Slice(i, 1), cancellationToken);
                await Task.Yield();
            }
        }
    }
}
