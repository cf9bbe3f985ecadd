using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Client;
using Nexo.Server.Hosting;

namespace Nexo.EndToEnd.Tests.Tls;

/// <summary>Certificates are renewed under a server that goes on.</summary>
public sealed class TlsReloadTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task New_connections_get_the_new_certificate_and_old_ones_live_on_under_load()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        await using NexoClient busy = await server.ConnectAsync(_certificates);
        int lost = 0;
        busy.StateChanged += (_, _) => Interlocked.Increment(ref lost);
        using var stop = new CancellationTokenSource();
        Task<int> load = LoadAsync(busy, stop.Token);
        string before = await SerialAsync(server);

        for (int renewal = 0; renewal < 3; renewal++)
        {
            using X509Certificate2 issued = _certificates.IssueServer();
            await Poll.UntilAsync(async () => await SerialAsync(server) == issued.SerialNumber);
            Assert.NotEqual(before, issued.SerialNumber);
        }

        await stop.CancelAsync();
        Assert.InRange(await load, 100, int.MaxValue);
        Assert.Equal(0, lost);
        Assert.True(Reload(server).Applied >= 3);
        Assert.Equal(0, Reload(server).Refused);
    }

    [Fact]
    public async Task What_will_not_do_leaves_the_certificate_in_force_until_it_does()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        string before = await SerialAsync(server);

        _certificates.IssueServer(TestCertificates.Now.AddDays(-20), TestCertificates.Now.AddDays(-10)).Dispose();
        await Poll.UntilAsync(() => Reload(server).Refused == 1);
        Assert.Equal(before, await SerialAsync(server));
        File.Delete(_certificates.ServerKey);
        await Poll.UntilAsync(() => Reload(server).Refused == 2);
        Assert.Equal(before, await SerialAsync(server));
        using X509Certificate2 right = _certificates.IssueServer();
        await Poll.UntilAsync(async () => await SerialAsync(server) == right.SerialNumber);
    }

    [Fact]
    public async Task A_key_that_comes_a_moment_after_its_certificate_is_waited_for()
    {
        await using TestServer server = await TlsServers.StartAsync(_certificates);
        string oldKey = await File.ReadAllTextAsync(_certificates.ServerKey);
        using X509Certificate2 issued = _certificates.IssueServer();
        string newKey = await File.ReadAllTextAsync(_certificates.ServerKey);

        _certificates.Write("server.key", oldKey);
        await Task.Delay(900);
        _certificates.Write("server.key", newKey);

        await Poll.UntilAsync(async () => await SerialAsync(server) == issued.SerialNumber);
        Assert.Equal(0, Reload(server).Refused);
    }

    [Fact]
    public async Task A_mounted_secret_that_is_replaced_by_turning_a_link_above_it_is_seen()
    {
        string mount = Directory.CreateDirectory(_certificates.PathOf("mount")).FullName;
        CopyTo(Path.Combine(mount, "..1"));
        Directory.CreateSymbolicLink(Path.Combine(mount, "..data"), "..1");
        File.CreateSymbolicLink(Path.Combine(mount, "tls.crt"), "..data/server.pem");
        File.CreateSymbolicLink(Path.Combine(mount, "tls.key"), "..data/server.key");
        await using TestServer server = await TlsServers.StartAsync(_certificates, options => options with
        {
            Tls = options.Tls with { Certificate = Path.Combine(mount, "tls.crt"), Key = Path.Combine(mount, "tls.key") },
        });

        using X509Certificate2 issued = _certificates.IssueServer();
        CopyTo(Path.Combine(mount, "..2"));
        Directory.CreateSymbolicLink(Path.Combine(mount, "..new"), "..2");
        Directory.Delete(Path.Combine(mount, "..data"));
        Directory.Move(Path.Combine(mount, "..new"), Path.Combine(mount, "..data"));

        await Poll.UntilAsync(async () => await SerialAsync(server) == issued.SerialNumber);
    }

    private void CopyTo(string directory)
    {
        Directory.CreateDirectory(directory);
        File.Copy(_certificates.ServerFile, Path.Combine(directory, "server.pem"));
        File.Copy(_certificates.ServerKey, Path.Combine(directory, "server.key"));
    }

    private static ReloadService Reload(TestServer server) => server.Services.GetRequiredService<ReloadService>();

    private static async Task<string> SerialAsync(TestServer server)
    {
        await using SslStream stream = await TlsServers.ShakeHandsAsync(server.RespPort);
        return ((X509Certificate2)stream.RemoteCertificate!).SerialNumber;
    }

    private static async Task<int> LoadAsync(NexoClient client, CancellationToken stop)
    {
        int count = 0;
        while (!stop.IsCancellationRequested)
        {
            await client.Store.SetBytesAsync("busy", new byte[] { 1 }, cancellationToken: CancellationToken.None);
            count++;
        }

        return count;
    }
}
