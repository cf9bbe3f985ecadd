using HdrHistogram;

namespace Nexo.Cli.Bench.Queues;

/// <summary>
/// What the publishers and consumers of a run share: what may be pushed, and what has been counted. Written by the one
/// thread that drives them; others may look at <see cref="Confirmed"/> and <see cref="Acked"/> meanwhile.
/// </summary>
internal sealed class QueueTraffic
{
    private long _confirmed;
    private long _acked;
    private long _pushUntil;

    public MessageLedger Ledger { get; } = new();

    /// <summary>From sending a push to its confirm, in nanoseconds, one count for each message.</summary>
    public LongHistogram ConfirmLatency { get; } = BenchLatency.NewHistogram();

    /// <summary>From sending a push to its delivery, in nanoseconds.</summary>
    public LongHistogram DeliveryLatency { get; } = BenchLatency.NewHistogram();

    /// <summary>Messages whose push was confirmed.</summary>
    public long Confirmed => Volatile.Read(ref _confirmed);

    /// <summary>Messages whose settlement was confirmed.</summary>
    public long Acked => Volatile.Read(ref _acked);

    public int PushesInFlight { get; set; }

    public long AcksInFlight { get; set; }

    /// <summary>Settlements that came too late: the lease had ended.</summary>
    public long LateAcks { get; set; }

    /// <summary>Messages that are none of this run's, or not what was sent.</summary>
    public long Mismatches { get; set; }

    public long Errors { get; private set; }

    public string? FirstError { get; private set; }

    /// <summary>When anything was heard of the server, in monotonic nanoseconds.</summary>
    public long HeardAt { get; set; }

    /// <summary>Pushes that the phase may still send.</summary>
    public long PushesLeft { get; set; }

    /// <summary>Whether deliveries count for the latency.</summary>
    public bool MeasuresDeliveries { get; private set; }

    public bool IsPushing(long now) => now < _pushUntil && PushesLeft > 0;

    /// <summary>Begins a phase; what was counted stays, latencies are those of the phase.</summary>
    public void Begin(long now, long pushUntil, long pushesMax)
    {
        ConfirmLatency.Reset();
        DeliveryLatency.Reset();
        HeardAt = now;
        _pushUntil = pushUntil;
        PushesLeft = pushesMax;
        MeasuresDeliveries = pushUntil > now;
    }

    /// <summary>No more is pushed in this phase.</summary>
    /// <param name="measuresOn">Whether what is still to come counts for the latency.</param>
    public void EndPublishing(bool measuresOn)
    {
        _pushUntil = 0;
        MeasuresDeliveries &= measuresOn;
    }

    public void Fail(string error, int messages)
    {
        Errors += messages;
        FirstError ??= error;
    }

    public void AddConfirmed(int messages) => Volatile.Write(ref _confirmed, _confirmed + messages);

    public void AddAcked(int messages) => Volatile.Write(ref _acked, _acked + messages);
}
