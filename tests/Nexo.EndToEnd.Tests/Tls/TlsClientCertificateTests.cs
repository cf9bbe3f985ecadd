using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Nexo.Client;
using Nexo.Server;
using Nexo.Server.Connections;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>Mutual TLS: whom the server lets in, and what it knows of them.</summary>
public sealed class TlsClientCertificateTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Nobody_is_served_without_one_where_it_is_required()
    {
        await using TestServer server = await StartAsync(TlsClientCertificates.Require);

        await Assert.ThrowsAsync<NexoException>(async () => await server.ConnectAsync(_certificates));
        await using NexoClient ada = await ConnectAsync(server, "ada", _certificates);
        await ada.Store.SetBytesAsync("k", new byte[] { 1 });
    }

    [Fact]
    public async Task One_of_another_authority_is_not_right()
    {
        using var others = new TestCertificates();
        await using TestServer server = await StartAsync(TlsClientCertificates.Ask);

        await Assert.ThrowsAsync<NexoException>(async () => await ConnectAsync(server, "ada", others));
        await using NexoClient without = await server.ConnectAsync(_certificates);
        await without.Store.SetBytesAsync("k", new byte[] { 1 });
    }

    [Fact]
    public async Task One_that_is_for_servers_is_not_right()
    {
        await using TestServer server = await StartAsync(TlsClientCertificates.Require);

        await Assert.ThrowsAsync<NexoException>(async () => await server.ConnectAsync(_certificates, options => options with
        {
            Tls = new NexoTlsOptions { CertificateFile = _certificates.ServerFile, KeyFile = _certificates.ServerKey },
        }));
    }

    [Fact]
    public async Task Its_names_are_known_on_every_port_with_the_common_name_first()
    {
        await using TestServer server = await StartAsync(TlsClientCertificates.Require);
        using X509Certificate2 issued = _certificates.IssueClient("ada", "O=Acme, CN=ada", "ada.example", "ada2.example");
        using var own = X509Certificate2.CreateFromPemFile(_certificates.PathOf("ada.pem"), _certificates.PathOf("ada.key"));

        await using SslStream native = await ShakeHandsAsync(server.Port, own);
        await using SslStream resp = await ShakeHandsAsync(server.RespPort, own);
        await using SslStream mqtt = await ShakeHandsAsync(server.MqttPort, own);

        await Poll.UntilAsync(() => server.Native.Clients.Count == 3);
        Assert.All(server.Native.Clients.All, connection =>
            Assert.Equal(["ada", "ada.example", "ada2.example"], connection.CertificateNames));
    }

    [Fact]
    public async Task The_SDK_takes_a_certificate_from_the_application()
    {
        await using TestServer server = await StartAsync(TlsClientCertificates.Require);
        _certificates.IssueClient("ada").Dispose();
        using var own = X509Certificate2.CreateFromPemFile(_certificates.PathOf("ada.pem"), _certificates.PathOf("ada.key"));
        await using NexoClient client = await server.ConnectAsync(
            _certificates, options => options with { Tls = new NexoTlsOptions { Certificate = own } });

        await client.Store.SetBytesAsync("k", new byte[] { 1 });
        ClientConnection connection = Assert.Single(server.Native.Clients.All);
        Assert.Equal(["ada"], connection.CertificateNames);
    }

    [Fact]
    public async Task A_machine_that_others_can_reach_need_not_ask_for_more()
    {
        TlsOptions tls = _certificates.Options with
        {
            ClientAuthorities = _certificates.CaFile,
            ClientCertificates = TlsClientCertificates.Require,
        };
        var options = new NexoServerOptions { DataDirectory = null, Network = new() { Bind = "*" }, Tls = tls };

        await using (NexoServer.Build(options))
        {
            // It is built.
        }
    }

    private Task<TestServer> StartAsync(TlsClientCertificates asks) => TlsServers.StartAsync(
        _certificates,
        options => options with { Tls = options.Tls with { ClientAuthorities = _certificates.CaFile, ClientCertificates = asks } });

    private async Task<NexoClient> ConnectAsync(TestServer server, string name, TestCertificates issuer)
    {
        issuer.IssueClient(name).Dispose();
        return await server.ConnectAsync(_certificates, options => options with
        {
            Tls = new NexoTlsOptions { CertificateFile = issuer.PathOf($"{name}.pem"), KeyFile = issuer.PathOf($"{name}.key") },
        });
    }

    private static Task<SslStream> ShakeHandsAsync(int port, X509Certificate2 own) =>
        TlsServers.ShakeHandsAsync(port, own: own);
}
