using System.Diagnostics;
using System.Globalization;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics.Proofs;

/// <summary>A million filters by name and a hundred thousand with wildcards, over a few hundred connections.</summary>
internal sealed class ManySubscriptionsProof(TopicProofOptions options, int exact, int wildcards, int connections)
    : TopicProof(options)
{
    private const int HotTopics = 1_000;

    protected override async Task RunAsync(TopicProofRun run, CancellationToken cancel)
    {
        TopicWork work = Work();
        using TopicLoad load = run.Contender.NewLoad(work, run.Server.Port, SilenceMax);
        long bytesBefore = run.Server.ResidentBytes;
        double cpuBefore = run.Server.CpuSeconds;
        long startedAt = Stopwatch.GetTimestamp();
        load.Subscribe();
        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        double filters = exact + wildcards;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"       {run.Contender.Name}: {filters:N0} filters over {connections} connections in {seconds:0.0} s, "
            + $"{(run.Server.CpuSeconds - cpuBefore) * 1e6 / filters:0.0} CPU-s/M, "
            + $"{(run.Server.ResidentBytes - bytesBefore) / filters:0} B resident each"));
        await run.MeasureAsync(load, $"{exact:N0} topics", Full() with { Publishers = 0..1 }, cancel);
        await run.MeasureAsync(load, $"{HotTopics:N0} of them", Full() with { Publishers = 1..2 }, cancel);
        await run.MeasureAsync(load, $"{wildcards:N0} wildcards", Full() with { Publishers = 2..3 }, cancel);
    }

    private TopicWork Work()
    {
        string[] topics = [.. Enumerable.Range(0, exact).Select(i => $"many/exact/{i % 1_000}/{i}")];
        string[] hot = topics[..Math.Min(HotTopics, exact)];
        string[] wild = [.. Enumerable.Range(0, wildcards).Select(i => $"many/wild/{i}/+")];
        return new TopicWork
        {
            Name = "many subscriptions",
            BodyBytes = Options.BodyBytes,
            Publishers = [topics, hot, [.. Enumerable.Range(0, wildcards).Select(i => $"many/wild/{i}/value")]],
            Subscribers =
            [
                .. Enumerable.Range(0, connections).Select(connection => (IReadOnlyList<string>)
                [
                    .. Every(connections, connection, topics),
                    .. Every(connections, connection, wild),
                ]),
            ],
            Receivers = 1,
            Receives = (connection, stream) => connection == TopicOf(stream, hot.Length) % connections,
        };
    }

    private static IEnumerable<string> Every(int step, int from, string[] of)
    {
        for (int i = from; i < of.Length; i += step)
        {
            yield return of[i];
        }
    }

    // Streams are numbered by publisher: all topics, some of them again, those that wildcards match.
    private int TopicOf(int stream, int hot) =>
        stream < exact ? stream : stream < exact + hot ? stream - exact : stream - exact - hot;
}
