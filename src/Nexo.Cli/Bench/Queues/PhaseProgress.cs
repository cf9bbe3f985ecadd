using HdrHistogram;

namespace Nexo.Cli.Bench.Queues;

/// <summary>What a phase has reached, and how its rate is told from that.</summary>
internal sealed class PhaseProgress(QueueTraffic traffic, bool consumes, long startedAt)
{
    private readonly long _sentBefore = traffic.Ledger.Sent;
    private readonly long _confirmedBefore = traffic.Confirmed;
    private readonly long _ackedBefore = traffic.Acked;
    private long _ackedMeanwhile;
    private long _publishedUntil;

    /// <summary>True when it sends no pushes, or no more.</summary>
    public bool HasPublished { get; private set; }

    public void EndPublishing(long now)
    {
        HasPublished = true;
        _publishedUntil = now;
        _ackedMeanwhile = traffic.Acked - _ackedBefore;
    }

    public QueuePhaseResult Result(long now, bool isComplete)
    {
        if (!HasPublished)
        {
            EndPublishing(now);
        }

        long sent = traffic.Ledger.Sent - _sentBefore;
        long acked = traffic.Acked - _ackedBefore;
        bool both = consumes && sent > 0;
        return new QueuePhaseResult
        {
            Messages = both ? _ackedMeanwhile : consumes ? acked : traffic.Confirmed - _confirmedBefore,
            Measured = TimeSpan.FromTicks(((both ? _publishedUntil : now) - startedAt) / TimeSpan.NanosecondsPerTick),
            Backlog = traffic.Ledger.Sent - traffic.Ledger.Refused - (_ackedBefore + _ackedMeanwhile),
            MessagesInAll = consumes ? acked : traffic.Confirmed - _confirmedBefore,
            ConfirmLatency = (LongHistogram)traffic.ConfirmLatency.Copy(),
            DeliveryLatency = (LongHistogram)traffic.DeliveryLatency.Copy(),
            IsComplete = isComplete,
        };
    }
}
