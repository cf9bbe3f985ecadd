using HdrHistogram;

namespace Nexo.Cli.Bench;

/// <summary>What one worker counted. Written by that worker; others may look at <see cref="Replies"/> meanwhile.</summary>
internal sealed class BenchTally
{
    private const long LatencyNanosecondsMin = 128;
    private const long LatencyNanosecondsMax = 3_600_000_000_000;
    private const int SignificantDigits = 3;

    private long _replies;

    /// <summary>Latencies in nanoseconds.</summary>
    public LongHistogram Latency { get; } = new(LatencyNanosecondsMin, LatencyNanosecondsMax, SignificantDigits);

    /// <summary>Requests that were answered.</summary>
    public long Replies => Volatile.Read(ref _replies);

    public long Misses { get; set; }

    public long BytesSent { get; set; }

    public long BytesReceived { get; set; }

    /// <summary>Values that were not what they should be, by length or, where it is looked at, by content.</summary>
    public long Mismatches { get; set; }

    public long Errors { get; set; }

    public string? FirstError { get; set; }

    public void Record(long latency, int count)
    {
        Volatile.Write(ref _replies, _replies + count);
        Latency.RecordValueWithCount(Math.Clamp(latency, 1, LatencyNanosecondsMax), count);
    }

    /// <summary>A latency so far of requests that have no answer.</summary>
    public void RecordUnanswered(long latency, int count) =>
        Latency.RecordValueWithCount(Math.Clamp(latency, 1, LatencyNanosecondsMax), count);

    /// <summary>Forgets what was counted while warming up; what went wrong stays.</summary>
    public void BeginWindow()
    {
        Latency.Reset();
        Misses = 0;
        BytesSent = 0;
        BytesReceived = 0;
        Volatile.Write(ref _replies, 0);
    }

    public void Add(BenchTally other)
    {
        Latency.Add(other.Latency);
        _replies += other.Replies;
        Misses += other.Misses;
        BytesSent += other.BytesSent;
        BytesReceived += other.BytesReceived;
        Mismatches += other.Mismatches;
        Errors += other.Errors;
        FirstError ??= other.FirstError;
    }
}
