using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>
/// Moves to another queue. The locks of both shards are held, and one record says it all: the message is never in both, or in none.
/// </content>
internal sealed unsafe partial class Queue
{
    /// <summary>Moves what is dying to the dead letters of its target, a bounded number of them.</summary>
    /// <param name="left">There are more, and they can be moved.</param>
    public void MoveDyingTo(Queue target, out bool left)
    {
        left = false;
        long bytes = _shard.Tuning.HoldBytesMax;
        for (int i = _shard.Tuning.HoldMessagesMax; i > 0 && bytes > 0 && _firstDying != 0 && !Closed; i--)
        {
            if (target.Closed)
            {
                left = true;
                return;
            }

            uint reference = _firstDying;
            bytes -= MessageAt(reference)->ContentBytes;
            if (Move(reference, MessageAt(reference), target, MessageState.Dead) != QueueStatus.Ok)
            {
                // No room in the log: they stay as they are until there is, see Tick.
                return;
            }
        }

        left = _firstDying != 0 && !Closed;
    }

    /// <summary>There is no target any more, or it cannot be made: what is dying becomes a dead letter here.</summary>
    public void KeepDying(out bool left)
    {
        for (int i = 0; i < _shard.Tuning.HoldMessagesMax && _firstDying != 0; i++)
        {
            uint reference = _firstDying;
            MessageSlot* message = MessageAt(reference);
            Leave(reference, message);
            Enter(reference, message, MessageState.Dead);
            _shard.Changes.Died.Add(new DiedMessage(
                message->Id,
                (QueueDeadCause)message->Cause,
                Moves: false,
                message->Stamp,
                message->Failures,
                message->Losses));
        }

        LogChanges();
        left = _firstDying != 0;
    }

    /// <summary>Moves a message into another queue: as a dead letter with all that is known of it, or as a new message.</summary>
    private QueueStatus Move(uint reference, MessageSlot* message, Queue target, MessageState state)
    {
        int sourceBytes = byte.MaxValue;
        long recordBytes = MovedRecord.HeaderBytes + WholeMessage.HeaderBytes + message->ContentBytes
            + MessageNote.Reason(_arena, message).Length + sourceBytes;
        ILogWriter? log = target.Log ?? Log;
        QueueStatus status = log is null ? QueueStatus.Ok : StatusOf(log.RoomFor((int)recordBytes));
        if (status != QueueStatus.Ok)
        {
            return status;
        }

        if (!target._arena.HasIdsFor(MessageSlot.HeaderBytes + message->ContentBytes))
        {
            return QueueStatus.Full;
        }

        uint moved = target.BuildMoved(this, message, state);
        LogMoved(message->Id, target, moved);
        Remove(reference, message);
        target.Add(moved, target.MessageAt(moved), state);
        return QueueStatus.Ok;
    }

    private uint BuildMoved(Queue from, MessageSlot* message, MessageState state)
    {
        long now = _shard.Clock.NowMs;
        bool dead = state == MessageState.Dead;
        byte priority = dead ? message->Priority : (byte)Math.Min(message->Priority, Options.Priorities - 1);
        uint reference = Build(
            _nextId++, priority, MessageSlot.Group(message), MessageSlot.Headers(message), MessageSlot.Body(message));
        MessageSlot* built = MessageAt(reference);
        built->State = state;
        built->SinceMs = unchecked((uint)now);
        _usedAtMs = now;
        if (!dead)
        {
            built->EnqueuedAtMs = now;
            built->ExpiresAtMs = Options.MessageTtlMs == 0 ? 0 : now + Options.MessageTtlMs;
            _rates.Count(now, _counters);
            _counters.Pushed++;
            return reference;
        }

        built->EnqueuedAtMs = message->EnqueuedAtMs;
        built->ExpiresAtMs = message->ExpiresAtMs;
        built->Stamp = message->Stamp;
        built->Cause = message->Cause;
        built->Deliveries = message->Deliveries;
        built->Failures = message->Failures;
        built->Losses = message->Losses;
        ReadOnlySpan<byte> source = MessageNote.Source(from._arena, message);
        MessageNote.Set(_arena, built, MessageNote.Reason(from._arena, message), source.IsEmpty ? from.Name : source);
        return reference;
    }

    /// <summary>If only one of the two queues is logged, what the record says of the other is passed over at recovery.</summary>
    private void LogMoved(ulong id, Queue target, uint moved)
    {
        if (target.Log is { } log)
        {
            MessageSlot* message = target.MessageAt(moved);
            int bytes = MovedRecord.HeaderBytes + WholeMessage.Bytes(target._arena, message);
            using LogAppend append = log.Begin((byte)QueueRecordKind.MessageMoved, bytes);
            Span<byte> rest = MovedRecord.WriteHeader(append.Payload, Number, id, target.Number);
            WholeMessage.Write(rest, target._arena, message);
        }
        else if (Log is { } own)
        {
            var run = new IdRun(id, 0);
            using LogAppend append = own.Begin((byte)QueueRecordKind.MessagesRemoved, RemovedRecord.Bytes(1));
            RemovedRecord.Write(append.Payload, Number, new ReadOnlySpan<IdRun>(ref run));
        }
    }
}
