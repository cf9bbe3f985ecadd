using System.Diagnostics;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>Runs the load: connects, loads the keys, warms up, measures, adds up.</summary>
internal sealed class StoreBench : IDisposable
{
    private const int LoadDepthMax = 64;
    private const int LoadBatchBytesMax = 1_024 * 1_024;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly StoreBenchSettings _settings;
    private readonly BenchDialect _dialect;
    private readonly HelloReply _server;
    private readonly KeyNames _names;
    private readonly ValuePattern _value;
    private readonly BenchWorker[] _workers;
    private readonly int _loadDepth;

    public StoreBench(StoreBenchSettings settings, BenchTarget target)
    {
        _settings = settings;
        _dialect = BenchDialect.Of(target);
        _names = new KeyNames(settings.KeyPrefix, settings.KeySize, settings.Keys);
        _value = new ValuePattern(settings.Size);
        var connector = new BenchConnector(target, settings.ReplyTimeout);
        BenchLink[] sockets = new BenchLink[settings.Clients];
        sockets[0] = connector.Connect(out _server);
        RequireWithinLimits();
        int depth = Math.Clamp(LoadBatchBytesMax / (settings.Size + settings.KeySize + FrameHeader.Size), 1, LoadDepthMax);
        _loadDepth = _server.InFlightMax > 0 ? (int)Math.Min(depth, _server.InFlightMax) : depth;
        for (int i = 1; i < sockets.Length; i++)
        {
            sockets[i] = connector.Connect(out _);
        }

        _workers = [.. Enumerable.Range(0, settings.Threads).Select(index => CreateWorker(sockets, index))];
    }

    /// <param name="progress">Told now and then: what is being done, how much of it (0 to 1), and requests so far.</param>
    public async Task<StoreBenchResult> RunAsync(Action<string, double, long> progress, CancellationToken cancel)
    {
        await using CancellationTokenRegistration stop = cancel.Register(() => Array.ForEach(_workers, w => w.Stop()));
        if (_settings.LoadsFirst)
        {
            await LoadAsync(progress);
        }

        return await MeasureAsync(progress, cancel);
    }

    public void Dispose()
    {
        foreach (BenchWorker worker in _workers)
        {
            worker.Dispose();
        }
    }

    private async Task<StoreBenchResult> MeasureAsync(Action<string, double, long> progress, CancellationToken cancel)
    {
        BenchPhase[] phases = [.. Enumerable.Range(0, _workers.Length).Select(MeasuredPhase)];
        long startsAt = Stopwatch.GetTimestamp();
        long from = startsAt + Nanoseconds(_settings.WarmUp);
        long until = from + Nanoseconds(_settings.Duration);
        Task running = Task.WhenAll(_workers.Select((worker, index) => worker.StartAsync(phases[index] with
        {
            MeasureFrom = from,
            MeasureUntil = until,
            Pace = PaceOf(worker, startsAt),
        })));
        await FollowAsync(running, "warming up", () => ShareOf(startsAt, from), progress);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await FollowAsync(running, "measuring", () => ShareOf(from, until), progress);
        await running;
        TimeSpan cpu = Environment.CpuUsage.TotalTime - before;
        long measured = Math.Max(Math.Min(Stopwatch.GetTimestamp(), until) - from, 1);
        var sum = new BenchTally();
        Array.ForEach(_workers, worker => sum.Add(worker.Tally));
        return new StoreBenchResult
        {
            Settings = _settings,
            Tally = sum,
            ServerVersion = _server.ServerVersion,
            Duration = TimeSpan.FromTicks(measured / TimeSpan.NanosecondsPerTick),
            ClientCpu = cpu,
            Interrupted = cancel.IsCancellationRequested,
        };
    }

    private async Task LoadAsync(Action<string, double, long> progress)
    {
        Task loading = Task.WhenAll(_workers.Select((worker, index) => worker.StartAsync(LoadPhase(index))));
        await FollowAsync(loading, "loading", () => (double)Replies() / _settings.Keys, progress);
        await loading;
    }

    /// <summary>Reports until the share is whole or the work has ended, in whatever way.</summary>
    private async Task FollowAsync(
        Task work, string name, Func<double> share, Action<string, double, long> progress)
    {
        while (!work.IsCompleted && share() < 1)
        {
            progress(name, share(), Replies());
            await Task.WhenAny(work, Task.Delay(ProgressInterval));
        }
    }

    private BenchPhase LoadPhase(int index)
    {
        (int first, int count) = PartOf(_settings.Keys, index);
        var mix = new OperationMix(0);
        return new BenchPhase
        {
            Keys = new SequentialKeys((uint)first),
            Mix = mix,
            Encoder = EncoderOf(mix, _loadDepth),
            Depth = _loadDepth,
            RequestsMax = count,
        };
    }

    private BenchPhase MeasuredPhase(int index)
    {
        ulong seed = (_settings.Seed * 1_000_003) + (ulong)index;
        return new BenchPhase
        {
            Keys = _settings.Distribution == KeyDistribution.Zipf
                ? new ZipfKeys(_settings.Keys, _settings.ZipfExponent, seed)
                : new UniformKeys(_settings.Keys, seed),
            Mix = _settings.Mix,
            Encoder = EncoderOf(_settings.Mix, _settings.Pipeline),
            Depth = _settings.Pipeline,
            Seed = seed,
        };
    }

    private BatchEncoder EncoderOf(OperationMix mix, int batchMax) => new(
        _dialect.Get(_names), _dialect.Set(_names, _value, TtlMs, _settings.Durability), _names, _value, mix, batchMax);

    private long TtlMs => (long)(_settings.Ttl?.TotalMilliseconds ?? 0);

    // Each worker carries the share of the rate that its connections are of all.
    private Pace? PaceOf(BenchWorker worker, long startsAt) => _settings.Rate == 0
        ? null
        : new Pace(
            startsAt,
            _settings.Rate / _settings.Pipeline * worker.Connections / _settings.Clients,
            worker.Connections);

    private BenchWorker CreateWorker(BenchLink[] sockets, int index)
    {
        (int first, int count) = PartOf(sockets.Length, index);
        return new BenchWorker(
            sockets.AsSpan(first, count).ToArray(),
            BenchConnector.GreetingCorrelation + 1,
            _dialect.CreateReader(_value, _settings.Verify, BenchFrames.BytesMaxOf(_server)),
            Math.Max(_settings.Pipeline, _loadDepth),
            _settings.ReplyTimeout);
    }

    private (int First, int Count) PartOf(int total, int index)
    {
        int first = (int)((long)total * index / _settings.Threads);
        return (first, (int)((long)total * (index + 1) / _settings.Threads) - first);
    }

    private long Replies() => _workers.Sum(worker => worker.Tally.Replies);

    private void RequireWithinLimits()
    {
        Require(_settings.Pipeline, _server.InFlightMax, "--pipeline");
        Require(_settings.KeySize, _server.KeyBytesMax, "--key-size");
        Require(_settings.Size, _server.ValueBytesMax, "--size");
    }

    private static void Require(int wanted, uint limit, string option)
    {
        if (limit > 0 && wanted > limit)
        {
            throw CliFailure.Usage($"{option} {wanted} is over the server's limit of {limit}.");
        }
    }

    private static double ShareOf(long from, long until) =>
        until > from ? (double)(Stopwatch.GetTimestamp() - from) / (until - from) : 1;

    private static long Nanoseconds(TimeSpan duration) => duration.Ticks * TimeSpan.NanosecondsPerTick;
}
