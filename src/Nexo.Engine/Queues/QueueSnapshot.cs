using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// A snapshot of the queues, taken in slices while they work, as that of the store is: to be kept only once
/// the log is durable up to what had been appended when the last slice was taken.
/// </summary>
public sealed class QueueSnapshot : IDisposable
{
    private readonly QueueService _service;
    private readonly RecordBuffer _buffer = new();
    private readonly Lsn _position;
    private readonly bool _isWhole;
    private bool _isDisposed;
    private SnapshotPlace _place;
    private int _shard;

    internal QueueSnapshot(QueueService service, Lsn position, uint lastNumber, bool isWhole)
    {
        _service = service;
        _position = position;
        _isWhole = isWhole && service.Backlogs is not null;
        if (_isWhole)
        {
            service.Backlogs!.BeginCopies();
        }

        new RecordWriter(_buffer.Add((byte)QueueRecordKind.NumbersKept, sizeof(uint))).U32(lastNumber);
    }

    /// <summary>
    /// Takes one bounded slice under the lock of a shard, then, without it, gives its records away; false when
    /// finished.
    /// </summary>
    public bool MoveNext(IRecordSink target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (TryCopy())
        {
            _buffer.Deliver(target, _position);
            return true;
        }

        bool more = _service.TryGetShard(_shard, out QueueShard? shard);
        if (more && shard!.Snapshot(ref _place, _buffer, _isWhole))
        {
            _shard++;
            _place = default;
        }

        if (_place is { Stage: SnapshotStage.Files, Queue: { } queue })
        {
            KeepBacklogs(queue, _place.Backlogs!);
        }

        _buffer.Deliver(target, _position);
        return more;
    }

    /// <summary>Of a backup, also when it was given up: files may be let go of again.</summary>
    public void Dispose()
    {
        if (_isWhole && !_isDisposed)
        {
            _isDisposed = true;
            _service.Backlogs!.EndCopies();
        }
    }

    // The backlogs of a queue have been closed up to here: their files are made durable, or opened to be copied.
    private void KeepBacklogs(Queue queue, List<BacklogKept> backlogs)
    {
        try
        {
            foreach (BacklogKept kept in backlogs)
            {
                _service.Backlogs!.Checkpoint(queue, kept, _isWhole);
            }
        }
        finally
        {
            queue.ReleaseBacklogs(backlogs);
        }

        _place.Stage = SnapshotStage.Backlogs;
    }

    private bool TryCopy()
    {
        if (_place.Stage != SnapshotStage.Copies)
        {
            return false;
        }

        BacklogKept? next = _place.Backlogs!.Find(kept => kept.HasMore);
        if (next is null)
        {
            _place = new SnapshotPlace { Slot = _place.Slot + 1 };
            return false;
        }

        next.IsOpen = _service.Backlogs!.Copy(_place.Number, next, _buffer);
        return true;
    }
}

/// <summary>Where a snapshot goes on within a shard.</summary>
internal struct SnapshotPlace
{
    /// <summary>The queue's place in the shard.</summary>
    public int Slot;

    /// <summary>Its number; 0: it has not begun. With another one in its place it is gone.</summary>
    public uint Number;

    public SnapshotStage Stage;

    /// <summary>Of the queue, those that are kept or copied; null: it has none.</summary>
    public List<BacklogKept>? Backlogs;
    public Queue? Queue;

    /// <summary>The last message that was copied.</summary>
    public ulong LastId;

    /// <summary>The last dedup id that was copied, with its moment; 0: none.</summary>
    public UInt128 LastHash;
    public long LastAtMs;
}

/// <summary>What a snapshot does next with a queue.</summary>
internal enum SnapshotStage
{
    Start,

    /// <summary>Its backlogs were closed: their file work is to be done, without the lock.</summary>
    Files,

    /// <summary>What the files hold is to be told.</summary>
    Backlogs,
    Messages,
    Dedup,

    /// <summary>What waited on disk at the start is to be copied, without the lock.</summary>
    Copies,
}

/// <summary>A backlog in a snapshot.</summary>
internal sealed class BacklogKept(byte priority, Backlog backlog, long copyFrom)
{
    public byte Priority => priority;

    public Backlog Backlog => backlog;

    public SegmentedLogCheckpoint Checkpoint { get; set; }

    /// <summary>It has files.</summary>
    public bool IsOpen { get; set; }

    /// <summary>There is more to be copied.</summary>
    public bool HasMore => IsOpen && CopyFrom < CopyTo;

    /// <summary>
    /// It is copied as a whole. Of a backup all are; else those whose files have failed, so that one does not hold up the snapshots
    /// of all.
    /// </summary>
    public bool IsCopied { get; set; }

    /// <summary>Of the log: the next that is to be copied.</summary>
    public long CopyFrom { get; set; } = copyFrom;

    /// <summary>Of the log: behind the last that is to be copied.</summary>
    public long CopyTo { get; set; }
}
