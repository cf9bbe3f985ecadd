using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// A snapshot of the store, taken in slices while it works: call <see cref="MoveNext"/> until it says false, with pauses as
/// one likes. What comes out holds every change up to <see cref="Position"/> and perhaps later ones, so it is complete
/// only together with the log from there. <b>It may be kept only once the log is durable up to what had been appended
/// when the last slice was taken</b>: it must hold nothing that the log may still lose.
/// </summary>
public sealed class StoreSnapshot
{
    private readonly StoreService _store;
    private readonly SnapshotBuffer _buffer = new();
    private SnapshotPlace _place;
    private int _shard;

    internal StoreSnapshot(StoreService store, Lsn position)
    {
        _store = store;
        Position = position;
        store.ReadClock().Write(_buffer.Add(StoreRecordKind.Clock, ClockRecord.Bytes));
    }

    /// <summary>The record of the log up to which every change is in the snapshot.</summary>
    public Lsn Position { get; }

    /// <summary>Records given to the target so far.</summary>
    public long Records { get; private set; }

    /// <summary>
    /// Takes one bounded slice under the lock of a shard, then, without the lock, gives its records to <paramref
    /// name="target"/>; false when finished. What the target throws ends the snapshot.
    /// </summary>
    public bool MoveNext(IRecordSink target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!_store.TryGetShard(_shard, out StoreShard? shard))
        {
            return false;
        }

        if (shard.Snapshot(ref _place, _buffer) == SliceEnd.ShardDone)
        {
            _shard++;
            _place.Last.Clear();
        }

        Records += _buffer.Records;
        _buffer.Deliver(target, Position);
        return true;
    }
}
