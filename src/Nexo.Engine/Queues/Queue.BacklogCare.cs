using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>Backlogs in snapshots, at recovery, and when a queue is purged.</content>
internal sealed unsafe partial class Queue
{
    /// <summary>Lets go of the files that neither the last snapshot nor the one before it needs: file work, without the lock.</summary>
    public void TrimBacklogs()
    {
        var trims = new List<(Backlog Backlog, long Before)>();
        lock (_shard.Gate)
        {
            foreach (Level level in _levels)
            {
                if (level.Backlog is { IsOpen: true } backlog)
                {
                    trims.Add((backlog, backlog.OnKept()));
                }
            }
        }

        foreach ((Backlog backlog, long before) in trims)
        {
            _service.Backlogs!.Trim(backlog, before);
        }
    }

    public void ApplyBacklog(byte priority, Backlog backlog)
    {
        LevelOf(priority).Backlog = backlog;
        _backlogs++;
        _backlogged += backlog.Count;
        _counters.Ready += backlog.Count;
        _counters.Bytes += backlog.ContentBytes;
    }

    /// <summary>What waited then may be in memory now, or partly: it goes wherever it is.</summary>
    public void ApplyCleared(in BacklogClearedRecord record)
    {
        if (record.Priority < _levels.Length && _levels[record.Priority].Backlog is { Count: > 0 } backlog)
        {
            if (backlog.LastId <= record.LastId)
            {
                Clear(record.Priority, backlog);
            }
            else
            {
                TakeThrough(record.Priority, backlog, record.LastId);
            }
        }

        ulong id = record.AfterId;
        while (_index.TryNext(ref id, out uint reference) && id <= record.LastId)
        {
            MessageSlot* message = MessageAt(reference);
            if (message->GroupLength == 0
                && message->Priority == record.Priority
                && message->State == MessageState.Ready
                && message->Deliveries == 0)
            {
                Remove(reference, message);
            }
        }
    }

    /// <summary>A message of a push that is read again is in the backlog, or has been.</summary>
    private bool IsInBacklog(in PushedItem item) =>
        item.IsBacklogged
        && item.Priority < _levels.Length
        && _levels[item.Priority].Backlog is { } backlog
        && item.Id <= backlog.LastId;

    /// <summary>
    /// What had come into memory by then comes into memory now. At the end of a queue in a snapshot its messages tell of some of it
    /// already; nothing may be in both places, or be overtaken by what is younger.
    /// </summary>
    public void ApplyTaken(in BacklogTakenRecord record)
    {
        if (record.Priority < _levels.Length && _levels[record.Priority].Backlog is { Count: > 0 } backlog)
        {
            TakeThrough(record.Priority, backlog, Math.Min(record.LastTakenId, backlog.LastId));
        }
    }

    // Reads files under the lock: at recovery nobody waits for it.
    private void TakeThrough(byte priority, Backlog backlog, ulong id)
    {
        while (backlog.Count > 0 && backlog.LastTakenId < id)
        {
            if (backlog.BeginTake(out BacklogBlock? block))
            {
                ReadOnlyMemory<byte> batches = backlog.Read();
                while (backlog.LastTakenId < id
                    && backlog.TryNextBatch(ref batches, out BatchHeader batch, out ReadOnlyMemory<byte> payload))
                {
                    (ulong lastId, long bytes) = TakeIn(priority, payload.Span);
                    backlog.Took(batch, lastId, bytes);
                    _backlogged -= batch.Records;
                }

                backlog.EndRead();
            }
            else
            {
                TakeIn(priority, block!.Payload);
                _backlogged -= block.Count;
                backlog.EndTake(block);
            }
        }
    }

    /// <summary>Purges what waits on disk, and logs it; the caller has asked for room. How many.</summary>
    private long PurgeBacklogs()
    {
        long removed = 0;
        for (int priority = 0; priority < _levels.Length; priority++)
        {
            if (_levels[priority].Backlog is { Count: > 0 } backlog)
            {
                if (Log is { } log)
                {
                    using LogAppend append = log.Begin((byte)QueueRecordKind.BacklogCleared, BacklogClearedRecord.Size);
                    new BacklogClearedRecord(Number, (byte)priority, backlog.LastTakenId, backlog.LastId)
                        .Write(append.Payload);
                }

                removed += Clear((byte)priority, backlog);
            }
        }

        return removed;
    }

    private void ClearBacklogs()
    {
        for (int priority = 0; priority < _levels.Length; priority++)
        {
            if (_levels[priority].Backlog is { } backlog)
            {
                Clear((byte)priority, backlog);
            }
        }
    }

    private long Clear(byte priority, Backlog backlog)
    {
        _counters.Bytes -= backlog.ContentBytes;
        long count = backlog.Clear();
        _counters.Ready -= count;
        _backlogged -= count;
        _service.Backlogs!.Note(this, priority, backlog);
        return count;
    }

    /// <summary>Closes what is to be kept on disk; null: there is nothing.</summary>
    /// <param name="hold">Nothing is taken out of it until it has files: for one who copies it from there.</param>
    private List<BacklogKept>? CloseBacklogs(bool hold)
    {
        List<BacklogKept>? kept = null;
        for (int priority = 0; _backlogs > 0 && priority < _levels.Length; priority++)
        {
            if (_levels[priority].Backlog is { Count: > 0 } backlog)
            {
                backlog.CloseBlock();
                _service.Backlogs!.Note(this, (byte)priority, backlog);
                if (hold)
                {
                    backlog.Hold();
                }

                (kept ??= []).Add(new BacklogKept((byte)priority, backlog, backlog.ReadOffset));
            }
        }

        return kept;
    }

    /// <summary>Tells what the files hold, of those that are not copied instead.</summary>
    private void KeepBacklogs(List<BacklogKept> backlogs, RecordBuffer buffer)
    {
        foreach (BacklogKept kept in backlogs)
        {
            if (kept.IsOpen && !kept.IsCopied)
            {
                BacklogState state = kept.Backlog.StateAt(kept.Checkpoint);
                Span<byte> payload = buffer.Add((byte)QueueRecordKind.BacklogKept, BacklogKeptRecord.Size);
                BacklogKeptRecord.Write(payload, Number, kept.Priority, kept.Backlog.Place, state);
            }
        }
    }

    /// <summary>The messages in memory have been told: how far the backlogs were taken out by then.</summary>
    private void KeepTaken(List<BacklogKept>? backlogs, RecordBuffer buffer)
    {
        foreach (BacklogKept kept in backlogs ?? [])
        {
            if (kept.IsOpen && !kept.IsCopied)
            {
                Span<byte> payload = buffer.Add((byte)QueueRecordKind.BacklogTaken, BacklogTakenRecord.Size);
                new BacklogTakenRecord(Number, kept.Priority, kept.Backlog.LastTakenId).Write(payload);
            }
        }
    }

    /// <summary>The file work of a snapshot is done, or has failed.</summary>
    public void ReleaseBacklogs(List<BacklogKept> backlogs)
    {
        lock (_shard.Gate)
        {
            foreach (BacklogKept kept in backlogs)
            {
                kept.Backlog.Release();
            }
        }
    }
}
