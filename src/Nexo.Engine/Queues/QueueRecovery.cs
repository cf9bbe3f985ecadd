using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// Rebuilds the queues from records: those of a snapshot, then those of the log behind its position, on one thread.
/// </summary>
public sealed class QueueRecovery : IRecordSink
{
    private readonly QueueService _service;
    private readonly Dictionary<uint, Queue> _queues = [];

    internal QueueRecovery(QueueService service) => _service = service;

    /// <summary>Records taken so far.</summary>
    public long Records { get; private set; }

    /// <summary>Whether records of this kind are the queues'.</summary>
    public static bool Takes(byte kind) =>
        (QueueRecordKind)kind is >= QueueRecordKind.QueueDefined and <= QueueRecordKind.BacklogTaken;

    /// <exception cref="InvalidDataException">None that this version of the queues can have written.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        Records++;
        _service.Backlogs?.KeepUp();
        bool valid = (QueueRecordKind)kind switch
        {
            QueueRecordKind.QueueDefined => Define(payload),
            QueueRecordKind.QueueDeleted => Delete(payload),
            QueueRecordKind.MessagesPushed => Pushed(payload),
            QueueRecordKind.MessagesRemoved => Removed(payload),
            QueueRecordKind.MessagesDelivered => Delivered(payload),
            QueueRecordKind.MessagesReturned => Returned(payload),
            QueueRecordKind.MessagesDied => Died(payload),
            QueueRecordKind.MessageMoved => Moved(payload),
            QueueRecordKind.BacklogCleared => BacklogCleared(payload),
            QueueRecordKind.MessageKept => Kept(payload),
            QueueRecordKind.BacklogKept => BacklogKept(payload),
            QueueRecordKind.BacklogTaken => BacklogTaken(payload),
            QueueRecordKind.DedupKept => DedupKept(payload),
            QueueRecordKind.NumbersKept => NumbersKept(payload),
            _ => false,
        };
        if (!valid)
        {
            throw new InvalidDataException(
                $"Record {lsn} of kind {kind} with {payload.Length} bytes is none that this version can read.");
        }
    }

    /// <summary>
    /// All records have come: what was leased is given back, and logged as such; the queues take commands, which are logged from now on.
    /// After the store's, whose clock goes on first.
    /// </summary>
    public void Complete(ILogWriter? log = null) => _service.EndRecovery(log);

    private bool Define(ReadOnlySpan<byte> payload)
    {
        if (!DefinedRecord.TryRead(payload, out DefinedRecord record))
        {
            return false;
        }

        if (!_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            queue = _service.ApplyDefined(record, _queues);
        }

        // Without an answer it is an earlier queue of this name, whose end the log holds.
        if (queue is not null)
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyDefined(record);
            }
        }

        return true;
    }

    private bool Delete(ReadOnlySpan<byte> payload)
    {
        var reader = new RecordReader(payload);
        uint number = reader.U32();
        if (!reader.AtEnd)
        {
            return false;
        }

        if (_queues.Remove(number, out Queue? queue))
        {
            _service.ApplyDeleted(queue);
        }

        return true;
    }

    private bool Pushed(ReadOnlySpan<byte> payload)
    {
        if (!PushedRecord.TryRead(payload, out PushedRecord record) || !record.IsWhole())
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyPushed(record);
            }
        }

        return true;
    }

    private bool Removed(ReadOnlySpan<byte> payload)
    {
        if (!RemovedRecord.TryRead(payload, out RemovedRecord record) || !record.IsWhole())
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyRemoved(record);
            }
        }

        return true;
    }

    private bool Delivered(ReadOnlySpan<byte> payload)
    {
        if (!DeliveredRecord.TryRead(payload, out DeliveredRecord record) || !record.IsWhole())
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyDelivered(record);
            }
        }

        return true;
    }

    private bool Returned(ReadOnlySpan<byte> payload)
    {
        if (!ReturnedRecord.TryRead(payload, out ReturnedRecord record) || !record.IsWhole())
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyReturned(record);
            }
        }

        return true;
    }

    private bool Died(ReadOnlySpan<byte> payload)
    {
        if (!DiedRecord.TryRead(payload, out DiedRecord record) || !record.IsWhole())
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyDied(record);
            }
        }

        return true;
    }

    private bool Moved(ReadOnlySpan<byte> payload)
    {
        if (!MovedRecord.TryRead(payload, out uint from, out ulong fromId, out uint to, out WholeMessage message))
        {
            return false;
        }

        if (_queues.TryGetValue(from, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyMovedAway(fromId);
            }
        }

        return ApplyWhole(to, message);
    }

    private bool Kept(ReadOnlySpan<byte> payload) =>
        KeptRecord.TryRead(payload, out uint queue, out WholeMessage message) && ApplyWhole(queue, message);

    private bool ApplyWhole(uint number, in WholeMessage message)
    {
        if (_queues.TryGetValue(number, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyWhole(message);
            }
        }

        return true;
    }

    private bool DedupKept(ReadOnlySpan<byte> payload)
    {
        if (!DedupKeptRecord.TryRead(payload, out DedupKeptRecord record) || !record.IsWhole())
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyDedup(record);
            }
        }

        return true;
    }

    private bool BacklogKept(ReadOnlySpan<byte> payload)
    {
        if (!BacklogKeptRecord.TryRead(payload, out BacklogKeptRecord record) || _service.Backlogs is not { } backlogs)
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            Backlog backlog = backlogs.Open(record.Place, record.State);
            lock (queue.Shard.Gate)
            {
                queue.ApplyBacklog(record.Priority, backlog);
            }
        }

        return true;
    }

    private bool BacklogTaken(ReadOnlySpan<byte> payload)
    {
        if (!BacklogTakenRecord.TryRead(payload, out BacklogTakenRecord record))
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyTaken(record);
            }
        }

        return true;
    }

    private bool BacklogCleared(ReadOnlySpan<byte> payload)
    {
        if (!BacklogClearedRecord.TryRead(payload, out BacklogClearedRecord record))
        {
            return false;
        }

        if (_queues.TryGetValue(record.Queue, out Queue? queue))
        {
            lock (queue.Shard.Gate)
            {
                queue.ApplyCleared(record);
            }
        }

        return true;
    }

    private bool NumbersKept(ReadOnlySpan<byte> payload)
    {
        var reader = new RecordReader(payload);
        uint last = reader.U32();
        if (reader.AtEnd)
        {
            _service.RaiseNumber(last);
        }

        return reader.AtEnd;
    }
}
