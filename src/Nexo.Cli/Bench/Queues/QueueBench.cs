using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>
/// Runs the load in three phases: publish; drain what is there; publish and consume at once. The queues are the run's own,
/// and are deleted at its end.
/// </summary>
internal sealed class QueueBench : IDisposable
{
    private const string NamePrefix = "nexo-bench-";
    private const int NameBytes = 4;
    private const int FrameSlackBytes = 1_024;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly QueueBenchSettings _settings;
    private readonly BenchConnector _connector;
    private readonly byte[][] _queues;
    private readonly HelloReply _server;
    private readonly QueueLoop _loop;

    public QueueBench(QueueBenchSettings settings, BenchTarget target)
    {
        _settings = settings;
        _connector = new BenchConnector(target, settings.ReplyTimeout);
        string run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes));
        _queues = [.. Enumerable.Range(0, settings.Queues).Select(i => Encoding.UTF8.GetBytes($"{NamePrefix}{run}-{i:D6}"))];
        var sockets = new BenchLink[settings.Publishers + settings.Consumers];
        sockets[0] = _connector.Connect(out _server);
        RequireWithinLimits();
        for (int i = 1; i < sockets.Length; i++)
        {
            sockets[i] = _connector.Connect(out _);
        }

        _loop = new QueueLoop(settings, _queues, sockets, BenchFrames.BytesMaxOf(_server));
    }

    /// <param name="progress">Told now and then: what is being done, how much of it (0 to 1), and messages so far.</param>
    /// <param name="cancel">Ends the phase that runs; the figures are those until then.</param>
    public async Task<QueueBenchResult> RunAsync(Action<string, double, long> progress, CancellationToken cancel)
    {
        await using CancellationTokenRegistration stop = cancel.Register(_loop.Stop);
        using (var control = new QueueControl(_connector, _settings.ReplyTimeout))
        {
            control.Declare(_queues, _settings.Durability);
        }

        try
        {
            return await RunPhasesAsync(progress, cancel);
        }
        finally
        {
            DeleteQueues();
        }
    }

    public void Dispose() => _loop.Dispose();

    private async Task<QueueBenchResult> RunPhasesAsync(Action<string, double, long> progress, CancellationToken cancel)
    {
        QueuePhaseResult publish = await RunAsync(PublishPhase(), progress);
        ServerFigures full = ServerFigures.Ask(_connector, _settings.ReplyTimeout, _queues);
        QueuePhaseResult drain = await RunAsync(new QueuePhase { Name = "draining", Consumes = true }, progress);
        QueuePhaseResult? through = _settings.Backlog > 0 || !drain.IsComplete
            ? null
            : await RunAsync(ThroughPhase(), progress);
        ServerFigures empty = ServerFigures.Ask(_connector, _settings.ReplyTimeout, _queues);
        return new QueueBenchResult
        {
            Settings = _settings,
            Publish = publish,
            Drain = drain,
            Through = through,
            Full = full,
            Empty = empty,
            Traffic = _loop.Traffic,
            Missing = cancel.IsCancellationRequested ? 0 : _loop.Traffic.Ledger.CountMissing(),
            ServerVersion = _server.ServerVersion,
            Interrupted = cancel.IsCancellationRequested,
        };
    }

    private QueuePhase PublishPhase() => _settings.Backlog > 0
        ? new QueuePhase
        {
            Name = "publishing",
            Publishing = TimeSpan.FromDays(1),
            PushesMax = (_settings.Backlog + _settings.Batch - 1) / _settings.Batch,
        }
        : new QueuePhase { Name = "publishing", Publishing = _settings.Duration };

    private QueuePhase ThroughPhase() => new()
    {
        Name = "both",
        Publishing = _settings.Duration,
        PushesPerSecond = _settings.Rate / _settings.Batch,
        Consumes = true,
    };

    private async Task<QueuePhaseResult> RunAsync(QueuePhase phase, Action<string, double, long> progress)
    {
        TimeSpan? serverBefore = ServerUse.Ask(_connector, _settings.ReplyTimeout).Cpu;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long startedAt = Stopwatch.GetTimestamp();
        Task<QueuePhaseResult> running = _loop.StartAsync(phase);
        while (await Task.WhenAny(running, Task.Delay(ProgressInterval)) != running)
        {
            progress(phase.Name, ShareOf(phase, startedAt), _loop.Traffic.Confirmed + _loop.Traffic.Acked);
        }

        QueuePhaseResult result = await running;
        return result with
        {
            ClientCpu = Environment.CpuUsage.TotalTime - before,
            ServerCpu = ServerUse.Ask(_connector, _settings.ReplyTimeout).Cpu - serverBefore,
        };
    }

    private double ShareOf(QueuePhase phase, long startedAt)
    {
        QueueTraffic traffic = _loop.Traffic;
        return phase.Publishing == TimeSpan.Zero ? (double)traffic.Acked / Math.Max(traffic.Confirmed, 1)
            : phase.PushesMax < long.MaxValue ? (double)traffic.Confirmed / _settings.Backlog
            : Stopwatch.GetElapsedTime(startedAt) / phase.Publishing;
    }

    // Whatever went wrong before is the news; that the queues are still there is not.
    private void DeleteQueues()
    {
        try
        {
            using var control = new QueueControl(_connector, _settings.ReplyTimeout);
            control.Delete(_queues);
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
            _server.InFlightMax == 0 || _settings.QueuesPerConsumer <= _server.InFlightMax,
            $"--queues {_settings.Queues} over {_settings.Consumers} consumers is more than the {_server.InFlightMax} "
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
