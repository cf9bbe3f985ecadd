namespace Nexo.Engine.Queues;

/// <content>Pushes: each message is decided and built, then all are logged in one record, then they enter the queue.</content>
internal sealed unsafe partial class Queue
{
    private const int PlansKept = 4_096;

    private DedupTable? _dedup;
    private QueueRates _rates;

    public QueueStatus Push(in QueueMessage message, in PushCheck check, QueueWork work, out QueuePushResult result)
    {
        lock (_shard.Gate)
        {
            result = default;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            long now = _shard.Clock.NowMs;
            var sums = default(PushSums);
            PushPlan plan = Plan(message, check, now, ref sums);
            if (plan.Status != QueueStatus.Ok)
            {
                _counters.Rejected++;
                return plan.Status;
            }

            Commit(new Span<PushPlan>(ref plan), sums, now);
            NoteWork(work);
            result = new QueuePushResult(plan.Outcome, plan.Id, Waits);
            return QueueStatus.Ok;
        }
    }

    /// <summary>
    /// Pushes the messages of a source from where it stands, as many as one hold may; with <paramref name="allOrNone"/> all of them,
    /// however many.
    /// </summary>
    /// <param name="more">The source may hold more.</param>
    public QueueStatus PushSome<TSource, TSink>(
        ref TSource messages, bool allOrNone, ref TSink sink, QueueWork work, out bool waits, out bool more)
        where TSource : struct, IQueueMessageSource, allows ref struct
        where TSink : IQueuePushSink, allows ref struct
    {
        lock (_shard.Gate)
        {
            waits = Waits;
            more = false;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            long now = _shard.Clock.NowMs;
            List<PushPlan> plans = _shard.Plans;
            plans.Clear();
            QueueStatus refusal = PlanSome(ref messages, allOrNone, now, plans, out PushSums sums, out more);
            Span<PushPlan> planned = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(plans);
            if (refusal != QueueStatus.Ok)
            {
                _counters.Rejected += planned.Length;
                Undo(planned);
                return refusal;
            }

            Commit(planned, sums, now);
            foreach (PushPlan plan in planned)
            {
                bool refused = plan.Status != QueueStatus.Ok;
                _counters.Rejected += refused ? 1 : 0;
                sink.Add(plan.Status, refused ? default : new QueuePushResult(plan.Outcome, plan.Id, Waits));
            }

            NoteWork(work);
            if (plans.Capacity > PlansKept)
            {
                plans.Capacity = 0;
            }

            return QueueStatus.Ok;
        }
    }

    private QueueStatus PlanSome<TSource>(
        ref TSource messages, bool allOrNone, long now, List<PushPlan> plans, out PushSums sums, out bool more)
        where TSource : struct, IQueueMessageSource, allows ref struct
    {
        sums = default;
        more = false;
        int left = allOrNone ? _shard.Limits.BatchItemsMax : _shard.Tuning.HoldMessagesMax;
        while (left-- > 0 && (allOrNone || sums.RecordBytes < _shard.Tuning.HoldBytesMax))
        {
            if (!messages.TryTake(out QueueMessage message))
            {
                return QueueStatus.Ok;
            }

            QueueStatus status = QueueChecks.Message(message, _shard.Context, out PushCheck check);
            PushPlan plan = status == QueueStatus.Ok ? Plan(message, check, now, ref sums) : default;
            plan.Status = status == QueueStatus.Ok ? plan.Status : status;
            plans.Add(plan);
            if (plan.Status != QueueStatus.Ok && allOrNone)
            {
                return plan.Status;
            }
        }

        more = true;
        return allOrNone && messages.TryTake(out _) ? QueueStatus.InvalidArgument : QueueStatus.Ok;
    }

    /// <summary>Decides about a message, and builds it if it is to come in. Only dedup ids are remembered already.</summary>
    private PushPlan Plan(in QueueMessage message, in PushCheck check, long now, ref PushSums sums)
    {
        var plan = new PushPlan { Outcome = QueuePushOutcome.Accepted, HasDedup = check.HasDedup, Dedup = check.Dedup };
        if ((Paused & QueuePausedParts.Pushes) != 0)
        {
            plan.Status = QueueStatus.Paused;
            return plan;
        }

        if ((uint)message.Priority >= (uint)Options.Priorities)
        {
            plan.Status = QueueStatus.PriorityOutOfRange;
            return plan;
        }

        if (_backlogFailed)
        {
            plan.Status = QueueStatus.LogFailed;
            return plan;
        }

        plan.HasDedup &= Options.DedupWindowMs > 0;
        if (plan.HasDedup && IsDuplicate(plan.Dedup, now, out plan.Id))
        {
            plan.Outcome = QueuePushOutcome.Duplicate;
            _counters.Duplicates++;
            return plan;
        }

        long bytes = (long)message.Group.Length + message.Headers.Length + message.Body.Length;
        plan.State = check.DelayMs > 0 ? MessageState.Delayed : MessageState.Ready;
        plan.Status = Admit(ref plan, message, bytes, sums);
        if (plan.Status == QueueStatus.Ok)
        {
            Build(message, check, now, ref plan, ref sums);
        }

        return plan;
    }

    /// <summary>Whether there is room for one more, in the queue, in memory and in the log.</summary>
    private QueueStatus Admit(ref PushPlan plan, in QueueMessage message, long bytes, in PushSums sums)
    {
        if (IsFull(bytes, sums))
        {
            if (Options.WhenFull == QueueWhenFull.Reject)
            {
                return QueueStatus.Full;
            }

            plan.Outcome = QueuePushOutcome.DeadLettered;
            plan.State = Options.DeadLetterQueue.Length == 0 ? MessageState.Dead : MessageState.Dying;
        }

        long recordBytes = PushedRecord.HeaderBytes + sums.RecordBytes + PushedRecord.ItemBytesMax(bytes);
        if (recordBytes > Nexo.Storage.ILogWriter.PayloadBytesMax)
        {
            return QueueStatus.Full;
        }

        if (!_arena.TryReserve(_arena.CostOf(MessageSlot.HeaderBytes + (int)bytes)))
        {
            if (!_arena.HasIdsFor(MessageSlot.HeaderBytes + bytes))
            {
                return QueueStatus.Full;
            }

            if (!GoesToDisk(plan, message))
            {
                return QueueStatus.OutOfMemory;
            }
        }

        // Those that are not logged may wait on disk all the same.
        return Log is not null ? StatusOf(Log.RoomFor((int)recordBytes))
            : _service.HoldsGrowth && GoesToDisk(plan, message) ? QueueStatus.DiskFull
            : QueueStatus.Ok;
    }

    private bool IsFull(long bytes, in PushSums sums) =>
        (Options.MessagesMax > 0 && _counters.Live + sums.Live >= Options.MessagesMax)
        || (Options.BytesMax > 0 && _counters.Bytes + sums.LiveBytes + bytes > Options.BytesMax);

    private void Build(in QueueMessage message, in PushCheck check, long now, ref PushPlan plan, ref PushSums sums)
    {
        plan.Id = _nextId + (ulong)sums.Messages;
        plan.Reference = Build(plan.Id, (byte)message.Priority, message.Group, message.Headers, message.Body);
        MessageSlot* built = MessageAt(plan.Reference);
        long ttl = message.TtlMs ?? Options.MessageTtlMs;
        built->EnqueuedAtMs = now;
        built->SinceMs = unchecked((uint)now);
        built->ExpiresAtMs = ttl == 0 ? 0 : now + ttl;
        built->State = plan.State;
        sums.Messages++;
        if (plan.State is MessageState.Dead or MessageState.Dying)
        {
            built->Cause = (byte)QueueDeadCause.QueueFull;
            built->Stamp = now;
        }
        else
        {
            built->Stamp = check.DelayMs > 0 ? now + check.DelayMs : 0;
            sums.Live++;
            sums.LiveBytes += built->ContentBytes;
        }

        sums.RecordBytes += PushedRecord.ItemBytes(built, plan.HasDedup);
        if (plan.HasDedup)
        {
            Remember(plan.Dedup, plan.Id, now);
        }
    }

    private void Commit(Span<PushPlan> plans, in PushSums sums, long now)
    {
        if (sums.Messages == 0)
        {
            return;
        }

        PlanBacklogs(plans);
        LogPushed(plans, sums, now);
        _rates.Count(now, _counters);
        _counters.Pushed += sums.Messages;
        _nextId += (ulong)sums.Messages;
        _usedAtMs = now;
        foreach (ref readonly PushPlan plan in plans)
        {
            if (plan.Reference != 0)
            {
                _counters.DeadLettered += plan.Outcome == QueuePushOutcome.DeadLettered ? 1 : 0;
                MessageSlot* message = MessageAt(plan.Reference);
                if (plan.IsBacklogged)
                {
                    AddToBacklog(plan.Reference, message);
                }
                else
                {
                    Add(plan.Reference, message, plan.State);
                }
            }
        }
    }

    /// <summary>A batch of which all or none is to come in was refused: what was built goes, as if it had not been.</summary>
    private void Undo(ReadOnlySpan<PushPlan> plans)
    {
        foreach (ref readonly PushPlan plan in plans)
        {
            if (plan.Reference != 0)
            {
                if (plan.HasDedup)
                {
                    _dedup!.Remove(plan.Dedup);
                }

                FreeSlots(plan.Reference, MessageAt(plan.Reference));
            }

            _counters.Duplicates -= plan.Outcome == QueuePushOutcome.Duplicate && plan.Status == QueueStatus.Ok ? 1 : 0;
        }
    }

    private bool IsDuplicate(UInt128 dedup, long now, out ulong messageId)
    {
        messageId = 0;
        _dedup?.Forget(now - Options.DedupWindowMs, DedupSteps);
        return _dedup is not null && _dedup.TryFind(dedup, now - Options.DedupWindowMs, out messageId);
    }

    private void Remember(UInt128 dedup, ulong messageId, long now)
    {
        _dedup ??= new DedupTable(_arena, _shard.Context.Hasher);
        _dedup.Set(dedup, messageId, now);
    }
}
