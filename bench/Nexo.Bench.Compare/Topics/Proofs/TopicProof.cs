using Nexo.Cli.Bench.Topics;

namespace Nexo.Bench.Compare.Topics.Proofs;

/// <summary>How much of it.</summary>
internal sealed record TopicProofOptions
{
    public required int BodyBytes { get; init; }

    public required double Seconds { get; init; }

    public required int Window { get; init; }

    public required int BatchMax { get; init; }

    /// <summary>Messages a second, where it is measured at a fixed rate.</summary>
    public required double Rate { get; init; }
}

/// <summary>A claim about a server's topics that is put to the test.</summary>
internal abstract class TopicProof(TopicProofOptions options)
{
    protected static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(10);

    protected TopicProofOptions Options { get; } = options;

    /// <summary>Runs it on a server that has just been started, and hands over what it has measured.</summary>
    public async Task RunAsync(TopicContender contender, int round, Action<TopicMeasurement> measured, CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
        await RunAsync(new TopicProofRun(contender, server, round, measured), cancel);
    }

    protected abstract Task RunAsync(TopicProofRun run, CancellationToken cancel);

    /// <summary>As fast as the window lets.</summary>
    protected TopicPhase Full(int receivers = 1) => new()
    {
        Duration = TimeSpan.FromSeconds(Options.Seconds),
        Window = TopicComparison.WindowOf(Options.Window, receivers),
        BatchMax = Options.BatchMax,
    };

    /// <summary>At the fixed rate.</summary>
    protected TopicPhase Paced() => Full() with { Rate = Options.Rate };
}

/// <summary>One server and one round of a proof.</summary>
internal sealed class TopicProofRun(
    TopicContender contender, ServerProcess server, int round, Action<TopicMeasurement> measured)
{
    public TopicContender Contender => contender;

    public ServerProcess Server => server;

    /// <summary>Runs a phase and hands over what it found.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="note">What else was found, once the phase is over.</param>
    public async Task<TopicPhaseResult> MeasureAsync(
        TopicLoad load, string name, TopicPhase phase, CancellationToken cancel, Func<TopicPhaseResult, string>? note = null)
    {
        await using CancellationTokenRegistration stop = cancel.Register(load.Stop);
        double cpuBefore = server.CpuSeconds;
        TopicPhaseResult result = await load.StartAsync(phase);
        cancel.ThrowIfCancellationRequested();
        TopicMeasurement row = TopicMeasurement.Of(contender.Name, name, phase, round, result, server, cpuBefore);
        measured(row with { Note = note?.Invoke(result) });
        return result;
    }

    public void Require(bool condition, string otherwise)
    {
        if (condition)
        {
            return;
        }

        if (contender.IsNexo)
        {
            throw new CompareFailure($"{contender.Name}: {otherwise}");
        }

        Console.Error.WriteLine($"{contender.Name}: {otherwise}");
    }
}
