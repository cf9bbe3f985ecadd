using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <content>The log: what is written there, recovery and snapshots.</content>
public sealed partial class SessionService
{
    private volatile bool _isRecovering;

    /// <summary>Null: nothing is logged.</summary>
    internal ILogWriter? Log { get; private set; }

    /// <summary>Null: nobody waits for the log.</summary>
    internal DurableNotices<Session>? Visibility { get; private set; }

    private bool Keeps => Limits.Durability != SessionDurability.Memory;

    /// <summary>
    /// From here to <see cref="EndHandover"/> all that is logged, by whomever, is there after a crash, or nothing of it: for a message that
    /// is taken exactly once, with all that it has changed. Not to be nested, and not to be entered under a lock.
    /// </summary>
    public void BeginHandover() => Log?.BeginGroup();

    /// <summary>See <see cref="BeginHandover"/>; by whichever thread.</summary>
    public void EndHandover() => Log?.EndGroup();

    /// <summary>
    /// Begins to rebuild what an earlier run has kept; there is nothing yet, and there is no log. Until <see
    /// cref="SessionRecovery.Complete"/> has been called no command may be given, and <see cref="Tick"/> does nothing.
    /// </summary>
    public SessionRecovery BeginRecovery()
    {
        if (Log is not null || _isRecovering || _byKey.Count != 0)
        {
            throw new InvalidOperationException("Only into no sessions, without a log, and only once.");
        }

        _isRecovering = true;
        return new SessionRecovery(this, Keeps);
    }

    /// <summary>
    /// Begins a snapshot for a position of the log: that of a record that had been appended before this call. Commands go on.
    /// </summary>
    public SessionSnapshot BeginSnapshot(Lsn position)
    {
        Bodies.BeginSnapshot();
        return new SessionSnapshot(this, position, Keeps);
    }

    /// <summary>The session in a place, with what is at its head in a snapshot; null: there is none.</summary>
    internal Session? At(int slot, out bool isEnd)
    {
        lock (_gate)
        {
            isEnd = slot >= _slots.Count;
            return isEnd ? null : _slots[slot];
        }
    }

    /// <summary>Whether a session is still there; if so what it is goes into the buffer, as it is now.</summary>
    internal bool SnapshotHead(Session session, RecordBuffer buffer)
    {
        lock (_gate)
        {
            if (session.IsEnded)
            {
                return false;
            }

            int bytes = SessionSetRecord.Bytes(session.UserBytes.Length, session.ClientId.Length);
            SessionSetRecord.Write(buffer.Add((byte)SessionRecordKind.SessionSet, bytes), session);
            return true;
        }
    }

    internal void SnapshotNumbers(RecordBuffer buffer)
    {
        uint last;
        lock (_gate)
        {
            last = _lastNumber;
        }

        var writer = new RecordWriter(buffer.Add((byte)SessionRecordKind.SessionNumbersKept, SessionRecords.NumbersBytes));
        writer.U32(last);
        writer.U64(Bodies.LastId);
    }

    internal SessionStatus LogSubscribed(Session session, in SessionSubscription subscription)
    {
        int bytes = SessionRecords.SubscriptionBytes(subscription.Filter.Length);
        SessionStatus status = StatusOf(Log?.RoomFor(bytes) ?? LogRoom.Ok);
        if (status == SessionStatus.Ok && Log is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.SessionSubscribed, bytes);
            SessionRecords.WriteSubscription(append.Payload, session.Number, subscription);
        }

        return status;
    }

    internal SessionStatus LogUnsubscribed(Session session, ReadOnlySpan<byte> filter)
    {
        int bytes = SessionRecords.SessionBytes + filter.Length;
        SessionStatus status = StatusOf(Log?.RoomForRemoval(bytes) ?? LogRoom.Ok);
        if (status == SessionStatus.Ok && Log is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.SessionUnsubscribed, bytes);
            var writer = new RecordWriter(append.Payload);
            writer.U32(session.Number);
            writer.Bytes(filter);
        }

        return status;
    }

    internal SessionStatus LogInboundTaken(Session session, ushort packetId)
    {
        SessionStatus status = StatusOf(Log?.RoomFor(SessionRecords.InboundBytes) ?? LogRoom.Ok);
        if (status == SessionStatus.Ok && Log is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.InboundTaken, SessionRecords.InboundBytes);
            SessionRecords.WriteInbound(append.Payload, session.Number, packetId);
        }

        return status;
    }

    // Both free room. Unlogged they would be undone by a restart, when the client goes by other ids: they are refused.
    internal SessionStatus LogInboundReleased(Session session, ushort packetId)
    {
        SessionStatus status = StatusOf(Log?.RoomForRemoval(SessionRecords.InboundBytes) ?? LogRoom.Ok);
        if (status == SessionStatus.Ok && Log is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.InboundReleased, SessionRecords.InboundBytes);
            SessionRecords.WriteInbound(append.Payload, session.Number, packetId);
        }

        return status;
    }

    internal SessionStatus LogReceived(Session session, ulong message, ref Lsn lsn)
    {
        SessionStatus status = StatusOf(Log?.RoomForRemoval(SessionRecords.ReceivedBytes) ?? LogRoom.Ok);
        if (status == SessionStatus.Ok && Log is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.MessageReceived, SessionRecords.ReceivedBytes);
            var writer = new RecordWriter(append.Payload);
            writer.U32(session.Number);
            writer.U64(message);
            lsn = append.Lsn;
        }

        return status;
    }

    // What follows goes unlogged on a disk without any room, and happens again after a restart.
    internal void LogSettled(Session session, ulong first, uint count)
    {
        if (MayLog(SessionRecords.SettledBytes) is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.MessagesSettled, SessionRecords.SettledBytes);
            var writer = new RecordWriter(append.Payload);
            writer.U32(session.Number);
            writer.U64(first);
            writer.U32(count);
        }
    }

    private void LogSet(Session session)
    {
        if (Log is { } log)
        {
            int bytes = SessionSetRecord.Bytes(session.UserBytes.Length, session.ClientId.Length);
            using LogAppend append = log.Begin((byte)SessionRecordKind.SessionSet, bytes);
            SessionSetRecord.Write(append.Payload, session);
        }
    }

    private void LogLeft(Session session)
    {
        if (MayLog(SessionRecords.LeftBytes) is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.SessionLeft, SessionRecords.LeftBytes);
            var writer = new RecordWriter(append.Payload);
            writer.U32(session.Number);
            writer.U32(session.ExpirySeconds);
            writer.I64(session.DeadlineMs);
            writer.U64(session.Sent);
        }
    }

    private void LogRemoved(Session session)
    {
        if (MayLog(SessionRecords.SessionBytes) is { } log)
        {
            using LogAppend append = log.Begin((byte)SessionRecordKind.SessionRemoved, SessionRecords.SessionBytes);
            var writer = new RecordWriter(append.Payload);
            writer.U32(session.Number);
        }
    }

    private ILogWriter? MayLog(int bytes) => Log?.RoomForRemoval(bytes) == LogRoom.Ok ? Log : null;

    private void Attach(IDurableLog? log)
    {
        Log = Keeps ? log : null;
        Bodies.Log = Log;
        Visibility = Keeps && log is not null && Limits.Durability == SessionDurability.Fsync ? new DurableNotices<Session>(log) : null;
    }

    private static SessionStatus StatusOf(LogRoom room) => room switch
    {
        LogRoom.Ok => SessionStatus.Ok,
        LogRoom.Full => SessionStatus.DiskFull,
        _ => SessionStatus.LogFailed,
    };
}
