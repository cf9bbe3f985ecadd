using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Nexo.Bench.Compare;

/// <summary>A server that was started for a measurement, on a loopback port of its own, and is ended with it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _log;
    private readonly string _folder;

    private ServerProcess(Process process, string log, string folder, int port)
    {
        _process = process;
        _log = log;
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Processor time of all its threads so far.</summary>
    public double CpuSeconds => ProcessFacts.CpuSeconds(_process.Id);

    public long ResidentBytes => ProcessFacts.ResidentBytes(_process.Id);

    public long ResidentBytesMax => ProcessFacts.ResidentBytesMax(_process.Id);

    /// <summary>Starts it on a free port and an empty folder, which is deleted afterwards.</summary>
    public static async Task<ServerProcess> StartAsync(
        Contender contender, CancellationToken cancel)
    {
        int port = FreePort();
        string log = Path.GetTempFileName();
        string folder = Directory.CreateTempSubdirectory("nexo-compare-").FullName;
        IReadOnlyList<string> words = contender.CommandLine(port, folder);

        // The shell only points the output at the log and then becomes the server: the process id is the server's.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"exec \"$@\" >'{log}' 2>&1", "sh" },
        };
        foreach (string word in words)
        {
            start.ArgumentList.Add(word);
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{words[0]} did not start.");
        var server = new ServerProcess(process, log, folder, port);
        try
        {
            await server.WaitUntilReadyAsync(words[0], contender.ReadyText, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using (Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            {
                using var late = new CancellationTokenSource(StopWithin);
                await _process.WaitForExitAsync(late.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }

            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }

        _process.Dispose();
        File.Delete(_log);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitUntilReadyAsync(string name, string? text, CancellationToken cancel)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(since) > ReadyWithin)
            {
                string output = await File.ReadAllTextAsync(_log, cancel);
                throw new CompareFailure($"{name} is not ready on port {Port}:\n{output}");
            }

            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, Port, cancel);
                if (text is null || (await File.ReadAllTextAsync(_log, cancel)).Contains(text, StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (SocketException)
            {
                // Not yet.
            }

            await Task.Delay(20, cancel);
        }
    }
}

/// <summary>Ends the comparison with a message for people.</summary>
internal sealed class CompareFailure(string message) : Exception(message);
