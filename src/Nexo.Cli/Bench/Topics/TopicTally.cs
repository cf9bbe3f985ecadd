using HdrHistogram;

namespace Nexo.Cli.Bench.Topics;

/// <summary>
/// What the publishers and subscribers of a run share. Written by the one thread that drives them; others may look at
/// <see cref="Delivered"/> meanwhile.
/// </summary>
internal sealed class TopicTally(int bodyBytes, int streams)
{
    private const long LatencyNanosecondsMin = 128;
    private const long LatencyNanosecondsMax = 3_600_000_000_000;
    private const int SignificantDigits = 3;

    private long _delivered;
    private long _confirmed;

    public int BodyBytes { get; } = bodyBytes;

    /// <summary>How many messages of each stream were published.</summary>
    public uint[] Published { get; } = new uint[streams];

    /// <summary>From sending a message, or when it was due, to its delivery, in nanoseconds.</summary>
    public LongHistogram Latency { get; } = NewHistogram();

    /// <summary>From sending a message, or when it was due, to its confirm.</summary>
    public LongHistogram ConfirmLatency { get; } = NewHistogram();

    /// <summary>Messages that came, to each subscriber.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Deliveries that are to come, if nothing is lost.</summary>
    public long Expected { get; set; }

    /// <summary>Messages that were passed over: a later one of their stream came first.</summary>
    public long Gaps { get; set; }

    /// <summary>Messages that came after a later one of their stream, or twice.</summary>
    public long Repeated { get; set; }

    /// <summary>Messages that are none of this run's, or not what was sent.</summary>
    public long Mismatches { get; set; }

    /// <summary>Messages that the server says that it has dropped.</summary>
    public long Missed { get; set; }

    /// <summary>Messages that were confirmed.</summary>
    public long Confirmed => Volatile.Read(ref _confirmed);

    /// <summary>Messages whose confirm is to come.</summary>
    public long Unconfirmed { get; set; }

    /// <summary>Messages that the server did not take.</summary>
    public long Errors { get; private set; }

    public string? FirstError { get; private set; }

    /// <summary>Answers to subscribing that are to come.</summary>
    public long AnswersAwaited { get; set; }

    /// <summary>When anything was heard of the server, in monotonic nanoseconds.</summary>
    public long HeardAt { get; set; }

    /// <summary>When the last message came.</summary>
    public long DeliveredAt { get; private set; }

    /// <summary>What is under way: neither come nor passed over.</summary>
    public long InFlight => Expected - _delivered - Gaps + Repeated;

    public void AddDelivered(long messages, long now)
    {
        Volatile.Write(ref _delivered, _delivered + messages);
        DeliveredAt = now;
    }

    public void Record(long nanoseconds, int count) =>
        Latency.RecordValueWithCount(Math.Clamp(nanoseconds, 1, LatencyNanosecondsMax), count);

    /// <summary>A message was confirmed.</summary>
    public void RecordConfirm(long nanoseconds)
    {
        ConfirmLatency.RecordValue(Math.Clamp(nanoseconds, 1, LatencyNanosecondsMax));
        Volatile.Write(ref _confirmed, _confirmed + 1);
    }

    /// <summary>The server did not take messages.</summary>
    public void Fail(long messages, string error)
    {
        Errors += messages;
        FirstError ??= error;
    }

    private static LongHistogram NewHistogram() => new(LatencyNanosecondsMin, LatencyNanosecondsMax, SignificantDigits);
}
