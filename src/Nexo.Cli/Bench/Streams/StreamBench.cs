using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Streams;

/// <summary>
/// Runs the load in three phases: append; read everything from the beginning; append while readers follow. The streams are the
/// run's own, and are deleted at its end.
/// </summary>
internal sealed class StreamBench : IDisposable
{
    private const string NamePrefix = "nexo-bench-";
    private const int NameBytes = 4;
    private const int FrameSlackBytes = 1_024;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly StreamBenchSettings _settings;
    private readonly BenchConnector _connector;
    private readonly byte[][] _streams;
    private readonly HelloReply _server;
    private readonly StreamLoop _loop;

    public StreamBench(StreamBenchSettings settings, BenchTarget target)
    {
        _settings = settings;
        _connector = new BenchConnector(target, settings.ReplyTimeout);
        string run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes));
        _streams = [.. Enumerable.Range(0, settings.Streams).Select(i => Encoding.UTF8.GetBytes($"{NamePrefix}{run}-{i:D6}"))];
        var sockets = new BenchLink[settings.Producers + settings.Readers];
        sockets[0] = _connector.Connect(out _server);
        RequireWithinLimits();
        for (int i = 1; i < sockets.Length; i++)
        {
            sockets[i] = _connector.Connect(out _);
        }

        _loop = new StreamLoop(settings, _streams, sockets, BenchFrames.BytesMaxOf(_server));
    }

    /// <param name="progress">Told now and then: what is being done, how much of it (0 to 1), and records so far.</param>
    /// <param name="cancel">Ends the phase that runs; the figures are those until then.</param>
    public async Task<StreamBenchResult> RunAsync(Action<string, double, long> progress, CancellationToken cancel)
    {
        await using CancellationTokenRegistration stop = cancel.Register(_loop.Stop);
        using (var control = new StreamControl(_connector, _settings.ReplyTimeout))
        {
            control.Create(_streams, _settings.Durability);
        }

        try
        {
            return await RunPhasesAsync(progress, cancel);
        }
        finally
        {
            DeleteStreams();
        }
    }

    public void Dispose() => _loop.Dispose();

    private async Task<StreamBenchResult> RunPhasesAsync(Action<string, double, long> progress, CancellationToken cancel)
    {
        StreamPhaseResult append = await RunAsync(
            new StreamPhase { Name = "appending", Appending = _settings.Duration }, progress);
        StreamFigures full = StreamFigures.Ask(_connector, _settings.ReplyTimeout, _streams);
        StreamPhaseResult read = await RunAsync(new StreamPhase { Name = "reading", Reads = true }, progress);
        StreamPhaseResult? tail = read.IsComplete ? await RunAsync(TailPhase(), progress) : null;
        StreamFigures end = StreamFigures.Ask(_connector, _settings.ReplyTimeout, _streams);
        return new StreamBenchResult
        {
            Settings = _settings,
            Append = append,
            Read = read,
            Tail = tail,
            Full = full,
            End = end,
            Traffic = _loop.Traffic,
            Missing = cancel.IsCancellationRequested ? 0 : Math.Max(_loop.Traffic.ToRead - _loop.Traffic.Read, 0),
            ServerVersion = _server.ServerVersion,
            Interrupted = cancel.IsCancellationRequested,
        };
    }

    private StreamPhase TailPhase() => new()
    {
        Name = "following",
        Appending = _settings.Duration,
        AppendsPerSecond = _settings.Rate / _settings.Batch,
        Reads = true,
    };

    private async Task<StreamPhaseResult> RunAsync(StreamPhase phase, Action<string, double, long> progress)
    {
        TimeSpan? serverBefore = ServerUse.Ask(_connector, _settings.ReplyTimeout).Cpu;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long startedAt = Stopwatch.GetTimestamp();
        StreamTraffic traffic = _loop.Traffic;
        Task<StreamPhaseResult> running = _loop.StartAsync(phase);
        while (await Task.WhenAny(running, Task.Delay(ProgressInterval)) != running)
        {
            double share = phase.Appending == TimeSpan.Zero
                ? (double)traffic.Read / Math.Max(traffic.ToRead, 1)
                : Stopwatch.GetElapsedTime(startedAt) / phase.Appending;
            progress(phase.Name, share, traffic.Confirmed + traffic.Read);
        }

        StreamPhaseResult result = await running;
        return result with
        {
            ClientCpu = Environment.CpuUsage.TotalTime - before,
            ServerCpu = ServerUse.Ask(_connector, _settings.ReplyTimeout).Cpu - serverBefore,
        };
    }

    // Whatever went wrong before is the news; that the streams are still there is not.
    private void DeleteStreams()
    {
        try
        {
            using var control = new StreamControl(_connector, _settings.ReplyTimeout);
            control.Delete(_streams);
        }
        catch (Exception failure) when (failure is CliFailure or SocketException)
        {
            // The server is gone, or has never had them.
        }
    }

    private void RequireWithinLimits()
    {
        long frameBytes = ((long)_settings.Batch * (_settings.Size + sizeof(ulong))) + FrameSlackBytes;
        Require(frameBytes <= BenchFrames.BytesMaxOf(_server), "--batch times --size is over the server's limit on frames.");
        Require(
            _server.InFlightMax == 0 || _settings.StreamsPerReader <= _server.InFlightMax,
            $"--streams {_settings.Streams} over {_settings.Readers} readers is more than the {_server.InFlightMax} "
            + "subscriptions that a connection of this server may have.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw CliFailure.Usage(message);
        }
    }
}
