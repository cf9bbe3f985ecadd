using System.Diagnostics;
using System.Security.Cryptography;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Topics;

/// <summary>Runs the load on topics that are the run's own.</summary>
internal sealed class TopicBench : IDisposable
{
    private const string RootPrefix = "nexo-bench/";
    private const int RootBytes = 4;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly TopicBenchSettings _settings;
    private readonly BenchTarget _target;
    private readonly BenchConnector _connector;
    private readonly HelloReply _server;
    private readonly TopicLoad _load;

    public TopicBench(TopicBenchSettings settings, BenchTarget target)
    {
        _settings = settings;
        _target = target;
        _connector = new BenchConnector(target, settings.ReplyTimeout);
        _connector.Connect(out _server).Dispose();
        var dialect = TopicDialect.Of(target, _server);
        if (settings.Confirm && !dialect.Confirms)
        {
            throw CliFailure.Usage($"bench pubsub cannot have {target.Scheme} confirm messages.");
        }

        string root = RootPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RootBytes));
        _load = new TopicLoad(settings.Work(root), dialect, () => _connector.Connect(out _), settings.ReplyTimeout);
    }

    /// <param name="progress">Told now and then: what is being done, how much of it (0 to 1), and deliveries so far.</param>
    /// <param name="cancel">Ends the run; the figures are those until then.</param>
    public async Task<TopicBenchResult> RunAsync(Action<string, double, long> progress, CancellationToken cancel)
    {
        await using CancellationTokenRegistration stop = cancel.Register(_load.Stop);
        _load.Subscribe();
        ServerUse before = AskServer();
        long startedAt = Stopwatch.GetTimestamp();
        Task<TopicPhaseResult> running = _load.StartAsync(new TopicPhase
        {
            Duration = _settings.Duration,
            Window = _settings.Window,
            Rate = _settings.Rate,
        });
        while (await Task.WhenAny(running, Task.Delay(ProgressInterval, CancellationToken.None)) != running)
        {
            progress("publishing", Stopwatch.GetElapsedTime(startedAt) / _settings.Duration, _load.Tally.Delivered);
        }

        TopicPhaseResult phase = await running;
        ServerUse after = AskServer();
        return new TopicBenchResult
        {
            Settings = _settings,
            Phase = phase,
            Tally = _load.Tally,
            ServerCpu = after.Cpu - before.Cpu,
            ServerResidentBytes = after.ResidentBytes,
            ServerVersion = _server.ServerVersion,
            Interrupted = cancel.IsCancellationRequested,
        };
    }

    public void Dispose() => _load.Dispose();

    private ServerUse AskServer() => _target.IsNexo
        ? ServerUse.Ask(_connector, _settings.ReplyTimeout)
        : default;
}
