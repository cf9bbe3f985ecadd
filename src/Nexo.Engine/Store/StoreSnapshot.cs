using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>
/// A snapshot of the store, taken in slices while it works: call <see cref="MoveNext"/> until it says false, with
/// pauses as one likes. What comes out holds every change up to <see cref="Position"/> and perhaps later ones, so it is
/// complete only together with the log from there. <b>It may be kept only once the log is durable up to what had been
/// appended when the last slice was taken</b>: it must hold nothing that the log may still lose.
/// </summary>
/// <remarks>
/// Keys come almost in order over all shards: a slice of one shard says how far this round goes, then the others follow
/// as far as that. Recovery, where keys fall to other shards, so works at one place of each ordered index at a time.
/// </remarks>
public sealed class StoreSnapshot
{
    private readonly StoreService _store;
    private readonly SnapshotBuffer _buffer = new();
    private readonly SnapshotPlace[] _places;
    private KeyBuffer _bound;
    private bool _inRound;
    private int _shard;

    internal StoreSnapshot(StoreService store, int shards, Lsn position)
    {
        _store = store;
        _places = new SnapshotPlace[shards];
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
        if (!TrySlice())
        {
            return false;
        }

        Records += _buffer.Records;
        _buffer.Deliver(target, Position);
        return true;
    }

    private bool TrySlice()
    {
        if (_places.Length == 0)
        {
            // The clock alone, which is in the buffer.
            return Records == 0;
        }

        while (_shard < _places.Length && _places[_shard].Done)
        {
            _shard++;
        }

        if (!_store.TryGetShard(_shard, out StoreShard? shard))
        {
            // All are where the bound is, or done: the next round begins with the first that is not.
            int first = Array.FindIndex(_places, place => !place.Done);
            if (first < 0 || !_store.TryGetShard(first, out shard))
            {
                return false;
            }

            _shard = first;
            _inRound = false;
        }

        ref SnapshotPlace place = ref _places[_shard];
        switch (shard.Snapshot(ref place, _inRound ? _bound.Key : default, _buffer))
        {
            case SliceEnd.ShardDone:
                place.Done = true;
                _shard++;
                break;
            case SliceEnd.PageFull:
                _shard++;
                break;
            default:
                break;
        }

        if (!_inRound && !place.Done)
        {
            _bound.Set(place.Last.Key);
            _inRound = true;
        }

        return true;
    }
}
