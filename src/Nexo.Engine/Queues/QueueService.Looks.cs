using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <content>Looking at queues and at what is in them.</content>
public sealed partial class QueueService
{
    /// <summary>The disk has no more room for queues: what would wait there is refused as on a full disk.</summary>
    public bool HoldsGrowth
    {
        get => Volatile.Read(ref _holdsGrowth);
        set => Volatile.Write(ref _holdsGrowth, value);
    }

    /// <summary>What messages and the structures over them take of memory. Takes the shards' locks, one after the other.</summary>
    public MemoryUse Memory
    {
        get
        {
            long blocks = 0;
            long used = 0;
            foreach (QueueShard shard in _shards)
            {
                lock (shard.Gate)
                {
                    blocks += shard.Arena.BlockBytes;
                    used += shard.Arena.UsedBytes;
                }
            }

            long bytes = _context.Pool.RentedBytes + blocks;
            return new MemoryUse(bytes, Math.Max(0, bytes - used));
        }
    }

    /// <summary>Sums over all queues.</summary>
    public QueueStats Totals => Survey(0).Totals;

    public QueueStatus Stats(ReadOnlySpan<byte> name, out QueueStats? stats)
    {
        stats = null;
        QueueStatus status = Find(name, out Queue? queue);
        return status == QueueStatus.Ok ? queue!.Stats(out stats) : status;
    }

    /// <summary>The consistency check of every shard, for tests.</summary>
    internal void Check()
    {
        foreach (QueueShard shard in _shards)
        {
            shard.Check();
        }
    }

    /// <summary>Removes what is ready, delayed or dead; what is leased stays.</summary>
    /// <remarks>In bounded holds of the lock: who pushes or settles meanwhile is not held up. What comes meanwhile stays.</remarks>
    public QueueStatus Purge(ReadOnlySpan<byte> name, QueuePart parts, out long removed, out bool waits)
    {
        const QueuePart All = QueuePart.Ready | QueuePart.Delayed | QueuePart.Dead;
        removed = 0;
        waits = false;
        if (parts == QueuePart.None || (parts & ~All) != 0)
        {
            return QueueStatus.InvalidArgument;
        }

        QueueStatus status = Find(name, out Queue? queue);
        return status == QueueStatus.Ok ? queue!.Purge(parts, out removed, out waits) : status;
    }

    /// <summary>
    /// Shows messages of one part, by id, behind <paramref name="afterId"/>, without taking them. A page may end early, even empty,
    /// when many of other parts were passed over: go on behind <paramref name="lastId"/>.
    /// </summary>
    /// <param name="more">True when the page ended before the messages did.</param>
    public QueueStatus Peek<TSink>(
        ReadOnlySpan<byte> queue, QueuePart part, ulong afterId, int limit, ref TSink sink, out ulong lastId, out bool more)
        where TSink : IQueueKeptSink, allows ref struct
    {
        lastId = afterId;
        more = false;
        if (limit < 1 || part is not (QueuePart.Ready or QueuePart.Delayed or QueuePart.Leased or QueuePart.Dead))
        {
            return QueueStatus.InvalidArgument;
        }

        QueueStatus status = Find(queue, out Queue? found);
        return status == QueueStatus.Ok ? found!.Peek(part, ref lastId, limit, ref sink, out more) : status;
    }

    /// <summary>
    /// Shows dead letters, as <see cref="Peek"/>. A page may end early, even empty, when many were passed over: go on
    /// behind <paramref name="lastId"/>.
    /// </summary>
    public QueueStatus DeadList<TSink>(
        ReadOnlySpan<byte> queue, QueueDeadFilter filter, ulong afterId, int limit, ref TSink sink, out ulong lastId, out bool more)
        where TSink : IQueueKeptSink, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(filter);
        lastId = afterId;
        more = false;
        if (limit < 1)
        {
            return QueueStatus.InvalidArgument;
        }

        QueueStatus status = Find(queue, out Queue? found);
        if (status != QueueStatus.Ok)
        {
            return status;
        }

        var walk = new DeadWalk(filter, afterId);
        status = found!.DeadList(walk, limit, ref sink, out more);
        lastId = walk.LastId;
        return status;
    }

    /// <summary>Begins to count, redrive or delete dead letters; the work is done by <see cref="QueueDeadJob.MoveNext"/>.</summary>
    /// <param name="target">Of a redrive: where to; empty: to the queue that each came from.</param>
    /// <param name="messagesMax">0: all.</param>
    public QueueStatus BeginDead(
        ReadOnlySpan<byte> queue,
        QueueDeadAction action,
        QueueDeadFilter filter,
        ReadOnlySpan<byte> target,
        long messagesMax,
        out QueueDeadJob? job)
    {
        ArgumentNullException.ThrowIfNull(filter);
        job = null;
        if (messagesMax < 0 || action > QueueDeadAction.Delete)
        {
            return QueueStatus.InvalidArgument;
        }

        QueueStatus status = Find(queue, out Queue? found);
        if (status == QueueStatus.Ok && action == QueueDeadAction.Redrive && !target.IsEmpty)
        {
            status = Find(target, out _);
        }

        if (status == QueueStatus.Ok)
        {
            job = new QueueDeadJob(this, found!, action, filter, target, messagesMax);
        }

        return status;
    }
}

/// <summary>What a <see cref="QueueDeadJob"/> does.</summary>
public enum QueueDeadAction
{
    Count,
    Redrive,
    Delete,
}
