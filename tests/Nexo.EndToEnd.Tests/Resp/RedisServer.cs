using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>A redis-server of this machine, for as long as a test compares with it.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly Process _process;

    private RedisServer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Null: the machine has none.</summary>
    public static async Task<RedisServer?> TryStartAsync()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Select(directory => Path.Combine(directory, "redis-server"))
            .FirstOrDefault(File.Exists);
        if (program is null)
        {
            return null;
        }

        int port = FreePort();
        var start = new ProcessStartInfo(program)
        {
            ArgumentList = { "--port", $"{port}", "--bind", "127.0.0.1", "--save", string.Empty, "--appendonly", "no" },
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        var server = new RedisServer(process, port);
        for (int i = 0; i < 200; i++)
        {
            try
            {
                await using RespPeer peer = await RespPeer.ConnectAsync(port);
                if (await peer.CallAsync("PING") == "+PONG")
                {
                    return server;
                }
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                // Not yet.
            }

            await Task.Delay(50);
        }

        await server.DisposeAsync();
        throw new InvalidOperationException("The redis-server of this machine does not start.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
