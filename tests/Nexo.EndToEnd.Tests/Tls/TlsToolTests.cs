using System.Diagnostics;
using Nexo.Client;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>Programs of the machine that others wrote, where they are installed.</summary>
public sealed class TlsToolTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Redis_cli()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        string answer = await RunAsync(
            "redis-cli", "--tls", "--cacert", _certificates.CaFile, "-h", "localhost", "-p", $"{server.RespPort}", "SET", "k", "v");
        Assert.Equal("OK\n", answer);
    }

    [Fact]
    public async Task Mosquitto_pub_and_sub()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        string[] common = ["--cafile", _certificates.CaFile, "-h", "localhost", "-p", $"{server.MqttPort}", "-t", "a/b"];

        Assert.Equal(string.Empty, await RunAsync("mosquitto_pub", [.. common, "-q", "1", "-r", "-m", "one"]));
        Assert.Equal("one\n", await RunAsync("mosquitto_sub", [.. common, "-C", "1", "-W", "20"]));
    }

    [Fact]
    public async Task Curl()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        int port = new Uri(server.HttpUrl!).Port;

        Assert.Equal("ready\n", await RunAsync("curl", "-sS", "--cacert", _certificates.CaFile, $"https://localhost:{port}/readyz"));
    }

    [Fact]
    public async Task Openssl_finds_no_version_below_1_2()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);

        string old = await RunAsync(
            "sh", "-c", $"openssl s_client -connect localhost:{server.Port} -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null 2>&1 || true");
        string now = await RunAsync(
            "sh", "-c", $"openssl s_client -connect localhost:{server.Port} -tls1_2 -CAfile {_certificates.CaFile} </dev/null 2>&1");
        Assert.Contains("Cipher is (NONE)", old, StringComparison.Ordinal);
        Assert.Contains("Verify return code: 0 (ok)", now, StringComparison.Ordinal);
        await using NexoClient client = await server.ConnectAsync(_certificates);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        bool isThere = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Combine(directory, program)));
        Assert.SkipUnless(isThere, $"{program} is not installed here");
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {process.ExitCode}, {await error}, {output}");
        return output;
    }
}
