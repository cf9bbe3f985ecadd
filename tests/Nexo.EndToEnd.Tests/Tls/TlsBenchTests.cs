using Nexo.Cli.Terminal;
using Nexo.Cli.Tests;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>The load generator over TLS, which has OpenSSL of its own.</summary>
public sealed class TlsBenchTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData("nexos", "64", "16")]
    [InlineData("nexos", "40000", "4")]
    [InlineData("rediss", "64", "16")]
    [InlineData("rediss", "300000", "2")]
    public async Task Bench_store_verifies_what_it_reads(string scheme, string size, string depth)
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        int port = scheme == "nexos" ? server.Port : server.RespPort;

        CliResult result = await CliRunner.For($"{scheme}://127.0.0.1:{port}?ca={_certificates.CaFile}&server-name=localhost").Run(
            "bench", "store", "--clients", "4", "--keys", "64", "--op", "mixed", "--size", size, "--pipeline", depth, "--seconds", "0.5",
            "--warm-up", "0.1", "--verify", "--json");

        Assert.True(result.ExitCode == ExitCode.Ok, result.Error);
        Assert.InRange(server.Handshakes().Succeeded, 4, 20);
    }

    [Fact]
    public async Task Other_benches_go_over_TLS_too()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates, given => given with
        {
            Streams = given.Streams with { MemoryBytesMax = 4L * 1_024 * 1_024 * 1_024 },
        });
        CliRunner runner = CliRunner.For($"nexos://localhost:{server.Port}?ca={_certificates.CaFile}");

        CliResult queue = await runner.Run("bench", "queue", "--durability", "memory", "--seconds", "0.5", "--json");
        CliResult stream = await runner.Run("bench", "stream", "--durability", "memory", "--seconds", "0.5", "--json");
        CliResult topics = await runner.Run("bench", "pubsub", "--seconds", "0.5", "--json");

        Assert.All([queue, stream, topics], result => Assert.True(result.ExitCode == ExitCode.Ok, result.Error));
    }

    [Fact]
    public async Task Whom_it_does_not_trust_it_does_not_measure()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        CliResult otherName = await CliRunner.For($"nexos://127.0.0.1:{server.Port}?ca={_certificates.CaFile}&server-name=other")
            .Run("bench", "store", "--seconds", "0.5");
        CliResult noAuthority = await CliRunner.For($"nexos://localhost:{server.Port}").Run("bench", "store", "--seconds", "0.5");

        Assert.All([otherName, noAuthority], result =>
        {
            Assert.Equal(ExitCode.CannotConnect, result.ExitCode);
            Assert.Contains("certificate verify failed", result.Error, StringComparison.Ordinal);
        });
    }
}
