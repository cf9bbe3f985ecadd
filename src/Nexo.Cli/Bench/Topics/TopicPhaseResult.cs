using HdrHistogram;

namespace Nexo.Cli.Bench.Topics;

/// <summary>What was counted; of a phase the difference.</summary>
internal readonly record struct TopicCounts(
    long Published, long Delivered, long Expected, long Gaps, long Repeated, long Mismatches, long Missed)
{
    public static TopicCounts operator -(TopicCounts now, TopicCounts before) => new(
        now.Published - before.Published,
        now.Delivered - before.Delivered,
        now.Expected - before.Expected,
        now.Gaps - before.Gaps,
        now.Repeated - before.Repeated,
        now.Mismatches - before.Mismatches,
        now.Missed - before.Missed);

    public static TopicCounts Of(TopicTally tally) => new(
        tally.Published.Sum(number => (long)number),
        tally.Delivered,
        tally.Expected,
        tally.Gaps,
        tally.Repeated,
        tally.Mismatches,
        tally.Missed);
}

/// <summary>What a phase found.</summary>
internal sealed record TopicPhaseResult
{
    public required TopicCounts Counts { get; init; }

    /// <summary>
    /// Messages that did not come where they should have, or came where they should not, since the run began.
    /// </summary>
    public required long Missing { get; init; }

    /// <summary>How long was published.</summary>
    public required TimeSpan Publishing { get; init; }

    /// <summary>Until the last delivery.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>In nanoseconds; valid until the next phase begins.</summary>
    public required LongHistogram Latency { get; init; }

    /// <summary>Likewise.</summary>
    public required LongHistogram ConfirmLatency { get; init; }

    /// <summary>Processor time of this process.</summary>
    public required TimeSpan ClientCpu { get; init; }

    /// <summary>Whether every message came once, in its order, to each of its receivers and nobody else.</summary>
    public bool IsExact => Counts is { Gaps: 0, Repeated: 0, Mismatches: 0, Missed: 0 }
        && Counts.Delivered == Counts.Expected
        && Missing == 0;

    /// <summary>
    /// Deliveries that did not come: a message that came after a later one is taken for one that came twice.
    /// </summary>
    public long Lost => Math.Max(0, Counts.Expected - (Counts.Delivered - Counts.Repeated));

    public double PublishedPerSecond => Counts.Published / Elapsed.TotalSeconds;

    public double DeliveredPerSecond => Counts.Delivered / Elapsed.TotalSeconds;

    public double ClientCpuPerMillion => Counts.Delivered == 0 ? 0 : ClientCpu.TotalSeconds * 1e6 / Counts.Delivered;

    public double LatencyUs(double percentile) => Microseconds(Latency, percentile);

    public double ConfirmLatencyUs(double percentile) => Microseconds(ConfirmLatency, percentile);

    private static double Microseconds(LongHistogram latency, double percentile) =>
        latency.TotalCount == 0 ? 0 : Math.Round(latency.GetValueAtPercentile(percentile) / 1e3, 1);
}
