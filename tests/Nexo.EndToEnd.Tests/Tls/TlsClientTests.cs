using Nexo.Cli.Terminal;
using Nexo.Cli.Tests;
using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>The SDK and the CLI as clients: whom they trust, and what they say when they do not.</summary>
public sealed class TlsClientTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Options_say_what_the_URL_does_and_come_first()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using NexoClient client = await NexoClient.ConnectAsync(new NexoClientOptions
        {
            Url = $"nexo://127.0.0.1:{server.Port}",
            Tls = new NexoTlsOptions { CaFile = _certificates.CaFile, ServerName = "localhost" },
        });

        await client.Store.SetBytesAsync("k", new byte[] { 1 });
        Assert.Equal(1, server.Handshakes().Succeeded);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted()
    {
        using var others = new TestCertificates();
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        NexoException failure = await FailsAsync($"nexos://localhost:{server.Port}?ca={others.CaFile}");
        Assert.Contains("its authority is not among those trusted here", failure.Message, StringComparison.Ordinal);
        NexoException bySystem = await FailsAsync($"nexos://localhost:{server.Port}");
        Assert.Contains("is not trusted", bySystem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_another_name_is_not_trusted()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        NexoException failure = await FailsAsync(
            $"nexos://localhost:{server.Port}?ca={_certificates.CaFile}&server-name=broker.example");
        Assert.Contains("is not for broker.example", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_is_named_as_such()
    {
        await using TestServer server = await TestServer.StartAsync();

        NexoException failure = await FailsAsync($"nexos://localhost:{server.Port}");
        Assert.Contains("perhaps since TLS is not on there", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        NexoException failure = await FailsAsync($"nexos://localhost:{server.Port}?ca=/no/such/ca.pem");
        Assert.Contains("/no/such/ca.pem cannot be used", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nexo://h?ca=f")]
    [InlineData("nexos://h?ca=f&ca=g")]
    [InlineData("nexos://h?authority=f")]
    public void A_URL_with_what_it_cannot_have_is_refused(string url) =>
        Assert.Throws<ArgumentException>(() => new NexoClient(new NexoClientOptions { Url = url }));

    [Fact]
    public async Task The_CLI_connects_by_URL_by_option_and_by_environment()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        string url = $"nexos://localhost:{server.Port}";
        CliRunner byEnvironment = CliRunner.For(url);
        byEnvironment.Environment["NEXO_TLS_CA"] = _certificates.CaFile;

        Assert.Equal(ExitCode.Ok, (await CliRunner.For($"{url}?ca={_certificates.CaFile}").Run("store", "set", "k", "v")).ExitCode);
        Assert.Equal("v", (await CliRunner.For(url).Run("store", "get", "k", "--tls-ca", _certificates.CaFile)).Output);
        Assert.Equal("v", (await byEnvironment.Run("store", "get", "k")).Output);
    }

    [Fact]
    public async Task The_CLI_says_what_is_wrong_and_what_would_help()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        CliResult untrusted = await CliRunner.For($"nexos://localhost:{server.Port}").Run("ping", "--timeout", "20s");
        Assert.Equal(ExitCode.CannotConnect, untrusted.ExitCode);
        Assert.Contains("--tls-ca", untrusted.Error, StringComparison.Ordinal);
        CliResult plain = await CliRunner.For($"nexo://localhost:{server.Port}").Run("ping", "--timeout", "20s");
        Assert.NotEqual(ExitCode.Ok, plain.ExitCode);
        Assert.Contains("nexos://", plain.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_health_check_that_knows_nothing_of_TLS_finds_the_server_alive()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        CliResult plain = await CliRunner.For($"nexo://localhost:{server.Port}").Run("health", "--timeout", "20s");
        CliResult secret = await CliRunner.For($"nexos://localhost:{server.Port}").Run(
            "health", "--timeout", "20s", "--tls-ca", _certificates.CaFile);

        Assert.Equal((ExitCode.Ok, ExitCode.Ok), (plain.ExitCode, secret.ExitCode));
    }

    private static Task<NexoException> FailsAsync(string url) => Assert.ThrowsAsync<NexoException>(
        async () => await NexoClient.ConnectAsync(new NexoClientOptions { Url = url, ConnectTimeout = TimeSpan.FromSeconds(20) }));
}
