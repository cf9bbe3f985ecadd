using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// Rebuilds a store from records: those of a snapshot, then those of the log behind its position. The records come from
/// one thread; each is applied by the worker that its shard belongs to, so those of a key stay in their order.
/// </summary>
public sealed class StoreRecovery : IRecordSink, IDisposable
{
    private readonly StoreService _store;
    private readonly RecoveryWorker[] _workers;
    private readonly RecoveryBatch _own = new();
    private readonly bool _keepsEntries;
    private ClockRecord? _clock;
    private long _seenMs;

    internal StoreRecovery(StoreService store, int workers, bool keepsEntries)
    {
        _store = store;
        _keepsEntries = keepsEntries;
        _workers = new RecoveryWorker[workers];
        for (int i = 0; i < workers; i++)
        {
            _workers[i] = new RecoveryWorker(store.Apply);
        }
    }

    /// <summary>Records taken so far.</summary>
    public long Records { get; private set; }

    /// <summary>Records of entries that were passed over, since this store does not keep any.</summary>
    public long Skipped { get; private set; }

    /// <summary>Whether records of this kind are the store's.</summary>
    public static bool Takes(byte kind) =>
        (StoreRecordKind)kind is StoreRecordKind.Clock or StoreRecordKind.Together
            or (>= StoreRecordKind.Set and <= StoreRecordKind.ElementsRemoved);

    /// <summary>Takes a record; it is applied a little later.</summary>
    /// <exception cref="InvalidDataException">
    /// This record, or one shortly before it, is none that this version of the store can have written.
    /// </exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        Records++;
        Take(lsn, kind, payload);
    }

    private void Take(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        var recordKind = (StoreRecordKind)kind;
        if (recordKind == StoreRecordKind.Clock)
        {
            TakeClock(lsn, payload);
            return;
        }

        if (!_keepsEntries)
        {
            Skipped++;
            return;
        }

        if (recordKind == StoreRecordKind.Together)
        {
            TakeTogether(lsn, payload);
            return;
        }

        if (!StoreRecords.TryReadKey(recordKind, payload, out ReadOnlySpan<byte> key))
        {
            throw Invalid(lsn, recordKind, payload.Length);
        }

        ulong hash = _store.HashOf(key);
        if (_workers.Length == 0)
        {
            _own.Add(lsn, recordKind, hash, payload);
            if (_own.IsFull)
            {
                ApplyOwn();
            }

            return;
        }

        RecoveryWorker worker = _workers[_store.ShardIndexOf(hash) % _workers.Length];
        worker.Filling.Add(lsn, recordKind, hash, payload);
        if (worker.Filling.IsFull)
        {
            worker.HandOver();
        }
    }

    /// <summary>
    /// Applies what has been taken so far: afterwards it is known that all of it is valid.
    /// </summary>
    /// <exception cref="InvalidDataException">As for <see cref="OnRecord"/>.</exception>
    public void Flush()
    {
        ApplyOwn();
        foreach (RecoveryWorker worker in _workers)
        {
            worker.Finish();
        }
    }

    /// <summary>
    /// All records have come: the clock goes on from the last that was seen, and the store takes commands, which are
    /// logged in <paramref name="log"/> from now on.
    /// </summary>
    /// <exception cref="InvalidDataException">As for <see cref="OnRecord"/>.</exception>
    public void Complete(ILogWriter? log = null)
    {
        Flush();
        Dispose();
        _store.EndRecovery(_clock, _seenMs, log);
    }

    /// <summary>Stops the workers. Without <see cref="Complete"/> before it the store is of no use.</summary>
    public void Dispose()
    {
        foreach (RecoveryWorker worker in _workers)
        {
            worker.Dispose();
        }
    }

    internal static InvalidDataException Invalid(Lsn lsn, StoreRecordKind kind, int payloadBytes) =>
        new($"Record {lsn} of kind {(byte)kind} with {payloadBytes} bytes is none that this version can read.");

    /// <summary>Each goes to where its key is, which is why they are looked at before the first of them is.</summary>
    private void TakeTogether(Lsn lsn, ReadOnlySpan<byte> payload)
    {
        if (!TogetherRecord.IsValid(payload))
        {
            throw Invalid(lsn, StoreRecordKind.Together, payload.Length);
        }

        while (TogetherRecord.TryTake(ref payload, out byte kind, out ReadOnlySpan<byte> record))
        {
            Take(lsn, kind, record);
        }
    }

    private void ApplyOwn()
    {
        _store.Apply(_own);
        _own.Clear();
    }

    private void TakeClock(Lsn lsn, ReadOnlySpan<byte> payload)
    {
        if (!ClockRecord.TryRead(payload, out ClockRecord clock))
        {
            throw Invalid(lsn, StoreRecordKind.Clock, payload.Length);
        }

        if (_clock is null)
        {
            _store.BeginAt(clock.EngineMs);
        }

        _clock = clock;
        _seenMs = Math.Max(_seenMs, clock.EngineMs);
    }
}
