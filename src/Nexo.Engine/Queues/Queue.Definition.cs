using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>The queue's definition, and its end.</content>
internal sealed unsafe partial class Queue
{
    private string? _text;

    private string Text => _text ??= Encoding.UTF8.GetString(Name);

    /// <summary>Whether the log has room for a definition.</summary>
    public static QueueStatus AdmitDefinition(QueueShard shard, ReadOnlySpan<byte> name, QueueOptions options) =>
        shard.Log is null ? QueueStatus.Ok : StatusOf(shard.Log.RoomFor(DefinedRecord.Bytes(name, options)));

    /// <summary>Also for a queue whose messages are not logged.</summary>
    public void LogDefinition()
    {
        if (_shard.Log is { } log)
        {
            using LogAppend append = log.Begin((byte)QueueRecordKind.QueueDefined, DefinedRecord.Bytes(Name, Options));
            DefinedRecord.Write(append.Payload, Number, Revision, Paused, _nextId, Name, Options);
        }
    }

    public QueueDeclared Declared(
        bool created, QueueOption difference = QueueOption.None, string message = "") =>
        new(created, new QueueDefinition(Text, Revision, Options), difference, message, _shard.Log is not null);

    public QueueStatus Describe(out QueueDefinition? definition)
    {
        lock (_shard.Gate)
        {
            definition = Closed ? null : new QueueDefinition(Text, Revision, Options);
            return Closed ? QueueStatus.NotFound : QueueStatus.Ok;
        }
    }

    /// <summary>Whether the queue has the options that are given.</summary>
    public QueueStatus Compare(QueueOptionSet given, bool created, out QueueDeclared declared)
    {
        lock (_shard.Gate)
        {
            declared = default;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            QueueOption difference = QueueOptionTable.Difference(Options, given, out string message);
            declared = Declared(created, difference, message);
            return difference == QueueOption.None ? QueueStatus.Ok : QueueStatus.Conflict;
        }
    }

    public QueueStatus Update(ulong revision, QueueOptionSet given, out QueueDeclared updated)
    {
        QueueStatus status = Change(revision, given, out updated);
        if (status == QueueStatus.Ok && (given.InFlightPerGroup is not null || given.PerSecondPerGroup is not null))
        {
            RefreshGroups();
        }

        return status;
    }

    public QueueStatus Pause(QueuePausedParts parts, bool paused, QueueWork? work, out bool waits)
    {
        lock (_shard.Gate)
        {
            waits = _shard.Log is not null;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            QueuePausedParts wanted = paused ? Paused | parts : Paused & ~parts;
            QueueStatus status = wanted == Paused ? QueueStatus.Ok : AdmitDefinition(_shard, Name, Options);
            if (status != QueueStatus.Ok || wanted == Paused)
            {
                return status;
            }

            Paused = wanted;
            LogDefinition();
            if (work is not null)
            {
                NoteWork(work);
            }

            return QueueStatus.Ok;
        }
    }

    public QueueStatus Delete(bool ifEmpty, bool ifUnused, out long removed, out bool waits)
    {
        var ended = new List<IQueueSink>();
        var work = new QueueWork();
        lock (_shard.Gate)
        {
            removed = 0;
            waits = _shard.Log is not null;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            if ((ifEmpty && _counters.All > 0) || (ifUnused && _consumerCount > 0))
            {
                return QueueStatus.InUse;
            }

            QueueStatus status = DeleteNow(ended, work, out removed);
            if (status != QueueStatus.Ok)
            {
                return status;
            }
        }

        foreach (IQueueSink sink in ended)
        {
            sink.OnEnd(QueueStatus.NotFound);
        }

        work.Run();
        return QueueStatus.Ok;
    }

    /// <summary>The queue ends with its shard: nothing is freed one by one.</summary>
    public void CloseForGood()
    {
        Closed = true;
        _offered = 0;
        _firstDying = 0;
    }

    private QueueStatus Change(ulong revision, QueueOptionSet given, out QueueDeclared updated)
    {
        lock (_shard.Gate)
        {
            updated = default;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            if (revision != 0 && revision != Revision)
            {
                updated = Declared(false, message: $"revision is {Revision}; asked for was {revision}");
                return QueueStatus.Conflict;
            }

            QueueOptions options = QueueOptionTable.Overlay(Options, given);
            QueueStatus status = options == Options ? QueueStatus.Ok : AdmitDefinition(_shard, Name, options);
            if (status == QueueStatus.Ok && options != Options)
            {
                Options = options;
                Revision++;
                LogDefinition();
            }

            updated = status == QueueStatus.Ok ? Declared(created: false) : default;
            return status;
        }
    }

    /// <summary>Whom it ended goes to the lists, to be told without the lock.</summary>
    private QueueStatus DeleteNow(List<IQueueSink> ended, QueueWork work, out long removed)
    {
        removed = 0;
        if (_shard.Log is { } log)
        {
            LogRoom room = log.RoomForRemoval(sizeof(uint));
            if (room != LogRoom.Ok)
            {
                return StatusOf(room);
            }

            using LogAppend append = log.Begin((byte)QueueRecordKind.QueueDeleted, sizeof(uint));
            new RecordWriter(append.Payload).U32(Number);
        }

        removed = _counters.All;
        Close(ended, work);
        return QueueStatus.Ok;
    }

    private void Close(List<IQueueSink> ended, QueueWork work)
    {
        foreach (QueueConsumer? consumer in _consumers)
        {
            if (consumer is { Closed: false })
            {
                if (!consumer.Stopped)
                {
                    ended.Add(consumer.Sink);
                }

                consumer.Stopped = true;
                consumer.Closed = true;
                consumer.LoadList = QueueConsumer.InNoList;

                // Its messages went with the queue: nobody has to keep it for their sake.
                consumer.First = 0;
                consumer.Last = 0;
                Volatile.Write(ref consumer.Load, 0);
            }
        }

        while (_firstWaiter is { } waiter)
        {
            RemoveWaiter(waiter);
            work.Wake(waiter);
        }

        EndBacklogs();
        _consumers.Clear();
        _takers = null;
        CloseForGood();
        _service.Forget(this);
        _shard.KeepCounted(_counters);
        _shard.Doom(this);
    }
}
