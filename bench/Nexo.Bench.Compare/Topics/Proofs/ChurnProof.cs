using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics.Proofs;

/// <summary>Subscriptions come and go by the hundred thousand while others are served: none of them loses a message.</summary>
internal sealed class ChurnProof(TopicProofOptions options, int changes) : TopicProof(options)
{
    private const int Connections = 10;

    protected override async Task RunAsync(TopicProofRun run, CancellationToken cancel)
    {
        var work = TopicWork.Wildcards(10, 10, 8, Options.BodyBytes);
        using TopicLoad load = run.Contender.NewLoad(work, run.Server.Port, SilenceMax);
        load.Subscribe();
        await run.MeasureAsync(load, "10 → 10 w, alone", Paced(), cancel);

        BenchConnector connector = run.Contender.Connector(run.Server.Port);
        using var churn = new FilterChurn(run.Contender.Dialect(connector), connector, Connections);
        Task churning = churn.StartAsync(changes, TimeSpan.FromSeconds(Options.Seconds));
        await run.MeasureAsync(load, "10 → 10 w, churn", Paced(), cancel, _ => $"{churn.Subscribed:N0} filters came and {churn.Unsubscribed:N0} went meanwhile");
        await churning;
        run.Require(
            churn.Subscribed == changes && churn.Unsubscribed == changes,
            $"of {changes} changes {churn.Subscribed} filters came and {churn.Unsubscribed} went.");
    }
}
