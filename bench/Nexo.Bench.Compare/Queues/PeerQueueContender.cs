using System.Diagnostics;
using System.Globalization;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// Somebody else's queue, driven from here: one connection that publishes, and one for each consumer. Each of the two
/// queues that are used is empty at its start, and checked to be empty at its end.
/// </summary>
internal abstract class PeerQueueContender(
    string name, Durability confirmed, Func<int, string, IReadOnlyList<string>> commandLine) : QueueContender(name, confirmed)
{
    private const string BacklogQueue = "backlog";
    private const string ThroughQueue = "through";
    private const double DrainSecondsPerSecond = 8;
    private static readonly TimeSpan DrainSlack = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EmptyWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    public override IReadOnlyList<string> CommandLine(int port, string folder) => commandLine(port, folder);

    public override async Task<QueueFigures> MeasureAsync(ServerProcess server, QueueWork work, CancellationToken cancel)
    {
        await DeclareAsync(server.Port, BacklogQueue, work, cancel);
        await DeclareAsync(server.Port, ThroughQueue, work, cancel);
        double cpuAtStart = server.CpuSeconds;

        long start = Stopwatch.GetTimestamp();
        long published = await PublishAsync(server.Port, BacklogQueue, work, Until(start, work.Seconds), cancel);
        double publishSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double cpuPublished = server.CpuSeconds;

        var drain = new ConsumerRun();
        drain.Expect(published);
        start = Stopwatch.GetTimestamp();
        await DrainAsync(drain, StartConsumers(server.Port, BacklogQueue, work, drain, cancel), work, cancel);
        double drainSeconds = Stopwatch.GetElapsedTime(start, drain.CompletedAt).TotalSeconds;
        await RequireEmptyAsync(server.Port, BacklogQueue, cancel);
        double cpuDrained = server.CpuSeconds;

        QueueFigures through = await MeasureThroughAsync(server, work, cancel);
        return through with
        {
            PublishPerSecond = published / publishSeconds,
            DrainPerSecond = published / drainSeconds,
            Messages = published + through.Messages,
            PublishCpuPerMillion = PerMillion(cpuPublished - cpuAtStart, published),
            DrainCpuPerMillion = PerMillion(cpuDrained - cpuPublished, published),
        };
    }

    protected abstract Task DeclareAsync(int port, string queue, QueueWork work, CancellationToken cancel);

    /// <summary>Publishes until <paramref name="until"/>, and waits for what is not confirmed by then.</summary>
    /// <returns>How many messages were confirmed; all that were sent.</returns>
    protected abstract Task<long> PublishAsync(int port, string queue, QueueWork work, long until, CancellationToken cancel);

    /// <summary>One consumer, until the run is done.</summary>
    protected abstract Task ConsumeAsync(int port, string queue, QueueWork work, ConsumerRun run, CancellationToken cancel);

    /// <summary>How many messages the server still has.</summary>
    protected abstract Task<long> DepthAsync(int port, string queue, CancellationToken cancel);

    private static long Until(long start, double seconds) => start + (long)(seconds * Stopwatch.Frequency);

    private static double PerMillion(double cpuSeconds, long messages) => cpuSeconds / (messages / 1e6);

    private async Task<QueueFigures> MeasureThroughAsync(ServerProcess server, QueueWork work, CancellationToken cancel)
    {
        double cpuAtStart = server.CpuSeconds;
        long start = Stopwatch.GetTimestamp();
        long until = Until(start, work.Seconds);
        var run = new ConsumerRun { MeasuredUntil = until };
        Task consumers = StartConsumers(server.Port, ThroughQueue, work, run, cancel);
        Task<long> publishing = PublishAsync(server.Port, ThroughQueue, work, until, cancel);
        await Task.WhenAny(publishing, consumers);
        long acked = run.Acked;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long published = await publishing;
        run.Expect(published);
        await DrainAsync(run, consumers, work, cancel);
        await RequireEmptyAsync(server.Port, ThroughQueue, cancel);
        return new QueueFigures
        {
            PublishPerSecond = 0,
            DrainPerSecond = 0,
            EndToEndPerSecond = acked / seconds,
            P50Us = run.LatencyMicroseconds(50),
            P99Us = run.LatencyMicroseconds(99),
            Messages = published,
            Backlog = published - acked,
            EndToEndCpuPerMillion = PerMillion(server.CpuSeconds - cpuAtStart, published),
        };
    }

    private Task StartConsumers(int port, string queue, QueueWork work, ConsumerRun run, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, work.Consumers).Select(_ => ConsumeAsync(port, queue, work, run, cancel)));

    private async Task DrainAsync(ConsumerRun run, Task consumers, QueueWork work, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan within = TimeSpan.FromSeconds(work.Seconds * DrainSecondsPerSecond) + DrainSlack;
        while (!consumers.IsCompleted && Stopwatch.GetElapsedTime(start) < within)
        {
            await Task.WhenAny(consumers, Task.Delay(LookEvery, cancel));
            cancel.ThrowIfCancellationRequested();
        }

        run.Stop();
        await consumers;
        if (!run.Completed)
        {
            throw new CompareFailure(string.Create(
                CultureInfo.InvariantCulture, $"{Name} delivered {run.Acked:N0} messages and then no more in {within.TotalSeconds:0} s."));
        }
    }

    /// <summary>A client's word is not enough: acknowledgements that nobody answers may be lost.</summary>
    private async Task RequireEmptyAsync(int port, string queue, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        long depth;
        while ((depth = await DepthAsync(port, queue, cancel)) > 0)
        {
            if (Stopwatch.GetElapsedTime(start) > EmptyWithin)
            {
                throw new CompareFailure($"{Name} still has {depth} messages that were acknowledged.");
            }

            await Task.Delay(LookEvery, cancel);
        }
    }
}
