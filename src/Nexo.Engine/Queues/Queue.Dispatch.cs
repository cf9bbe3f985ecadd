namespace Nexo.Engine.Queues;

/// <content>Deliveries: to consumers with credits, and to pulls.</content>
internal sealed unsafe partial class Queue
{
    private long _holds;
    private bool _stalled;

    /// <summary>Delivers what can be, in bounded holds of the lock, and moves away what died.</summary>
    public void Dispatch(QueueWork work)
    {
        bool more = true;
        for (int holds = 0; more; holds++)
        {
            if (holds == _shard.Tuning.DispatchHoldsMax)
            {
                // A consumer that takes as fast as it is given to must not keep the thread of a connection.
                DispatchLater();
                break;
            }

            lock (_shard.Gate)
            {
                more = !Closed && DispatchSome(work);
            }

            work.Flush();
        }

        if (Volatile.Read(ref _firstDying) != 0)
        {
            _service.MoveDying(this, work);
        }
    }

    private void DispatchLater() => ThreadPool.UnsafeQueueUserWorkItem(
        static queue =>
        {
            var work = new QueueWork();
            work.Add(queue);
            work.Run();
        },
        this,
        preferLocal: false);

    public QueueStatus Pull<TDeliveries>(
        QueueConsumer consumer,
        int messagesMax,
        long leaseMs,
        bool settled,
        ref TDeliveries deliveries,
        out int count,
        out bool waits)
        where TDeliveries : IQueueDeliveries, allows ref struct
    {
        count = 0;
        waits = false;
        if (messagesMax < 1)
        {
            return QueueStatus.InvalidArgument;
        }

        if (leaseMs != 0 && !QueueOptionTable.IsLease(leaseMs))
        {
            return QueueStatus.LeaseOutOfRange;
        }

        bool more = true;
        while (more)
        {
            lock (_shard.Gate)
            {
                if (Closed || consumer.Closed)
                {
                    return count == 0 ? QueueStatus.NotFound : QueueStatus.Ok;
                }

                EndWoken(consumer);
                more = PullSome(consumer, messagesMax, leaseMs, settled, ref deliveries, ref count, out QueueStatus status);
                if (status != QueueStatus.Ok)
                {
                    return count == 0 ? status : QueueStatus.Ok;
                }

                waits |= settled && count > 0 && Waits;
            }
        }

        return QueueStatus.Ok;
    }

    private bool PullSome<TDeliveries>(
        QueueConsumer consumer,
        int messagesMax,
        long leaseMs,
        bool settled,
        ref TDeliveries deliveries,
        ref int count,
        out QueueStatus status)
        where TDeliveries : IQueueDeliveries, allows ref struct
    {
        status = settled ? AdmitRemoval(RemovedRecord.BytesMax(_shard.Tuning.HoldMessagesMax)) : QueueStatus.Ok;
        if (status != QueueStatus.Ok || (Paused & QueuePausedParts.Deliveries) != 0)
        {
            return false;
        }

        int before = count;
        var run = new DeliveryRun(_shard, _shard.Clock.NowMs, settled, LeaseOf(leaseMs, consumer));
        while (run.Goes && count < messagesMax && TryDeliver(consumer, ref run, ref deliveries, out bool delivered))
        {
            count += delivered ? 1 : 0;
            if (delivered && !settled && consumer.Options.CreditsAreUnsettled)
            {
                // It counts among what may be unsettled at once, and its settlement gives the credit back.
                consumer.Credits--;
            }
        }

        if (count != before)
        {
            // It has more to do now than other takers.
            ListTaker(consumer);
        }

        LogChanges(admitted: settled);
        NoteRefills();
        return !run.Goes && count < messagesMax;
    }

    /// <summary>One hold of the lock; true: another one may find more to do.</summary>
    private bool DispatchSome(QueueWork work)
    {
        if ((Paused & QueuePausedParts.Deliveries) != 0)
        {
            return false;
        }

        _holds++;
        var run = new DeliveryRun(_shard, _shard.Clock.NowMs, settled: false, leaseMs: 0);
        bool? removals = null;
        while (run.Goes && Offers && _takers?.First is { } taker)
        {
            taker.Parked = taker.Sink.IsCongested;
            bool stalled = taker.Options.SettledByDelivery
                && !(removals ??= AdmitRemoval(RemovedRecord.BytesMax(_shard.Tuning.HoldMessagesMax)) == QueueStatus.Ok);
            if (taker.Parked || stalled)
            {
                // What is settled by its delivery and cannot be logged for want of room waits until there is some.
                _stalled |= stalled;
                _takers.Remove(taker);
                continue;
            }

            run.Settled = taker.Options.SettledByDelivery;
            run.LeaseMs = LeaseOf(taker.Options.LeaseMs, taker);
            var target = new SinkTarget(taker.Sink);
            TryDeliver(taker, ref run, ref target, out bool delivered);
            if (delivered)
            {
                taker.Credits--;
                ListTaker(taker);
                if (taker.TouchedAt != _holds)
                {
                    taker.TouchedAt = _holds;
                    work.Touch(taker.Sink);
                }
            }
        }

        LogChanges(admitted: removals ?? false);
        NoteRefills();
        if (Offers && _takers?.First is null)
        {
            WakeWaiters(work);
        }

        return CanDispatch;
    }

    private long LeaseOf(long leaseMs, QueueConsumer consumer)
    {
        long asked = leaseMs != 0 ? leaseMs : consumer.Options.LeaseMs;
        return asked != 0 ? asked : Options.LeaseMs;
    }

    /// <summary>
    /// Takes the next message to a consumer; false: there is none, or it does not fit. One whose life is over dies
    /// instead.
    /// </summary>
    private bool TryDeliver<TTarget>(QueueConsumer consumer, ref DeliveryRun run, ref TTarget target, out bool delivered)
        where TTarget : IQueueDeliveries, allows ref struct
    {
        delivered = false;
        uint line = Offers ? NextLine() : 0;
        if (line == 0)
        {
            return false;
        }

        uint reference = FirstOf(LineAt(line));
        MessageSlot* message = MessageAt(reference);
        if (message->ExpiresAtMs != 0 && message->ExpiresAtMs <= run.NowMs)
        {
            run.Messages--;
            Expire(reference, message, run.NowMs);
            return true;
        }

        ulong lease = run.Settled ? 0 : _shard.Tokens.Next();
        var delivery = new QueueDelivery
        {
            MessageId = message->Id,
            Lease = lease,
            EnqueuedAtMs = message->EnqueuedAtMs + run.WallOffsetMs,
            LeaseEndsAtMs = run.Settled ? 0 : run.NowMs + run.LeaseMs + run.WallOffsetMs,
            Attempt = message->Deliveries + 1,
            Priority = message->Priority,
            Group = MessageSlot.Group(message),
            Headers = MessageSlot.Headers(message),
            Body = MessageSlot.Body(message),
        };
        if (!target.Add(in delivery))
        {
            return false;
        }

        delivered = true;
        run.Messages--;
        run.Bytes -= message->ContentBytes;
        CountForRate(line, run.NowMs);
        EndTurn(line);
        _rates.Count(run.NowMs, _counters);
        _counters.Delivered++;
        _shard.Waits.Add(message->WaitedMs(run.NowMs));
        _counters.Redelivered += message->Deliveries > 0 ? 1 : 0;
        if (run.Settled)
        {
            _counters.Acked++;
            _shard.Changes.Removed.Add(message->Id);
            Remove(reference, message);
        }
        else
        {
            Lease(consumer, reference, message, lease, run);
        }

        return true;
    }

    private void Lease(QueueConsumer consumer, uint reference, MessageSlot* message, ulong lease, in DeliveryRun run)
    {
        Leave(reference, message);
        message->Deliveries++;
        message->Stamp = (long)lease;
        message->SinceMs = unchecked((uint)run.NowMs);
        Enter(reference, message, MessageState.Leased);
        JoinConsumer(consumer, reference, message);
        Arm(reference, message, run.NowMs + run.LeaseMs);
        _shard.Changes.Delivered.Add(message->Id, message->Deliveries);
    }

    /// <summary>What one hold of the lock may still deliver, and what is the same for all of it.</summary>
    private ref struct DeliveryRun(QueueShard shard, long nowMs, bool settled, long leaseMs)
    {
        public readonly long NowMs = nowMs;
        public readonly long WallOffsetMs = shard.WallOffsetAt(nowMs);
        public int Messages = shard.Tuning.HoldMessagesMax;
        public long Bytes = shard.Tuning.HoldBytesMax;
        public bool Settled = settled;
        public long LeaseMs = leaseMs;

        public readonly bool Goes => Messages > 0 && Bytes > 0;
    }

    private readonly struct SinkTarget(IQueueSink sink) : IQueueDeliveries
    {
        public bool Add(in QueueDelivery delivery)
        {
            sink.Deliver(in delivery);
            return true;
        }
    }
}
