using HdrHistogram;

namespace Nexo.Cli.Bench.Streams;

/// <summary>
/// What the producers and readers of a run share: what may be appended, and what has been counted. Written by the one thread
/// that drives them; others may look at <see cref="Confirmed"/> and <see cref="Read"/> meanwhile.
/// </summary>
/// <param name="readersOf">How many read each stream.</param>
internal sealed class StreamTraffic(IReadOnlyList<int> readersOf)
{
    private readonly OffsetLedger[] _ledgers = [.. readersOf.Select(_ => new OffsetLedger())];
    private long _confirmed;
    private long _read;
    private long _appendUntil;

    /// <summary>From sending an append to its confirm, in nanoseconds, one count for each record.</summary>
    public LongHistogram ConfirmLatency { get; } = BenchLatency.NewHistogram();

    /// <summary>From sending an append to each reader that has it, in nanoseconds.</summary>
    public LongHistogram DeliveryLatency { get; } = BenchLatency.NewHistogram();

    /// <summary>Records that were sent, which numbers them.</summary>
    public ulong Sent { get; set; }

    /// <summary>Records whose append was confirmed.</summary>
    public long Confirmed => Volatile.Read(ref _confirmed);

    /// <summary>Records that were read, by each reader.</summary>
    public long Read => Volatile.Read(ref _read);

    /// <summary>Records that were confirmed, by each reader of their stream.</summary>
    public long ToRead { get; private set; }

    public int AppendsInFlight { get; set; }

    /// <summary>Records that are not what was appended, or not where.</summary>
    public long Mismatches { get; set; }

    public long Errors { get; private set; }

    public string? FirstError { get; private set; }

    /// <summary>When anything was heard of the server, in monotonic nanoseconds.</summary>
    public long HeardAt { get; set; }

    /// <summary>Whether records that are read count for the latency.</summary>
    public bool MeasuresDeliveries { get; private set; }

    public OffsetLedger LedgerOf(int stream) => _ledgers[stream];

    public bool IsAppending(long now) => now < _appendUntil;

    /// <summary>Begins a phase; what was counted stays, latencies are those of the phase.</summary>
    public void Begin(long now, long appendUntil)
    {
        ConfirmLatency.Reset();
        DeliveryLatency.Reset();
        HeardAt = now;
        _appendUntil = appendUntil;
        MeasuresDeliveries = appendUntil > now;
    }

    public void EndAppending() => _appendUntil = 0;

    public void Fail(string error, int records)
    {
        Errors += records;
        FirstError ??= error;
    }

    public void Confirm(int stream, ulong offset, ulong sequence, int count)
    {
        Mismatches += _ledgers[stream].Confirm(offset, sequence, count);
        ToRead += (long)count * readersOf[stream];
        Volatile.Write(ref _confirmed, _confirmed + count);
    }

    public void AddRead(int records) => Volatile.Write(ref _read, _read + records);
}
