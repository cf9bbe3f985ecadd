using System.Globalization;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics.Proofs;

/// <summary>
/// A subscriber that reads a byte a second amid a full fan-out: the others do not notice, the server's memory is bounded, and
/// it is told in the end what it has missed, to the message.
/// </summary>
internal sealed class SlowSubscriberProof(TopicProofOptions options) : TopicProof(options)
{
    private const int Subscribers = 100;

    // Two measurements of the same differ; a subscriber that held the others up would hold them for as long as it does not read.
    private const double LatencyFactorMax = 3;
    private const double LatencySlackUs = 5_000;

    // An outbox of a server as it comes, and what else a process grows by.
    private const long OutboxBytes = 8 * 1_024 * 1_024;
    private const long MemorySlackBytes = 64 * 1_024 * 1_024;

    protected override async Task RunAsync(TopicProofRun run, CancellationToken cancel)
    {
        var work = TopicWork.FanOut(1, Subscribers, Options.BodyBytes);
        using TopicLoad load = run.Contender.NewLoad(work, run.Server.Port, SilenceMax);
        load.Subscribe();
        await run.MeasureAsync(load, $"{work.Name}, alone", Full(Subscribers), cancel);
        TopicPhaseResult alone = await run.MeasureAsync(load, $"{work.Name}, alone", Paced(), cancel);
        long memoryAlone = run.Server.ResidentBytesMax;

        BenchConnector connector = run.Contender.Connector(run.Server.Port);
        using var slow = new SlowSubscriber(run.Contender.Dialect(connector), connector, work, SilenceMax);
        slow.Subscribe(work.Subscribers[0]);
        long publishedBefore = load.Tally.Published[0];
        using var stop = new CancellationTokenSource();
        Task reading = slow.ReadSlowlyAsync(stop.Token);
        await run.MeasureAsync(load, $"{work.Name}, slow one", Full(Subscribers), cancel);
        TopicPhaseResult beside = await run.MeasureAsync(load, $"{work.Name}, slow one", Paced(), cancel);
        long memoryBeside = run.Server.ResidentBytesMax;
        await stop.CancelAsync();
        await reading;
        slow.ReadRest(out string? end);
        long gaps = slow.Gaps - publishedBefore;
        long published = load.Tally.Published[0] - publishedBefore;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"       {run.Contender.Name}: the slow one read {slow.SlowBytes} bytes meanwhile; of {published:N0} messages it has got "
            + $"{slow.Received:N0} in the end, was told of {slow.Missed:N0} missed, saw gaps of {gaps:N0}{end}"));
        run.Require(
            slow.Received + slow.Missed == published && slow.Missed == gaps && slow.Repeated == 0,
            "what the slow subscriber got and what it was told to have missed is not what was published.");
        run.Require(
            IsUnhurt(alone.LatencyUs(99), beside.LatencyUs(99)),
            $"beside a slow subscriber the others' p99 is {beside.LatencyUs(99):N0} µs, alone {alone.LatencyUs(99):N0} µs.");
        run.Require(
            IsBounded(memoryAlone, memoryBeside),
            $"a slow subscriber has made {memoryAlone:N0} bytes of memory {memoryBeside:N0}.");
    }

    public static bool IsUnhurt(double aloneUs, double besideUs) => besideUs <= (LatencyFactorMax * aloneUs) + LatencySlackUs;

    public static bool IsBounded(long aloneBytes, long besideBytes) =>
        besideBytes <= aloneBytes + OutboxBytes + MemorySlackBytes;
}
