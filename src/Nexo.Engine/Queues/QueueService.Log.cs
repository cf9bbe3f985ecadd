using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>The queues and their log: recovery and snapshots.</content>
public sealed partial class QueueService
{
    private volatile bool _recovering;

    /// <summary>
    /// Begins to rebuild the state of an earlier run, without queues and without a log yet. Until <see cref="QueueRecovery.Complete"/>
    /// has been called no command may be given, and <see cref="Tick"/> does nothing.
    /// </summary>
    /// <param name="disk">For what memory has no room for; null: everything stays in memory.</param>
    public QueueRecovery BeginRecovery(QueueDisk? disk = null)
    {
        if (_recovering || Count != 0 || _shards[0].Log is not null)
        {
            throw new InvalidOperationException("Only without queues and without a log can a state be recovered, and only once.");
        }

        _recovering = true;
        Backlogs = disk is null ? null : new BacklogKeeper(disk, Limits.MemoryBytesMax, Limits.Cap);
        return new QueueRecovery(this);
    }

    /// <summary>
    /// Begins a snapshot for a position of the log: that of a record that had been appended before this call. Commands go on.
    /// </summary>
    /// <param name="isWhole">
    /// True for a backup: what waits on disk is copied too. Else the files there are part of the snapshot: call <see
    /// cref="OnSnapshotKept"/> once it is durable.
    /// </param>
    public QueueSnapshot BeginSnapshot(Lsn position, bool isWhole = false) =>
        new(this, position, Volatile.Read(ref _lastNumber), isWhole);

    /// <summary>
    /// The last snapshot that was begun is durable: of the files of messages on disk only what it and the one before it need is
    /// kept. File work.
    /// </summary>
    public void OnSnapshotKept()
    {
        foreach (Queue queue in _names.All)
        {
            queue.TrimBacklogs();
        }

        Backlogs?.OnSnapshotKept();
    }

    internal bool TryGetShard(int index, out QueueShard? shard)
    {
        shard = index < _shards.Length ? _shards[index] : null;
        return shard is not null;
    }

    /// <summary>Numbers up to this one were given out.</summary>
    internal void RaiseNumber(uint number) => _lastNumber = Math.Max(_lastNumber, number);

    /// <summary>
    /// A queue that a record defines and that is not there. One of the same name goes if it is older; if it is younger, it comes from
    /// a snapshot and the log will say that the defined one was deleted: then there is no answer.
    /// </summary>
    internal Queue? ApplyDefined(in DefinedRecord record, Dictionary<uint, Queue> queues)
    {
        RaiseNumber(record.Queue);
        if (_names.TryFind(record.Name, out Queue? other))
        {
            if (other.Number > record.Queue)
            {
                return null;
            }

            queues.Remove(other.Number);
            ApplyDeleted(other);
        }

        QueueShard shard = ShardOf(record.Name);
        lock (shard.Gate)
        {
            var queue = new Queue(this, shard, record.Name.ToArray(), record.Queue, record.Options, live: false);
            _count++;
            _names.Add(queue);
            queues.Add(record.Queue, queue);
            return queue;
        }
    }

    internal void ApplyDeleted(Queue queue)
    {
        lock (queue.Shard.Gate)
        {
            queue.ApplyDeleted();
        }

        queue.Shard.FreeDoomed(int.MaxValue);
    }

    /// <summary>The state is there: sets lines and timers up and attaches the log.</summary>
    internal void EndRecovery(ILogWriter? log)
    {
        foreach (QueueShard shard in _shards)
        {
            shard.GoLive(log);
        }

        _recovering = false;
        Backlogs?.EndRecovery();
        var work = new QueueWork();
        foreach (Queue queue in _names.All)
        {
            queue.Dispatch(work);
        }
    }
}
