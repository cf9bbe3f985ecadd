using System.Diagnostics;
using System.Globalization;
using Nexo.Bench.Compare.Queues;

namespace Nexo.Bench.Compare.Streams;

/// <summary>Somebody else's stream, driven from here: one connection that appends, and one that reads.</summary>
internal sealed class PeerStreamContender(
    string name,
    Durability confirmed,
    Func<int, string, IReadOnlyList<string>> commandLine,
    Func<PeerConnection, string, QueueLink> open) : StreamContender(name, confirmed)
{
    private const double ReadSecondsPerSecond = 8;
    private static readonly TimeSpan ReadSlack = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    /// <summary>Null: it may be used when its port is open.</summary>
    public string? Ready { get; init; }

    public override string? ReadyText => Ready;

    public override IReadOnlyList<string> CommandLine(int port, string folder) => commandLine(port, folder);

    public override async Task<StreamFigures> MeasureAsync(ServerProcess server, StreamWork work, CancellationToken cancel)
    {
        var load = new QueueWork
        {
            BodyBytes = work.ValueBytes,
            Window = work.Window,
            Consumers = 1,
            Prefetch = work.Page,
            Seconds = work.Seconds,
        };
        var history = new QueueDriver(server.Port, "history", open);
        var followed = new QueueDriver(server.Port, "followed", open);
        await history.DeclareAsync(load);
        await followed.DeclareAsync(load);

        double cpu = server.CpuSeconds;
        long start = Stopwatch.GetTimestamp();
        long appended = await history.PublishAsync(load, Until(start, work.Seconds), cancel);
        double appendSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double appendCpu = server.CpuSeconds - cpu;

        cpu = server.CpuSeconds;
        var reader = new ConsumerRun();
        reader.Expect(appended);
        start = Stopwatch.GetTimestamp();
        await FinishAsync(reader, history.ConsumeAsync(load, reader, cancel), work, cancel);
        double readSeconds = Stopwatch.GetElapsedTime(start, reader.CompletedAt).TotalSeconds;
        double readCpu = server.CpuSeconds - cpu;

        cpu = server.CpuSeconds;
        start = Stopwatch.GetTimestamp();
        var follower = new ConsumerRun();
        Task following = followed.ConsumeAsync(load, follower, cancel);
        long paced = await followed.PublishAsync(load, work.Rate, Until(start, work.Seconds), cancel);
        follower.Expect(paced);
        await FinishAsync(follower, following, work, cancel);
        return new StreamFigures
        {
            AppendPerSecond = appended / appendSeconds,
            ReadPerSecond = appended / readSeconds,
            TailP50Us = follower.LatencyMicroseconds(50),
            TailP99Us = follower.LatencyMicroseconds(99),
            AppendCpuPerMillion = appendCpu / (appended / 1e6),
            ReadCpuPerMillion = readCpu / (appended / 1e6),
            TailCpuPerMillion = (server.CpuSeconds - cpu) / (paced / 1e6),
            Records = appended + paced,
        };
    }

    private static long Until(long start, double seconds) => start + (long)(seconds * Stopwatch.Frequency);

    private async Task FinishAsync(ConsumerRun run, Task consumer, StreamWork work, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan within = TimeSpan.FromSeconds(work.Seconds * ReadSecondsPerSecond) + ReadSlack;
        while (!consumer.IsCompleted && Stopwatch.GetElapsedTime(start) < within)
        {
            await Task.WhenAny(consumer, Task.Delay(LookEvery, cancel));
            cancel.ThrowIfCancellationRequested();
        }

        run.Stop();
        await consumer;
        cancel.ThrowIfCancellationRequested();
        if (!run.Completed)
        {
            throw new CompareFailure(string.Create(
                CultureInfo.InvariantCulture, $"{Name} had given only {run.Acked:N0} records after {within.TotalSeconds:0} s."));
        }
    }
}
