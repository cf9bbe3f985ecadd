namespace Nexo.Engine.Queues;

/// <content>Settlements, and what becomes of what was not settled.</content>
internal sealed unsafe partial class Queue
{
    /// <summary>Consumers that a message may lose, for each failure that it may have.</summary>
    private const int LossesPerFailure = 4;

    public QueueStatus Ack<TSource, TSink>(TSource leases, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        var settlement = new Settlement { Kind = SettlementKind.Ack };
        return Settle(settlement, ref leases, ref sink, work, out waits);
    }

    public QueueStatus Nack<TSource, TSink>(
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
        var settlement = new Settlement
        {
            Kind = SettlementKind.Nack,
            Action = action,
            DelayMs = delayMs,

            // What is released has not failed: the reason of an earlier failure stays.
            Reason = action == QueueNack.Release ? default : reason,
        };
        return Settle(settlement, ref leases, ref sink, work, out waits);
    }

    public QueueStatus DeadLetter<TSource, TSink>(
        ReadOnlySpan<byte> reason, TSource leases, ref TSink sink, QueueWork work, out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        var settlement = new Settlement { Kind = SettlementKind.DeadLetter, Reason = reason };
        return Settle(settlement, ref leases, ref sink, work, out waits);
    }

    public QueueStatus Extend<TSource, TSink>(long leaseMs, TSource leases, ref TSink sink)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        var settlement = new Settlement
        {
            Kind = SettlementKind.Extend,
            DelayMs = leaseMs != 0 ? leaseMs : Options.LeaseMs,
        };
        return Settle(settlement, ref leases, ref sink, work: null, out _);
    }

    /// <summary>In bounded holds of the lock; nothing was settled if the answer is not Ok.</summary>
    private QueueStatus Settle<TSource, TSink>(
        in Settlement settlement, ref TSource leases, ref TSink sink, QueueWork? work, out bool waits)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        waits = false;
        bool first = true;
        bool more = true;
        while (more)
        {
            lock (_shard.Gate)
            {
                QueueStatus status = Closed ? QueueStatus.NotFound : AdmitSettlement(settlement);
                if (status != QueueStatus.Ok && first)
                {
                    return status;
                }

                first = false;
                more = SettleSome(settlement, status, ref leases, ref sink);
                waits |= Waits && status == QueueStatus.Ok && settlement.Kind != SettlementKind.Extend;
                if (status == QueueStatus.Ok)
                {
                    LogChanges(admitted: true, settlement.NotedReason);
                    NoteSettled(work);
                }
            }
        }

        return QueueStatus.Ok;
    }

    private void NoteSettled(QueueWork? work)
    {
        if (work is not null)
        {
            NoteWork(work);
        }
    }

    private QueueStatus AdmitSettlement(in Settlement settlement)
    {
        int messages = _shard.Tuning.HoldMessagesMax;
        return settlement.Kind switch
        {
            SettlementKind.Extend => QueueStatus.Ok,
            SettlementKind.Ack => AdmitRemoval(RemovedRecord.BytesMax(messages)),
            _ => AdmitRemoval(
                ReturnedRecord.Bytes(messages, settlement.Reason.Length)
                + DiedRecord.Bytes(messages, settlement.Reason.Length)),
        };
    }

    /// <summary>Settles as many as one hold may; false: they were the last.</summary>
    private bool SettleSome<TSource, TSink>(
        in Settlement settlement, QueueStatus admitted, ref TSource leases, ref TSink sink)
        where TSource : struct, IQueueLeaseSource, allows ref struct
        where TSink : IQueueSettleSink, allows ref struct
    {
        long now = _shard.Clock.NowMs;
        for (int i = 0; i < _shard.Tuning.HoldMessagesMax; i++)
        {
            if (!leases.TryTake(out ulong id, out ulong lease))
            {
                return false;
            }

            if (admitted != QueueStatus.Ok)
            {
                sink.Add(admitted, 0);
                continue;
            }

            uint reference = _index.Find(id);
            MessageSlot* message = reference == 0 ? null : MessageAt(reference);
            bool held = message != null
                && message->State == MessageState.Leased
                && (ulong)message->Stamp == lease
                && message->DeadlineMs > now;
            long leaseEndsAtMs = held ? SettleOne(settlement, reference, message, now) : 0;
            sink.Add(held ? QueueStatus.Ok : QueueStatus.LeaseLost, leaseEndsAtMs);
        }

        return true;
    }

    /// <summary>Settles a message that is leased; of an extension the new end, on the wall clock.</summary>
    private long SettleOne(in Settlement settlement, uint reference, MessageSlot* message, long now)
    {
        switch (settlement.Kind)
        {
            case SettlementKind.Ack:
                _rates.Count(now, _counters);
                _counters.Acked++;
                _shard.Works.Add(message->WaitedMs(now));
                _shard.Changes.Removed.Add(message->Id);
                Remove(reference, message);
                return 0;
            case SettlementKind.Nack when settlement.Action == QueueNack.Release:
                Return(reference, message, dueAtMs: 0, now);
                return 0;
            case SettlementKind.Nack:
                _counters.Nacked++;
                Fail(reference, message, settlement, now);
                return 0;
            case SettlementKind.DeadLetter:
                Note(message, settlement.Reason);
                Die(reference, message, QueueDeadCause.Rejected, now);
                return 0;
            default:
                Arm(reference, message, now + settlement.DelayMs);
                return now + settlement.DelayMs + _shard.WallOffsetAt(now);
        }
    }

    /// <summary>A leased message has failed: it comes again, or it is dead.</summary>
    private void Fail(uint reference, MessageSlot* message, in Settlement settlement, long now)
    {
        message->Failures = Next(message->Failures);
        Note(message, settlement.Reason);
        if (Options.DeliveriesMax > 0 && message->Failures >= Options.DeliveriesMax)
        {
            Die(reference, message, QueueDeadCause.MaxDeliveries, now);
            return;
        }

        long pause = settlement.Action switch
        {
            QueueNack.Backoff => QueueBackoffs.PauseMs(Options, message->Failures),
            QueueNack.Delay => settlement.DelayMs,
            _ => 0,
        };
        Return(reference, message, pause == 0 ? 0 : now + pause, now);
    }

    /// <summary>A leased message comes back: to its old place now, or when its pause is over.</summary>
    private void Return(uint reference, MessageSlot* message, long dueAtMs, long now)
    {
        Leave(reference, message);
        message->Stamp = dueAtMs;
        message->SinceMs = unchecked((uint)now);
        Enter(reference, message, dueAtMs == 0 ? MessageState.Ready : MessageState.Held);
        _shard.Changes.Returned.Add(
            new ReturnedMessage(message->Id, dueAtMs, message->Failures, message->Losses));
    }

    /// <summary>Gives back what a closed consumer has, the oldest deliveries first; true: it has more.</summary>
    private bool ReturnLost(QueueConsumer consumer)
    {
        if (Closed)
        {
            return false;
        }

        long now = _shard.Clock.NowMs;
        for (int i = 0; i < _shard.Tuning.HoldMessagesMax && consumer.First != 0; i++)
        {
            uint reference = consumer.First;
            MessageSlot* message = MessageAt(reference);
            if (consumer.HasLost)
            {
                Return(reference, message, dueAtMs: 0, now);
            }
            else
            {
                consumer.HasLost = true;
                Lose(reference, message, now);
            }
        }

        LogChanges();
        if (consumer.First != 0)
        {
            return true;
        }

        FreeConsumer(consumer);
        return false;
    }

    /// <summary>
    /// Its consumer is lost. That is no failure of the message, or a deployment would kill what is worked on; but one that kills its
    /// consumers must not live for ever. It counts against the one alone that the consumer had longest, which it was working on: what
    /// waited behind must not die with it.
    /// </summary>
    private void Lose(uint reference, MessageSlot* message, long now)
    {
        message->Losses = Next(message->Losses);
        if (Options.DeliveriesMax > 0 && message->Losses >= LossesPerFailure * Options.DeliveriesMax)
        {
            Die(reference, message, QueueDeadCause.ConsumerLost, now);
        }
        else
        {
            Return(reference, message, dueAtMs: 0, now);
        }
    }

    private void Note(MessageSlot* message, ReadOnlySpan<byte> reason)
    {
        if (!reason.IsEmpty)
        {
            MessageNote.Set(_arena, message, reason, MessageNote.Source(_arena, message));
        }
    }

    private static ushort Next(ushort count) => count == ushort.MaxValue ? count : (ushort)(count + 1);

    private enum SettlementKind
    {
        Ack,
        Nack,
        DeadLetter,
        Extend,
    }

    /// <summary>What is to become of the messages of a call.</summary>
    private ref struct Settlement
    {
        public SettlementKind Kind { get; init; }

        public QueueNack Action { get; init; }

        /// <summary>Of a nack its delay, of an extension the time from now.</summary>
        public long DelayMs { get; init; }

        public ReadOnlySpan<byte> Reason { get; init; }

        /// <summary>What stays with the message: giving it back is no failure and has no reason.</summary>
        public readonly ReadOnlySpan<byte> NotedReason =>
            Kind == SettlementKind.Nack && Action == QueueNack.Release ? default : Reason;
    }
}
