using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// A snapshot of the queues, taken in slices while they work, as that of the store is: to be kept only once
/// the log is durable up to what had been appended when the last slice was taken.
/// </summary>
public sealed class QueueSnapshot
{
    private readonly QueueService _service;
    private readonly RecordBuffer _buffer = new();
    private readonly Lsn _position;
    private SnapshotPlace _place;
    private int _shard;

    internal QueueSnapshot(QueueService service, Lsn position, uint lastNumber)
    {
        _service = service;
        _position = position;
        new RecordWriter(_buffer.Add(QueueRecordKind.NumbersKept, sizeof(uint))).U32(lastNumber);
    }

    /// <summary>Takes one bounded slice under the lock of a shard, then, without it, gives its records away; false when finished.</summary>
    public bool MoveNext(IRecordSink target)
    {
        ArgumentNullException.ThrowIfNull(target);
        bool more = _service.TryGetShard(_shard, out QueueShard? shard);
        if (more && shard!.Snapshot(ref _place, _buffer))
        {
            _shard++;
            _place = default;
        }

        _buffer.Deliver(target, _position);
        return more;
    }
}

/// <summary>Where a snapshot goes on within a shard.</summary>
internal struct SnapshotPlace
{
    /// <summary>The queue's place in the shard.</summary>
    public int Slot;

    /// <summary>Its number; 0: it has not begun. With another one in its place it is gone.</summary>
    public uint Number;

    /// <summary>The last message that was copied.</summary>
    public ulong LastId;

    /// <summary>Its messages are done, and dedup ids are next.</summary>
    public bool InDedup;

    /// <summary>The last dedup id that was copied, with its moment; 0: none.</summary>
    public UInt128 LastHash;
    public long LastAtMs;
}
