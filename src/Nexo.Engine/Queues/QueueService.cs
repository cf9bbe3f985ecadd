using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// The queues. Every method may be called from any thread and takes short locks, that of the queue's shard. Names are UTF-8. What may
/// have become deliverable is noted in the <see cref="QueueWork"/> that is given, to be run by the caller without a lock.
/// </summary>
public sealed partial class QueueService : IDisposable
{
    public QueueService(QueueLimits limits, EngineClock clock, TimeProvider time, ILogWriter? log = null) =>
        throw new NotImplementedException();

    /// <summary>Sums over all queues.</summary>
    public QueueStats Totals => throw new NotImplementedException();

    public int Count => throw new NotImplementedException();

    /// <summary>Makes a queue, or finds that it is there with the options that are given.</summary>
    public QueueStatus Declare(ReadOnlySpan<byte> name, QueueOptionSet options, out QueueDeclared declared) =>
        throw new NotImplementedException();

    public QueueStatus Describe(ReadOnlySpan<byte> name, out QueueDefinition? definition) => throw new NotImplementedException();

    /// <summary>Queues whose names begin with <paramref name="prefix"/> and come behind <paramref name="after"/>, in the order of their names' bytes.</summary>
    public IReadOnlyList<QueueSummary> List(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> after, int limit) =>
        throw new NotImplementedException();

    /// <summary>Changes the options that are given. <see cref="QueueOptions.Priorities"/> and durability can be changed while messages are there.</summary>
    /// <param name="revision">The one that it must have; 0: any.</param>
    public QueueStatus Update(ReadOnlySpan<byte> name, ulong revision, QueueOptionSet options, out QueueDeclared updated) =>
        throw new NotImplementedException();

    public QueueStatus Pause(ReadOnlySpan<byte> name, QueuePausedParts parts, out bool waits) => throw new NotImplementedException();

    public QueueStatus Resume(ReadOnlySpan<byte> name, QueuePausedParts parts, QueueWork work, out bool waits) =>
        throw new NotImplementedException();

    /// <summary>Removes what is ready, delayed or dead; what is leased stays.</summary>
    public QueueStatus Purge(ReadOnlySpan<byte> name, QueuePart parts, out long removed, out bool waits) =>
        throw new NotImplementedException();

    public QueueStatus Delete(ReadOnlySpan<byte> name, bool ifEmpty, bool ifUnused, out long removed, out bool waits) =>
        throw new NotImplementedException();

    public QueueStatus Stats(ReadOnlySpan<byte> name, out QueueStats? stats) => throw new NotImplementedException();

    public QueueStatus Push(ReadOnlySpan<byte> queue, in QueueMessage message, QueueWork work, out QueuePushResult result) =>
        throw new NotImplementedException();

    /// <summary>Pushes many, each for itself, or all or none: then the first refusal is the answer and nothing is in the sink.</summary>
    public QueueStatus PushBatch<TSource, TSink>(
        ReadOnlySpan<byte> queue, TSource messages, bool allOrNone, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueMessageSource, allows ref struct
        where TSink : IQueuePushSink, allows ref struct => throw new NotImplementedException();

    /// <summary>Adds a consumer; nothing comes before its first credits. A queue that is not there is made if that is allowed.</summary>
    public QueueStatus Consume(
        ReadOnlySpan<byte> queue, IQueueSink sink, QueueConsumerOptions options, out QueueConsumer? consumer) =>
        throw new NotImplementedException();

    /// <summary>Settles messages as done. The answer is that of the queue; that of each message goes to the sink.</summary>
    public QueueStatus Ack<TSource, TSink>(
        ReadOnlySpan<byte> queue, TSource leases, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct => throw new NotImplementedException();

    /// <summary>Gives messages back.</summary>
    /// <param name="delayMs">With <see cref="QueueNack.Delay"/>.</param>
    /// <param name="reason">UTF-8, for people; may be empty.</param>
    public QueueStatus Nack<TSource, TSink>(
        ReadOnlySpan<byte> queue,
        QueueNack action,
        long delayMs,
        ReadOnlySpan<byte> reason,
        TSource leases,
        ref TSink sink,
        QueueWork work,
        out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct => throw new NotImplementedException();

    /// <summary>Makes messages dead letters now.</summary>
    public QueueStatus DeadLetter<TSource, TSink>(
        ReadOnlySpan<byte> queue, ReadOnlySpan<byte> reason, TSource leases, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct => throw new NotImplementedException();

    /// <summary>Gives leases another end, <paramref name="leaseMs"/> from now; 0: the queue's lease time. Not logged.</summary>
    public QueueStatus Extend<TSource, TSink>(ReadOnlySpan<byte> queue, long leaseMs, TSource leases, ref TSink sink)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct => throw new NotImplementedException();

    /// <summary>Shows messages of one part, by id, behind <paramref name="afterId"/>, without taking them.</summary>
    /// <param name="more">True when the page ended before the messages did.</param>
    public QueueStatus Peek<TSink>(
        ReadOnlySpan<byte> queue, QueuePart part, ulong afterId, int limit, ref TSink sink, out bool more)
        where TSink : IQueueKeptSink, allows ref struct => throw new NotImplementedException();

    /// <summary>Shows dead letters, as <see cref="Peek"/>. A page may end early, even empty, when many were passed over: go on behind <paramref name="lastId"/>.</summary>
    public QueueStatus DeadList<TSink>(
        ReadOnlySpan<byte> queue, QueueDeadFilter filter, ulong afterId, int limit, ref TSink sink, out ulong lastId, out bool more)
        where TSink : IQueueKeptSink, allows ref struct => throw new NotImplementedException();

    /// <summary>Begins to count, redrive or delete dead letters; the work is done by <see cref="QueueDeadJob.MoveNext"/>.</summary>
    /// <param name="target">Of a redrive: where to; empty: to the queue that each came from.</param>
    /// <param name="messagesMax">0: all.</param>
    public QueueStatus BeginDead(
        ReadOnlySpan<byte> queue,
        QueueDeadAction action,
        QueueDeadFilter filter,
        ReadOnlySpan<byte> target,
        long messagesMax,
        out QueueDeadJob? job) => throw new NotImplementedException();

    /// <summary>
    /// Does what is due: delays that are over, leases that have ended, lives that are over, rates, queues that nobody uses. Bounded;
    /// to be called every ten milliseconds or so, by one thread at a time.
    /// </summary>
    public void Tick() => throw new NotImplementedException();

    /// <summary>Begins to rebuild the state of an earlier run; see <see cref="QueueRecovery"/>.</summary>
    public QueueRecovery BeginRecovery() => throw new NotImplementedException();

    /// <summary>Begins a snapshot for a position of the log; see <see cref="QueueSnapshot"/>.</summary>
    public QueueSnapshot BeginSnapshot(Lsn position) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}

/// <summary>What a <see cref="QueueDeadJob"/> does.</summary>
public enum QueueDeadAction
{
    Count,
    Redrive,
    Delete,
}
