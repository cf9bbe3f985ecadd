using System.Diagnostics;
using System.Globalization;

namespace Nexo.Bench.Compare.Queues;

/// <summary>
/// Somebody else's queue, driven from here: one connection that publishes, and one for each consumer. Each of the two
/// queues that are used is empty at its start, and checked to be empty at its end.
/// </summary>
internal sealed class PeerQueueContender(
    string name,
    Durability confirmed,
    Func<int, string, IReadOnlyList<string>> commandLine,
    Func<PeerConnection, string, QueueLink> open) : QueueContender(name, confirmed)
{
    private const double DrainSecondsPerSecond = 8;
    private static readonly TimeSpan DrainSlack = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EmptyWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    /// <summary>Null: it may be used when its port is open.</summary>
    public string? Ready { get; init; }

    public override string? ReadyText => Ready;

    public override IReadOnlyList<string> CommandLine(int port, string folder) => commandLine(port, folder);

    public override async Task<QueueFigures> MeasureAsync(ServerProcess server, QueueWork work, CancellationToken cancel)
    {
        var backlog = new QueueDriver(server.Port, "backlog", open);
        var through = new QueueDriver(server.Port, "through", open);
        await backlog.DeclareAsync(work);
        await through.DeclareAsync(work);
        double cpuAtStart = server.CpuSeconds;

        long start = Stopwatch.GetTimestamp();
        long published = await backlog.PublishAsync(work, Until(start, work.Seconds), cancel);
        double publishSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double cpuPublished = server.CpuSeconds;

        var drain = new ConsumerRun();
        drain.Expect(published);
        start = Stopwatch.GetTimestamp();
        await DrainAsync(drain, backlog.ConsumeAsync(work, drain, cancel), work, cancel);
        double drainSeconds = Stopwatch.GetElapsedTime(start, drain.CompletedAt).TotalSeconds;
        await RequireEmptyAsync(backlog, cancel);
        double cpuDrained = server.CpuSeconds;

        QueueFigures figures = await MeasureThroughAsync(server, through, work, cancel);
        return figures with
        {
            PublishPerSecond = published / publishSeconds,
            DrainPerSecond = published / drainSeconds,
            Messages = published + figures.Messages,
            PublishCpuPerMillion = PerMillion(cpuPublished - cpuAtStart, published),
            DrainCpuPerMillion = PerMillion(cpuDrained - cpuPublished, published),
        };
    }

    private static long Until(long start, double seconds) => start + (long)(seconds * Stopwatch.Frequency);

    private static double PerMillion(double cpuSeconds, long messages) => cpuSeconds / (messages / 1e6);

    private async Task<QueueFigures> MeasureThroughAsync(
        ServerProcess server, QueueDriver queue, QueueWork work, CancellationToken cancel)
    {
        double cpuAtStart = server.CpuSeconds;
        long start = Stopwatch.GetTimestamp();
        long until = Until(start, work.Seconds);
        var run = new ConsumerRun { MeasuredUntil = until };
        Task consumers = queue.ConsumeAsync(work, run, cancel);
        Task<long> publishing = queue.PublishAsync(work, until, cancel);
        await Task.WhenAny(publishing, consumers);
        long acked = run.Acked;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long published = await publishing;
        run.Expect(published);
        await DrainAsync(run, consumers, work, cancel);
        await RequireEmptyAsync(queue, cancel);
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
        cancel.ThrowIfCancellationRequested();
        if (!run.Completed)
        {
            throw new CompareFailure(string.Create(
                CultureInfo.InvariantCulture,
                $"{Name} had delivered only {run.Acked:N0} messages after {within.TotalSeconds:0} s."));
        }
    }

    /// <summary>A client's word is not enough: acknowledgements that nobody answers may be lost.</summary>
    private async Task RequireEmptyAsync(QueueDriver queue, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        long depth;
        while ((depth = await queue.DepthAsync()) > 0)
        {
            if (Stopwatch.GetElapsedTime(start) > EmptyWithin)
            {
                throw new CompareFailure($"{Name} still has {depth} messages that were acknowledged.");
            }

            await Task.Delay(LookEvery, cancel);
        }
    }
}
