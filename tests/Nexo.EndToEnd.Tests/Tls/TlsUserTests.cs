using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Formatter;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Connections;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>Whoever shows a certificate with the name of a user is that user, whatever it speaks.</summary>
public sealed class TlsUserTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Native_Redis_and_MQTT_take_a_certificate_in_place_of_a_password()
    {
        await using TestServer server = await StartAsync();
        _certificates.IssueClient("ada", "O=Acme, CN=somebody", "ada").Dispose();
        using var own = X509Certificate2.CreateFromPemFile(_certificates.PathOf("ada.pem"), _certificates.PathOf("ada.key"));

        await using NexoClient native = await server.ConnectAsync(
            _certificates, options => options with { Tls = new NexoTlsOptions { Certificate = own } });
        await using SslStream resp = await TlsServers.ShakeHandsAsync(server.RespPort, own: own);
        await using MqttUser mqtt = await MqttUser.ConnectAsync(
            options => options.WithTcpServer("localhost", server.MqttPort).WithTlsOptions(tls => tls
                .UseTls()
                .WithTargetHost("localhost")
                .WithCertificateValidationHandler(static _ => true)
                .WithClientCertificates(new X509Certificate2Collection(own))),
            MqttProtocolVersion.V311);

        await native.Store.SetBytesAsync("k", new byte[] { 1 });
        Assert.Equal("$1\r\n\u0001\r\n", await resp.CallAsync("GET k", 7));
        Assert.All(server.Native.Clients.All, connection => Assert.Equal("ada", connection.User));
        Assert.Equal(3, server.Native.Clients.Count);
    }

    [Theory]
    [InlineData("/v1/info", "\"user\":\"ada\"")]
    [InlineData("/metrics", "nexo_uptime")]
    public async Task HTTP_takes_one_too(string path, string expected)
    {
        await using TestServer server = await StartAsync();
        _certificates.IssueClient("ada").Dispose();
        using var own = X509Certificate2.CreateFromPemFile(_certificates.PathOf("ada.pem"), _certificates.PathOf("ada.key"));
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        using (var stranger = new HttpClient(handler, disposeHandler: false))
        {
            using HttpResponseMessage refused = await stranger.GetAsync(new Uri(server.HttpUrl + path), TestContext.Current.CancellationToken);
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        using var withOwn = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        withOwn.ClientCertificates.Add(own);
        using var ada = new HttpClient(withOwn);
        string answer = await ada.GetStringAsync(new Uri(server.HttpUrl + path), TestContext.Current.CancellationToken);
        Assert.Contains(expected, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_other_sites_cannot_use_it_for_MQTT()
    {
        await using TestServer server = await StartAsync(options => options with { Mqtt = options.Mqtt with { WebSocket = true } });
        _certificates.IssueClient("ada").Dispose();
        using var own = X509Certificate2.CreateFromPemFile(_certificates.PathOf("ada.pem"), _certificates.PathOf("ada.key"));
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        handler.ClientCertificates.Add(own);
        using var page = new HttpClient(handler);
        page.DefaultRequestHeaders.Add("Origin", "https://evil.example");
        using HttpResponseMessage refused = await page.GetAsync(new Uri($"{server.HttpUrl}/mqtt"), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_certificate_leads_to_the_namespace_of_its_user()
    {
        await using TestServer server = await StartAsync(options => options with
        {
            Namespaces = ["shop"],
            Security = options.Security with { Namespaces = [new UserNamespace("ada", "shop")] },
        });
        _certificates.IssueClient("ada").Dispose();
        using var own = X509Certificate2.CreateFromPemFile(_certificates.PathOf("ada.pem"), _certificates.PathOf("ada.key"));
        await using NexoClient native = await server.ConnectAsync(
            _certificates, options => options with { Tls = new NexoTlsOptions { Certificate = own } });
        await using SslStream resp = await TlsServers.ShakeHandsAsync(server.RespPort, own: own);

        await native.Store.SetBytesAsync("k", new byte[] { 1 });
        Assert.Equal("$1\r\n\u0001\r\n", await resp.CallAsync("GET k", 7));
        Assert.All(server.Native.Clients.All, connection => Assert.Equal("shop", connection.Broker.Name));
        Assert.Equal(0, server.Native.Store.Stats.Entries);
    }

    [Theory]
    [InlineData("bob")]
    [InlineData(null)]
    public async Task A_certificate_of_nobody_and_none_at_all_log_nobody_in(string? name)
    {
        await using TestServer server = await StartAsync();
        NexoTlsOptions? tls = null;
        if (name is not null)
        {
            _certificates.IssueClient(name).Dispose();
            tls = new NexoTlsOptions { CertificateFile = _certificates.PathOf($"{name}.pem"), KeyFile = _certificates.PathOf($"{name}.key") };
        }

        NexoException refused = await Assert.ThrowsAsync<NexoException>(
            async () => await server.ConnectAsync(_certificates, options => options with { Tls = tls }));
        Assert.Equal(ErrorCode.AuthenticationRequired, refused.Code);
        await using SslStream resp = await TlsServers.ShakeHandsAsync(server.RespPort);
        Assert.StartsWith("-NOAUTH", await resp.CallAsync("GET k", 7), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_come_before_a_certificate()
    {
        await using TestServer server = await StartAsync();
        _certificates.IssueClient("ada").Dispose();
        await using NexoClient eve = await server.ConnectAsync(_certificates, options => options with
        {
            User = "eve",
            Password = "secret",
            Tls = new NexoTlsOptions { CertificateFile = _certificates.PathOf("ada.pem"), KeyFile = _certificates.PathOf("ada.key") },
        });

        await eve.Store.SetBytesAsync("k", new byte[] { 1 });
        ClientConnection connection = Assert.Single(server.Native.Clients.All);
        Assert.Equal("eve", connection.User);
    }

    private Task<TestServer> StartAsync(Func<NexoServerOptions, NexoServerOptions>? change = null) =>
        TlsServers.StartAsync(_certificates, options => change is null ? WithUsers(options) : change(WithUsers(options)));

    private NexoServerOptions WithUsers(NexoServerOptions options) => options with
    {
        Tls = options.Tls with { ClientAuthorities = _certificates.CaFile, ClientCertificates = TlsClientCertificates.Ask },
        Security = options.Security with
        {
            Users =
            [
                new UserCredential("ada", PasswordHash.Of("ada's", PasswordHash.IterationsMin)),
                new UserCredential("eve", PasswordHash.Of("secret", PasswordHash.IterationsMin)),
            ],
        },
    };
}
