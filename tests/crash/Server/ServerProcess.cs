using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Nexo.Crash.Server;

/// <summary>The real server in a process of its own. Its log is kept in memory, its last lines for reports.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int LogLinesMax = 400;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Queue<string> _log = new();
    private readonly TaskCompletionSource<JsonElement> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _wrapped;

    private ServerProcess(Process process, bool wrapped)
    {
        _process = process;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) =>
            _ready.TrySetException(new ServerStartException("the server ended before it was ready"));
        process.OutputDataReceived += (_, line) => OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _wrapped = wrapped;
    }

    public int Port { get; private set; }

    public int HttpPort { get; private set; }

    /// <summary>0: it does not speak MQTT.</summary>
    public int MqttPort { get; private set; }

    /// <summary>0: it does not speak RESP.</summary>
    public int RespPort { get; private set; }

    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>Of the server itself, also under a wrapper.</summary>
    public int Id => ServerId();

    /// <summary>Is given every line that it prints, as it comes.</summary>
    public Action<string>? Printed { get; set; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>Starts the program and returns at once.</summary>
    public static ServerProcess Spawn(ServerLaunch launch)
    {
        IReadOnlyList<string> words = launch.CommandLine();
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        try
        {
            return new ServerProcess(Process.Start(start)!, launch.Wrapper.Count > 0);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new ServerStartException(failure.Message);
        }
    }

    /// <summary>Starts the server and waits until it says that it is ready.</summary>
    /// <exception cref="ServerStartException">It did not; the message has its log.</exception>
    public static async Task<ServerProcess> StartAsync(ServerLaunch launch, CancellationToken cancel)
    {
        ServerProcess server = Spawn(launch);
        try
        {
            await server.WaitReadyAsync(cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task WaitReadyAsync(CancellationToken cancel)
    {
        long since = Stopwatch.GetTimestamp();
        try
        {
            JsonElement ready = await _ready.Task.WaitAsync(ReadyWithin, cancel);
            Port = new Uri(ready.GetProperty("native").GetString()!).Port;
            HttpPort = new Uri(ready.GetProperty("http").GetString()!).Port;
            MqttPort = PortOf(ready, "mqtt");
            RespPort = PortOf(ready, "resp");
            ReadyAfter = Stopwatch.GetElapsedTime(since);
        }
        catch (Exception failure) when (failure is ServerStartException or TimeoutException)
        {
            if (_process.HasExited)
            {
                await _process.WaitForExitAsync(cancel);
            }

            throw new ServerStartException($"{failure.Message}\n{Log}");
        }
    }

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            KillServer();
        }

        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits for the end in order.</summary>
    public async Task<int> StopAsync()
    {
        using (Process kill = Process.Start("kill", ["-TERM", $"{ServerId()}"]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync().WaitAsync(ReadyWithin);
        return _process.ExitCode;
    }

    /// <summary>The status of a path on the HTTP port, and its text.</summary>
    public async Task<(HttpStatusCode Status, string Text)> GetAsync(string path, CancellationToken cancel)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://127.0.0.1:{HttpPort}{path}"), cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static int PortOf(JsonElement ready, string name) =>
        ready.TryGetProperty(name, out JsonElement address) && address.GetString() is { } url ? new Uri(url).Port : 0;

    // Under a wrapper the server is its only child; the wrapper ends with it.
    private int ServerId()
    {
        if (!_wrapped)
        {
            return _process.Id;
        }

        string children = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children");
        string[] ids = children.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return ids.Length > 0 ? int.Parse(ids[0]) : _process.Id;
    }

    private void KillServer()
    {
        try
        {
            using Process server = Process.GetProcessById(ServerId());
            server.Kill();
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or IOException)
        {
            // It ended by itself in this moment.
        }
    }

    private void OnOutput(string? line)
    {
        Keep(line);
        if (line is not null && line.StartsWith("{\"event\":\"ready\"", StringComparison.Ordinal))
        {
            using var json = JsonDocument.Parse(line);
            _ready.TrySetResult(json.RootElement.Clone());
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        Printed?.Invoke(line);
        lock (_log)
        {
            _log.Enqueue(line);
            while (_log.Count > LogLinesMax)
            {
                _log.Dequeue();
            }
        }
    }
}
