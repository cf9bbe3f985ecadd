using System.Globalization;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics.Proofs;

/// <summary>Very many different topics, more than a server remembers, that one wildcard matches.</summary>
internal sealed class ManyTopicsProof(TopicProofOptions options, int topics) : TopicProof(options)
{
    protected override async Task RunAsync(TopicProofRun run, CancellationToken cancel)
    {
        var work = new TopicWork
        {
            Name = $"{topics:N0} topics",
            BodyBytes = Options.BodyBytes,
            Publishers = [[.. Enumerable.Range(0, topics).Select(i => $"many/topics/{i % 1_000}/{i}")]],
            Subscribers = [["many/topics/#"]],
            Receivers = 1,
        };
        using TopicLoad load = run.Contender.NewLoad(work, run.Server.Port, SilenceMax);
        load.Subscribe();
        long bytesBefore = run.Server.ResidentBytes;
        TopicPhase once = Full() with { Duration = TimeSpan.FromMinutes(1), MessagesMax = topics };
        await run.MeasureAsync(load, $"{work.Name}, first", once, cancel, _ => string.Create(
            CultureInfo.InvariantCulture, $"{(run.Server.ResidentBytes - bytesBefore) / (double)topics:0} B a topic"));
        await run.MeasureAsync(load, $"{work.Name}, again", Full(), cancel);
    }
}
