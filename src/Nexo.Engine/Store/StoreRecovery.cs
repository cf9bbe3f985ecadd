using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// Rebuilds a store from records: those of a snapshot, then those of the log behind its position. The records come from one
/// thread.
/// </summary>
public sealed class StoreRecovery : IRecordSink, IDisposable
{
    private readonly StoreService _store;
    private ClockRecord? _clock;
    private long _seenMs;

    internal StoreRecovery(StoreService store, int workers)
    {
        _store = store;
        _ = workers;
    }

    /// <summary>Records taken so far.</summary>
    public long Records { get; private set; }

    /// <summary>Whether records of this kind are the store's.</summary>
    public static bool Takes(byte kind) =>
        (StoreRecordKind)kind is StoreRecordKind.Clock or (>= StoreRecordKind.Set and <= StoreRecordKind.FieldsRemoved);

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The record is none that this version of the store can have written.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        Records++;
        bool valid = (StoreRecordKind)kind == StoreRecordKind.Clock
            ? TryTakeClock(payload)
            : _store.TryApply((StoreRecordKind)kind, payload);
        if (!valid)
        {
            throw new InvalidDataException(
                $"Record {lsn} of kind {kind} with {payload.Length} bytes is none that this version can read.");
        }
    }

    /// <summary>
    /// All records have come: the clock goes on from the last that was seen, and the store takes commands, which are logged
    /// in <paramref name="log"/> from now on.
    /// </summary>
    public void Complete(ILogWriter? log = null) => _store.EndRecovery(_clock, _seenMs, log);

    /// <summary>Stops the workers. Without <see cref="Complete"/> before it the store is of no use.</summary>
    public void Dispose()
    {
    }

    private bool TryTakeClock(ReadOnlySpan<byte> payload)
    {
        if (!ClockRecord.TryRead(payload, out ClockRecord clock))
        {
            return false;
        }

        if (_clock is null)
        {
            _store.BeginAt(clock.EngineMs);
        }

        _clock = clock;
        _seenMs = Math.Max(_seenMs, clock.EngineMs);
        return true;
    }
}
