using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>The log: what one hold of the lock has changed, in as few records as it has kinds.</content>
internal sealed unsafe partial class Queue
{
    private static QueueStatus StatusOf(LogRoom room) => room switch
    {
        LogRoom.Ok => QueueStatus.Ok,
        LogRoom.Full => QueueStatus.DiskFull,
        _ => QueueStatus.LogFailed,
    };

    /// <summary>Whether what frees room may be decided, with records of so many bytes.</summary>
    private QueueStatus AdmitRemoval(long payloadBytes) =>
        Log is null ? QueueStatus.Ok : StatusOf(Log.RoomForRemoval((int)payloadBytes));

    private void LogPushed(ReadOnlySpan<PushPlan> plans, in PushSums sums, long now)
    {
        if (Log is null)
        {
            return;
        }

        using LogAppend append = Log.Begin(
            (byte)QueueRecordKind.MessagesPushed, (int)(PushedRecord.HeaderBytes + sums.RecordBytes));
        Span<byte> rest = PushedRecord.WriteHeader(append.Payload, Number, now, _nextId, sums.Messages);
        foreach (ref readonly PushPlan plan in plans)
        {
            if (plan.Reference != 0)
            {
                rest = rest[PushedRecord.WriteItem(rest, MessageAt(plan.Reference), plan)..];
            }
        }
    }

    /// <summary>
    /// Logs what this hold has changed. What was not admitted before it was decided happened by itself (a lease, a life that was over):
    /// it happens again after a restart, so without room it goes unlogged.
    /// </summary>
    public void LogChanges(bool admitted = false, ReadOnlySpan<byte> reason = default)
    {
        QueueChanges changes = _shard.Changes;
        if (changes.IsEmpty)
        {
            return;
        }

        if (Log is { } log)
        {
            LogRemoved(log, changes.Removed.Runs, admitted);
            LogReturned(log, changes.Returned, admitted, reason);
            LogDied(log, changes.Died, admitted, reason);
            LogDelivered(log, changes.Delivered.Runs);
        }

        changes.Clear();
    }

    private void LogRemoved(ILogWriter log, ReadOnlySpan<IdRun> runs, bool admitted)
    {
        int bytes = RemovedRecord.Bytes(runs.Length);
        if (!runs.IsEmpty && (admitted || log.RoomForRemoval(bytes) == LogRoom.Ok))
        {
            using LogAppend append = log.Begin((byte)QueueRecordKind.MessagesRemoved, bytes);
            RemovedRecord.Write(append.Payload, Number, runs);
        }
    }

    private void LogReturned(ILogWriter log, List<ReturnedMessage> messages, bool admitted, ReadOnlySpan<byte> reason)
    {
        int bytes = ReturnedRecord.Bytes(messages.Count, reason.Length);
        if (messages.Count != 0 && (admitted || log.RoomForRemoval(bytes) == LogRoom.Ok))
        {
            using LogAppend append = log.Begin((byte)QueueRecordKind.MessagesReturned, bytes);
            ReturnedRecord.Write(append.Payload, Number, reason, messages);
        }
    }

    private void LogDied(ILogWriter log, List<DiedMessage> messages, bool admitted, ReadOnlySpan<byte> reason)
    {
        int bytes = DiedRecord.Bytes(messages.Count, reason.Length);
        if (messages.Count != 0 && (admitted || log.RoomForRemoval(bytes) == LogRoom.Ok))
        {
            using LogAppend append = log.Begin((byte)QueueRecordKind.MessagesDied, bytes);
            DiedRecord.Write(append.Payload, Number, reason, messages);
        }
    }

    /// <summary>Nobody waits for it, and on a full disk it takes no room from what frees some.</summary>
    private void LogDelivered(ILogWriter log, ReadOnlySpan<IdRun> runs)
    {
        int bytes = DeliveredRecord.Bytes(runs.Length);
        if (!runs.IsEmpty && log.RoomForUpkeep(bytes) == LogRoom.Ok)
        {
            using LogAppend append = log.Begin((byte)QueueRecordKind.MessagesDelivered, bytes);
            DeliveredRecord.Write(append.Payload, Number, runs);
        }
    }
}
