namespace Nexo.Engine.Queues;

/// <content>Pushes, consumers, settlements.</content>
public sealed partial class QueueService
{
    /// <summary>How often a queue may vanish between it was found and its lock was taken.</summary>
    private const int TriesMax = 8;

    private static readonly QueueOptions Defaults = new();

    public QueueStatus Push(ReadOnlySpan<byte> queue, in QueueMessage message, QueueWork work, out QueuePushResult result)
    {
        ArgumentNullException.ThrowIfNull(work);
        result = default;
        QueueStatus status = QueueChecks.Message(message, _context, out PushCheck check);
        for (int i = 0; i < TriesMax && status == QueueStatus.Ok; i++)
        {
            status = FindForPush(queue, message, out Queue? found);
            if (status != QueueStatus.Ok)
            {
                return status;
            }

            status = found!.Push(message, check, work, out result);
            if (status != QueueStatus.NotFound)
            {
                return status;
            }

            status = QueueStatus.Ok;
        }

        return status == QueueStatus.Ok ? QueueStatus.NotFound : status;
    }

    /// <summary>
    /// Pushes many, each for itself, or all or none: then the first refusal is the answer and nothing is in the sink.
    /// </summary>
    public QueueStatus PushBatch<TSource, TSink>(
        ReadOnlySpan<byte> queue, TSource messages, bool allOrNone, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueMessageSource, allows ref struct
        where TSink : IQueuePushSink, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(work);
        waits = false;
        bool more = true;
        bool pushed = false;
        for (int tries = 0; more && tries < TriesMax; tries++)
        {
            QueueStatus status = FindForBatch(queue, messages, allOrNone, out Queue? found, out bool refused);
            if (refused && !allOrNone)
            {
                return RefuseEach(ref messages, ref sink);
            }

            while (status == QueueStatus.Ok && more)
            {
                status = found!.PushSome(ref messages, allOrNone, ref sink, work, out bool partWaits, out more);
                waits |= partWaits;
                pushed |= status == QueueStatus.Ok;
            }

            if (status != QueueStatus.NotFound || found is null)
            {
                return pushed ? RefuseRest(status, ref messages, ref sink) : status;
            }

            more = true;
        }

        return more ? QueueStatus.NotFound : QueueStatus.Ok;
    }

    /// <summary>
    /// Adds a consumer; nothing comes before its first credits. A queue that is not there is made if that is allowed.
    /// </summary>
    public QueueStatus Consume(
        ReadOnlySpan<byte> queue, IQueueSink sink, QueueConsumerOptions options, out QueueConsumer? consumer)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(options);
        consumer = null;
        if (options.LeaseMs != 0 && !QueueOptionTable.IsLease(options.LeaseMs))
        {
            return QueueStatus.LeaseOutOfRange;
        }

        for (int i = 0; i < TriesMax; i++)
        {
            QueueStatus status = FindOrCreate(queue, out Queue? found);
            if (status != QueueStatus.Ok || found!.Consume(sink, options, out consumer) == QueueStatus.Ok)
            {
                return status;
            }
        }

        return QueueStatus.NotFound;
    }

    /// <summary>Settles messages as done. The answer is that of the queue; that of each message goes to the sink.</summary>
    public QueueStatus Ack<TSource, TSink>(
        ReadOnlySpan<byte> queue, TSource leases, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(work);
        waits = false;
        QueueStatus status = Find(queue, out Queue? found);
        return status == QueueStatus.Ok ? found!.Ack(leases, ref sink, work, out waits) : status;
    }

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
        where TSink : IQueueSettleSink, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(work);
        waits = false;
        if (action > QueueNack.Release)
        {
            return QueueStatus.InvalidArgument;
        }

        if (action == QueueNack.Delay && !QueueChecks.DelayIsIn(delayMs, Limits))
        {
            return QueueStatus.DelayOutOfRange;
        }

        QueueStatus status = FindWithReason(queue, reason, out Queue? found);
        return status == QueueStatus.Ok
            ? found!.Nack(action, delayMs, reason, leases, ref sink, work, out waits)
            : status;
    }

    /// <summary>Makes messages dead letters now.</summary>
    public QueueStatus DeadLetter<TSource, TSink>(
        ReadOnlySpan<byte> queue, ReadOnlySpan<byte> reason, TSource leases, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(work);
        waits = false;
        QueueStatus status = FindWithReason(queue, reason, out Queue? found);
        return status == QueueStatus.Ok ? found!.DeadLetter(reason, leases, ref sink, work, out waits) : status;
    }

    /// <summary>Gives leases another end, <paramref name="leaseMs"/> from now; 0: the queue's lease time. Not logged.</summary>
    public QueueStatus Extend<TSource, TSink>(ReadOnlySpan<byte> queue, long leaseMs, TSource leases, ref TSink sink)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        if (leaseMs != 0 && !QueueOptionTable.IsLease(leaseMs))
        {
            return QueueStatus.LeaseOutOfRange;
        }

        QueueStatus status = Find(queue, out Queue? found);
        return status == QueueStatus.Ok ? found!.Extend(leaseMs, leases, ref sink) : status;
    }

    /// <summary>A refused push makes no queue: what would be refused by the defaults is refused before one is made.</summary>
    private QueueStatus FindForPush(ReadOnlySpan<byte> name, in QueueMessage message, out Queue? queue)
    {
        QueueStatus status = Find(name, out queue);
        if (status != QueueStatus.NotFound || !MayCreate(name))
        {
            return status;
        }

        status = CheckByDefaults(message, QueueStatus.Ok);
        return status == QueueStatus.Ok ? Create(name, new QueueOptionSet(), out queue) : status;
    }

    /// <summary>As <see cref="FindForPush"/>.</summary>
    /// <param name="refused">All messages, or the first of all or none, are refused before a queue is made.</param>
    private QueueStatus FindForBatch<TSource>(
        ReadOnlySpan<byte> name, TSource messages, bool allOrNone, out Queue? queue, out bool refused)
        where TSource : struct, IQueueMessageSource, allows ref struct
    {
        refused = false;
        QueueStatus status = Find(name, out queue);
        if (status != QueueStatus.NotFound || !MayCreate(name))
        {
            return status;
        }

        QueueStatus refusal = QueueStatus.Ok;
        while (messages.TryTake(out QueueMessage message))
        {
            status = CheckByDefaults(message, QueueChecks.Message(message, _context, out _));
            refusal = status == QueueStatus.Ok ? refusal : status;
            if ((status == QueueStatus.Ok) != allOrNone)
            {
                break;
            }
        }

        refused = refusal != QueueStatus.Ok && status != QueueStatus.Ok;
        return refused ? refusal : Create(name, new QueueOptionSet(), out queue);
    }

    private static QueueStatus CheckByDefaults(in QueueMessage message, QueueStatus status) =>
        status == QueueStatus.Ok && (uint)message.Priority >= (uint)Defaults.Priorities
            ? QueueStatus.PriorityOutOfRange
            : status;

    /// <summary>No message of a batch can come in, so no queue was made for it.</summary>
    private QueueStatus RefuseEach<TSource, TSink>(ref TSource messages, ref TSink sink)
        where TSource : struct, IQueueMessageSource, allows ref struct
        where TSink : IQueuePushSink, allows ref struct
    {
        while (messages.TryTake(out QueueMessage message))
        {
            sink.Add(CheckByDefaults(message, QueueChecks.Message(message, _context, out _)), default);
        }

        return QueueStatus.Ok;
    }

    private QueueStatus FindWithReason(ReadOnlySpan<byte> name, ReadOnlySpan<byte> reason, out Queue? queue)
    {
        QueueStatus status = Find(name, out queue);
        return status == QueueStatus.Ok && reason.Length > Limits.ReasonBytesMax ? QueueStatus.ReasonTooLong : status;
    }

    /// <summary>The queue went away in the midst of a batch: what had come in has its answers, and so has the rest.</summary>
    private static QueueStatus RefuseRest<TSource, TSink>(QueueStatus status, ref TSource messages, ref TSink sink)
        where TSource : struct, IQueueMessageSource, allows ref struct
        where TSink : IQueuePushSink, allows ref struct
    {
        while (status != QueueStatus.Ok && messages.TryTake(out _))
        {
            sink.Add(status, default);
        }

        return QueueStatus.Ok;
    }
}
