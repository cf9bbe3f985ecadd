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

    /// <summary>Why a backlog could not be read: from then on nothing comes out of it, and nothing goes in.</summary>
    private bool _backlogBroken;

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
    /// There is something to be delivered, and nothing of a higher priority that is still to be read from the disk.
    /// </summary>
    private bool Offers => _offered > 0 && (_backlogged == 0 || !WaitsForHigher());

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

    /// <summary>A backlog could not be read: its messages stay where they are until somebody sees to it.</summary>
    public void BreakBacklog()
    {
        lock (_shard.Gate)
        {
            _backlogBroken = true;
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
            return true;
        }
    }

    /// <summary>Whether a message that was pushed goes to the backlog.</summary>
    private bool TryBacklog(uint reference, MessageSlot* message)
    {
        if (message->GroupLength != 0 || _service.Backlogs is not { } backlogs)
        {
            return false;
        }

        ref Level level = ref LevelOf(message->Priority);
        if (level.Backlog is not { Count: > 0 } && (level.PlainBytes < WindowBytes || message->Id <= level.LastPlainId))
        {
            return false;
        }

        if (level.Backlog is null)
        {
            level.Backlog = backlogs.Create();
            _backlogs++;
        }

        int closed = level.Backlog.Add(new BacklogMessage
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
        if (closed > 0)
        {
            backlogs.Closed(this, message->Priority, level.Backlog, closed);
        }

        FreeSlots(reference, message);
        return true;
    }

    private bool WaitsForHigher()
    {
        for (int priority = _levels.Length - 1; priority > _offering.Highest() && !_backlogBroken; priority--)
        {
            if (_levels[priority].Backlog is { Count: > 0 })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Has what runs low read, if there is more of it.</summary>
    private void NoteRefills()
    {
        if (_backlogs == 0 || _backlogged == 0 || _backlogBroken)
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

        while (level.PlainBytes < WindowBytes / 2)
        {
            if (backlog.BeginTake(out BacklogBlock? block))
            {
                return true;
            }

            if (block is null)
            {
                return false;
            }

            TakeIn(priority, block.Payload);
            _backlogged -= block.Count;
            backlog.EndTake(block);
        }

        return false;
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
                built->ExpiresAtMs = message.ExpiresAtMs;
                Add(reference, built, MessageState.Ready);
            }
        }

        return (lastId, bytes);
    }
}
