using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>
/// What memory has no room for: messages without a group and a delay go to the backlog of their priority when enough of them wait in
/// memory, and come back when few are left. While a backlog is not empty every such message of its priority goes through it, so the
/// order stays. <see cref="QueueCounters.Ready"/> and <see cref="QueueCounters.Bytes"/> count them too.
/// </content>
internal sealed unsafe partial class Queue
{
    /// <summary>Priorities that have a backlog.</summary>
    private int _backlogs;

    /// <summary>Messages in backlogs.</summary>
    private long _backlogged;

    /// <summary>A backlog could not be read: nothing comes out of it any more.</summary>
    private bool _backlogBroken;

    /// <summary>A backlog could not be read or written: nothing is pushed any more.</summary>
    private bool _backlogFailed;

    /// <summary>Headers and bodies of what waits in backlogs.</summary>
    private long BackloggedBytes
    {
        get
        {
            long bytes = 0;
            foreach (Level level in _levels)
            {
                bytes += level.Backlog?.ContentBytes ?? 0;
            }

            return bytes;
        }
    }

    private long BacklogDiskBytes
    {
        get
        {
            long bytes = 0;
            foreach (Level level in _levels)
            {
                bytes += level.Backlog?.Bytes ?? 0;
            }

            return bytes;
        }
    }

    /// <summary>
    /// There is something to be delivered, and nothing that goes before it is still to be read from the disk.
    /// </summary>
    private bool Offers => _offered > 0 && (_backlogged == 0 || !WaitsForDisk());

    private long WindowBytes => _service.Backlogs!.WindowBytes(_shard.Context.Pool.RentedBytes);

    /// <summary>Takes in what was read, batch by batch.</summary>
    public void EndRefill(byte priority, ReadOnlyMemory<byte> batches, QueueWork work)
    {
        bool more = true;
        while (more)
        {
            lock (_shard.Gate)
            {
                if (Closed)
                {
                    return;
                }

                Backlog backlog = _levels[priority].Backlog!;
                more = backlog.TryNextBatch(ref batches, out BatchHeader batch, out ReadOnlyMemory<byte> payload);
                if (more)
                {
                    (ulong lastId, long bytes) = TakeIn(priority, payload.Span);
                    backlog.Took(batch, lastId, bytes);
                    _backlogged -= batch.Records;
                    LogTaken(priority, lastId);
                }
                else
                {
                    backlog.EndRead();
                    NoteRefills();
                }

                NoteWork(work);
            }

            work.Run();
        }
    }

    /// <summary>
    /// The files of a backlog have failed: nothing goes in any more, and if they cannot be read nothing comes out either, until the
    /// server starts anew.
    /// </summary>
    public void BreakBacklog(bool isUnreadable)
    {
        lock (_shard.Gate)
        {
            _backlogFailed = true;
            _backlogBroken |= isUnreadable;
        }
    }

    /// <summary>The log of a backlog was opened; false: it is not needed any more.</summary>
    public bool AttachLog(Backlog backlog, SegmentedLog log)
    {
        lock (_shard.Gate)
        {
            if (Closed)
            {
                return false;
            }

            backlog.Attach(log);
            NoteRefills();
            return true;
        }
    }

    /// <summary>
    /// Decides which messages of a push go to the backlog: so much is in memory, or others of the priority went there before.
    /// </summary>
    private void PlanBacklogs(Span<PushPlan> plans)
    {
        if (_service.Backlogs is null)
        {
            return;
        }

        foreach (ref PushPlan plan in plans)
        {
            MessageSlot* message = plan.Reference == 0 ? null : MessageAt(plan.Reference);
            if (message != null && plan.State == MessageState.Ready && message->GroupLength == 0)
            {
                ref Level level = ref LevelOf(message->Priority);
                plan.IsBacklogged = level.IsFilling
                    || level.Backlog is { Count: > 0 }
                    || level.PlainBytes + level.ComingBytes >= WindowBytes;
                level.IsFilling = plan.IsBacklogged;
                level.ComingBytes += MessageSlot.HeaderBytes + message->ContentBytes;
            }
        }

        foreach (ref Level level in _levels.AsSpan())
        {
            (level.IsFilling, level.ComingBytes) = (false, 0);
        }
    }

    /// <summary>It is in memory for a moment only: others of its priority wait on disk, or enough of them in memory for that.</summary>
    private bool GoesToDisk(in PushPlan plan, in QueueMessage message)
    {
        ref Level level = ref LevelOf((byte)message.Priority);
        return _service.Backlogs is not null
            && plan.State == MessageState.Ready
            && message.Group.IsEmpty
            && (level.Backlog is { Count: > 0 } || level.PlainBytes >= WindowBytes);
    }

    /// <summary>A message that was built goes to the backlog, and its slot is free again.</summary>
    private void AddToBacklog(uint reference, MessageSlot* message)
    {
        BacklogKeeper backlogs = _service.Backlogs!;
        ref Level level = ref LevelOf(message->Priority);
        if (level.Backlog is null)
        {
            level.Backlog = backlogs.Create();
            _backlogs++;
        }

        bool closed = level.Backlog.Add(new BacklogMessage
        {
            Id = message->Id,
            EnqueuedAtMs = message->EnqueuedAtMs,
            ExpiresAtMs = message->ExpiresAtMs,
            Headers = MessageSlot.Headers(message),
            Body = MessageSlot.Body(message),
        });
        _backlogged++;
        _counters.Ready++;
        _counters.Bytes += message->ContentBytes;
        if (closed)
        {
            backlogs.Closed(this, message->Priority, level.Backlog);
        }

        FreeSlots(reference, message);
    }

    /// <summary>
    /// What is older, or of a higher priority, is still on disk: it is read before anything else is delivered. Groups of the priority
    /// wait the moment too.
    /// </summary>
    private bool WaitsForDisk()
    {
        int highest = _offering.Highest();
        for (int priority = _levels.Length - 1; priority >= highest && !_backlogBroken; priority--)
        {
            if (_levels[priority].Backlog is { Count: > 0 } && (priority > highest || IsAheadOfBacklog(_levels[priority])))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first in memory is younger than those on disk: it came back, or was moved here.</summary>
    private bool IsAheadOfBacklog(in Level level) =>
        level.Backlog is { Count: > 0 } backlog
        && level.Plain != 0
        && LineAt(level.Plain)->Count > 0
        && MessageAt(FirstOf(LineAt(level.Plain)))->Id > backlog.LastTakenId;

    /// <summary>Has what runs low read, if there is more of it.</summary>
    private void NoteRefills()
    {
        if (_backlogged == 0 || _backlogBroken || !_live)
        {
            return;
        }

        for (int priority = 0; priority < _levels.Length; priority++)
        {
            if (RefillFromMemory((byte)priority))
            {
                _service.Backlogs!.WantRead(this, (byte)priority, _levels[priority].Backlog!);
            }
        }
    }

    /// <summary>Fills the line of a priority from blocks that are in memory; true: files must be read, and that was begun.</summary>
    private bool RefillFromMemory(byte priority)
    {
        ref Level level = ref _levels[priority];
        if (level.Backlog is not { } backlog)
        {
            return false;
        }

        while (level.PlainBytes < WindowBytes / 2 || IsAheadOfBacklog(level))
        {
            if (backlog.BeginTake(out BacklogBlock? block))
            {
                return true;
            }

            if (block is null)
            {
                return false;
            }

            LogTaken(priority, block.LastId);
            TakeIn(priority, block.Payload);
            _backlogged -= block.Count;
            backlog.EndTake(block);
            _service.Backlogs!.Note(this, priority, backlog);
        }

        return false;
    }

    /// <summary>
    /// At recovery the same messages come out of the backlog at the same place of the log, so whatever it says of one finds it. A few
    /// bytes for a block: room is not asked for.
    /// </summary>
    private void LogTaken(byte priority, ulong lastTakenId)
    {
        if (Log is { } log)
        {
            using LogAppend append = log.Begin((byte)QueueRecordKind.BacklogTaken, BacklogTakenRecord.Size);
            new BacklogTakenRecord(Number, priority, lastTakenId).Write(append.Payload);
        }
    }

    /// <summary>The queue goes, and its backlogs with it.</summary>
    private void EndBacklogs()
    {
        for (int priority = 0; priority < _levels.Length; priority++)
        {
            if (_levels[priority].Backlog is { } backlog)
            {
                _service.Backlogs!.WantEnd(this, (byte)priority, backlog);
                _levels[priority].Backlog = null;
            }
        }

        (_backlogs, _backlogged) = (0, 0);
    }

    /// <summary>The messages of a block become messages in memory.</summary>
    private (ulong LastId, long ContentBytes) TakeIn(byte priority, ReadOnlySpan<byte> payload)
    {
        ulong lastId = 0;
        long bytes = 0;
        var messages = new BacklogReader(payload);
        while (messages.TryTake(out BacklogMessage message))
        {
            long content = message.Headers.Length + message.Body.Length;
            lastId = message.Id;
            bytes += content;
            _counters.Ready--;
            _counters.Bytes -= content;
            if (_index.Find(message.Id) == 0)
            {
                uint reference = Build(message.Id, priority, default, message.Headers, message.Body);
                MessageSlot* built = MessageAt(reference);
                built->EnqueuedAtMs = message.EnqueuedAtMs;
                built->SinceMs = unchecked((uint)message.EnqueuedAtMs);
                built->ExpiresAtMs = message.ExpiresAtMs;
                Add(reference, built, MessageState.Ready);
            }
        }

        return (lastId, bytes);
    }
}
