namespace Nexo.Engine.Queues;

/// <content>
/// Recovery: records are applied by the methods that commands apply their changes with, but neither lines nor timers are set up before
/// all have come. The state may be newer than a record, since the log is read again over a snapshot that was taken while it grew: a
/// message that is there is not added again, and facts about one that is not there are passed over.
/// </content>
internal sealed unsafe partial class Queue
{
    public void ApplyDefined(in DefinedRecord record)
    {
        Options = record.Options;
        Revision = record.Revision;
        Paused = record.Paused;
        _nextId = Math.Max(_nextId, record.NextId);
        if (Options.Durability == QueueDurability.Memory)
        {
            // From here on nothing was logged: what was there before may be long settled.
            RemoveAll();
        }
    }

    public void ApplyPushed(PushedRecord record)
    {
        while (record.Left > 0 && record.TryNext(out PushedItem item))
        {
            _nextId = Math.Max(_nextId, item.Id + 1);
            if (item.HasDedup)
            {
                Remember(item.Dedup, item.Id, record.MomentMs);
            }

            if (_index.Find(item.Id) != 0 || IsInBacklog(item))
            {
                continue;
            }

            uint reference = Build(item.Id, item.Priority, item.Group, item.Headers, item.Body);
            MessageSlot* message = MessageAt(reference);
            message->EnqueuedAtMs = record.MomentMs;
            message->ExpiresAtMs = item.ExpiresAtMs;
            message->Stamp = item.Cause == QueueDeadCause.None ? item.DueAtMs : record.MomentMs;
            message->Cause = (byte)item.Cause;
            if (item.IsBacklogged && _service.Backlogs is not null)
            {
                AddToBacklog(reference, message);
            }
            else
            {
                Add(reference, message, item.State);
            }
        }
    }

    public void ApplyRemoved(RemovedRecord record)
    {
        while (record.Left > 0 && record.TryNext(out IdRun run))
        {
            ulong id = run.First - 1;
            while (_index.TryNext(ref id, out uint reference) && id - run.First < run.Count)
            {
                Remove(reference, MessageAt(reference));
            }
        }
    }

    public void ApplyDelivered(DeliveredRecord record)
    {
        while (record.Left > 0 && record.TryNext(out IdRun run))
        {
            ulong id = run.First - 1;
            while (_index.TryNext(ref id, out uint reference) && id - run.First < run.Count)
            {
                MessageSlot* message = MessageAt(reference);
                message->Deliveries = run.Deliveries;
                if (message->State is not MessageState.Dead and not MessageState.Dying)
                {
                    Become(reference, message, MessageState.Leased, stamp: 0);
                }
            }
        }
    }

    public void ApplyReturned(ReturnedRecord record)
    {
        while (record.Left > 0 && record.TryNext(out ReturnedMessage returned))
        {
            uint reference = _index.Find(returned.Id);
            if (reference != 0)
            {
                MessageSlot* message = MessageAt(reference);
                message->Failures = returned.Failures;
                message->Losses = returned.Losses;
                Note(message, record.Reason);
                Become(
                    reference,
                    message,
                    returned.DueAtMs == 0 ? MessageState.Ready : MessageState.Held,
                    returned.DueAtMs);
            }
        }
    }

    public void ApplyDied(DiedRecord record)
    {
        while (record.Left > 0 && record.TryNext(out DiedMessage died))
        {
            uint reference = _index.Find(died.Id);
            if (reference != 0)
            {
                MessageSlot* message = MessageAt(reference);
                message->Failures = died.Failures;
                message->Losses = died.Losses;
                message->Cause = (byte)died.Cause;
                Note(message, record.Reason);
                Become(reference, message, died.Moves ? MessageState.Dying : MessageState.Dead, died.DiedAtMs);
            }
        }
    }

    public void ApplyMovedAway(ulong id)
    {
        uint reference = _index.Find(id);
        if (reference != 0)
        {
            Remove(reference, MessageAt(reference));
        }
    }

    public void ApplyWhole(in WholeMessage whole)
    {
        _nextId = Math.Max(_nextId, whole.Id + 1);
        if (_index.Find(whole.Id) != 0)
        {
            return;
        }

        uint reference = Build(whole.Id, whole.Priority, whole.Group, whole.Headers, whole.Body);
        MessageSlot* message = MessageAt(reference);
        message->EnqueuedAtMs = whole.EnqueuedAtMs;
        message->ExpiresAtMs = whole.ExpiresAtMs;
        message->Stamp = whole.StampMs;
        message->Cause = (byte)whole.Cause;
        message->Deliveries = whole.Deliveries;
        message->Failures = whole.Failures;
        message->Losses = whole.Losses;
        MessageNote.Set(_arena, message, whole.Reason, whole.Source);
        Add(reference, message, whole.State);
    }

    public void ApplyDedup(DedupKeptRecord record)
    {
        while (record.Left > 0 && record.TryNext(out UInt128 hash, out ulong messageId, out long atMs))
        {
            Remember(hash, messageId, atMs);
        }
    }

    public void ApplyDeleted()
    {
        EndBacklogs();
        CloseForGood();
        _service.Forget(this);
        _shard.Doom(this);
    }

    /// <summary>
    /// All records have come: sets up lines and timers, a bounded part of it. What was leased was lost with its consumer, and that is
    /// logged.
    /// </summary>
    /// <returns>True: there is more, behind this id.</returns>
    public bool GoLive(ref ulong id)
    {
        _live = true;
        _usedAtMs = _shard.Clock.NowMs;
        int left = _shard.Tuning.HoldLooksMax;
        bool more = true;
        while (left-- > 0 && (more = _index.TryNext(ref id, out uint reference)))
        {
            MessageSlot* message = MessageAt(reference);
            message->SinceMs = unchecked((uint)_usedAtMs);
            if (message->State == MessageState.Leased)
            {
                Count(message, MessageState.Leased, -1);
                LoseAtRestart(reference, message, _usedAtMs);
            }
            else
            {
                Attach(reference, message);
            }
        }

        LogChanges();
        return more;
    }

    private void LoseAtRestart(uint reference, MessageSlot* message, long now)
    {
        // As Lose, of a message that no consumer and no line has.
        message->Losses = Next(message->Losses);
        bool dies = Options.DeliveriesMax > 0 && message->Losses >= LossesPerFailure * Options.DeliveriesMax;
        message->Stamp = dies ? now : 0;
        if (!dies)
        {
            Enter(reference, message, MessageState.Ready);
            _shard.Changes.Returned.Add(new ReturnedMessage(message->Id, 0, message->Failures, message->Losses));
            return;
        }

        bool moves = Options.DeadLetterQueue.Length > 0;
        message->Cause = (byte)QueueDeadCause.ConsumerLost;
        Enter(reference, message, moves ? MessageState.Dying : MessageState.Dead);
        _counters.DeadLettered++;
        _shard.Changes.Died.Add(new DiedMessage(
            message->Id, QueueDeadCause.ConsumerLost, moves, now, message->Failures, message->Losses));
    }

    private void Become(uint reference, MessageSlot* message, MessageState state, long stamp)
    {
        Leave(reference, message);
        message->Stamp = stamp;
        Enter(reference, message, state);
    }

    private void RemoveAll()
    {
        ulong id = 0;
        while (_index.TryNext(ref id, out uint reference))
        {
            Remove(reference, MessageAt(reference));
        }

        ClearBacklogs();
    }
}
