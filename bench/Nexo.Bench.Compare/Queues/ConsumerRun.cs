using System.Diagnostics;
using HdrHistogram;

namespace Nexo.Bench.Compare.Queues;

/// <summary>What the consumers of one phase share: how many messages they have acknowledged, and when they are done.</summary>
internal sealed class ConsumerRun
{
    private const long LatencyTicksMax = 3_600_000_000_000;
    private const int SignificantDigits = 3;

    private readonly Lock _gate = new();
    private readonly LongHistogram _latency = NewHistogram();
    private long _acked;
    private long _expected = long.MaxValue;
    private long _completedAt;
    private bool _stopped;

    /// <summary>Messages that have been acknowledged.</summary>
    public long Acked => Volatile.Read(ref _acked);

    /// <summary>Whether the last expected message has been acknowledged.</summary>
    public bool Completed => CompletedAt != 0;

    /// <summary>When that was, by <see cref="Stopwatch"/>; 0: it has not been.</summary>
    public long CompletedAt => Volatile.Read(ref _completedAt);

    /// <summary>Consumers go on until this is true, and look at it at least once a second.</summary>
    public bool Done => Completed || Volatile.Read(ref _stopped);

    /// <summary>Latencies count until here, by <see cref="Stopwatch"/>.</summary>
    public long MeasuredUntil { get; init; } = long.MaxValue;

    public static LongHistogram NewHistogram() => new(1, LatencyTicksMax, SignificantDigits);

    /// <summary>How many messages there are in all, as soon as it is known.</summary>
    public void Expect(long messages)
    {
        Volatile.Write(ref _expected, messages);
        Complete(Acked);
    }

    public void AddAcked(int messages) => Complete(Interlocked.Add(ref _acked, messages));

    /// <summary>Ends it before all is there.</summary>
    public void Stop() => Volatile.Write(ref _stopped, true);

    /// <summary>Takes over what one consumer recorded, in ticks of <see cref="Stopwatch"/>.</summary>
    public void AddLatency(LongHistogram latency)
    {
        lock (_gate)
        {
            _latency.Add(latency);
        }
    }

    public double LatencyMicroseconds(double percentile)
    {
        lock (_gate)
        {
            return _latency.TotalCount == 0
                ? double.NaN
                : Stopwatch.GetElapsedTime(0, _latency.GetValueAtPercentile(percentile)).TotalMicroseconds;
        }
    }

    private void Complete(long acked)
    {
        if (acked >= Volatile.Read(ref _expected))
        {
            Interlocked.CompareExchange(ref _completedAt, Stopwatch.GetTimestamp(), 0);
        }
    }
}
