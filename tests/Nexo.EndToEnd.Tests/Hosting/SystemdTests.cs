using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Nexo.EndToEnd.Tests.Hosting;

/// <summary>What a server that systemd has started tells it, over the datagram socket that systemd would listen to.</summary>
public sealed class SystemdTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"nexo-notify-{Guid.NewGuid():N}.sock");
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public SystemdTests()
    {
        _systemd.Bind(new UnixDomainSocketEndPoint(_path));
        _systemd.ReceiveTimeout = (int)Patience.TotalMilliseconds;
    }

    public void Dispose()
    {
        _systemd.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public async Task It_says_that_it_is_ready_feeds_the_watchdog_and_says_that_it_stops()
    {
        using Process server = Start();
        try
        {
            Assert.Contains("READY=1", await NextAsync());
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal("WATCHDOG=1", await NextAsync());
            }

            using var kill = Process.Start("kill", ["-TERM", $"{server.Id}"]);
            string last = await NextAsync();
            while (last == "WATCHDOG=1")
            {
                last = await NextAsync();
            }

            Assert.Equal("STOPPING=1", last);
            await server.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(0, server.ExitCode);
        }
        finally
        {
            server.Kill();
        }
    }

    // A process of its own: the variables are of the process, and so is the signal.
    private Process Start()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "nexo.dll");
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { program, "serve", "--port", "0", "--http-port", "-1", "--data", "none", "--log-level", "none" },
            Environment = { ["NOTIFY_SOCKET"] = _path, ["WATCHDOG_USEC"] = "1500000" },
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private async Task<string> NextAsync()
    {
        byte[] bytes = new byte[4_096];
        int count = await _systemd.ReceiveAsync(bytes, SocketFlags.None).WaitAsync(Patience);
        return Encoding.UTF8.GetString(bytes, 0, count);
    }
}
