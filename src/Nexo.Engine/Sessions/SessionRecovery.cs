using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <summary>
/// Rebuilds sessions from records: those of a snapshot, then those of the log behind its position, on one thread.
/// </summary>
public sealed class SessionRecovery : IRecordSink
{
    private readonly SessionService _service;
    private readonly bool _keeps;
    private readonly Dictionary<uint, Session> _sessions = [];

    // Each is held here until its record says that nobody has it, since somebody may still get it.
    private readonly Dictionary<ulong, SessionBody> _bodies = [];

    internal SessionRecovery(SessionService service, bool keeps)
    {
        _service = service;
        _keeps = keeps;
    }

    /// <summary>Records that were not read, because sessions are not to outlive the process.</summary>
    public long Skipped { get; private set; }

    /// <summary>Whether records of this kind are the sessions'.</summary>
    public static bool Takes(byte kind) =>
        (SessionRecordKind)kind is >= SessionRecordKind.SessionSet and <= SessionRecordKind.SessionNumbersKept;

    /// <exception cref="InvalidDataException">None that this version of the sessions can have written.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        if (!_keeps)
        {
            Skipped++;
        }
        else if (!Apply((SessionRecordKind)kind, payload))
        {
            throw new InvalidDataException(
                $"Record {lsn} of kind {kind} with {payload.Length} bytes is none that this version can read.");
        }
    }

    /// <summary>
    /// All records have come: commands are taken, and logged in <paramref name="log"/> from now on. The clock goes on already as
    /// it did in the run before.
    /// </summary>
    public void Complete(IDurableLog? log = null)
    {
        foreach (SessionBody body in _bodies.Values)
        {
            body.Release();
        }

        _bodies.Clear();
        _service.EndRecovery(log, _sessions.Values);
        _sessions.Clear();
    }

    private bool Apply(SessionRecordKind kind, ReadOnlySpan<byte> payload)
    {
        var reader = new RecordReader(payload);
        switch (kind)
        {
            case SessionRecordKind.SessionSet:
                return ApplySet(payload);
            case SessionRecordKind.SessionRemoved:
                return ApplyRemoved(ref reader);
            case SessionRecordKind.SessionLeft:
                return ApplyLeft(ref reader);
            case SessionRecordKind.SessionSubscribed:
                return ApplySubscribed(ref reader);
            case SessionRecordKind.SessionUnsubscribed:
                return ApplyUnsubscribed(ref reader);
            case SessionRecordKind.BodyStored:
                return ApplyStored(payload);
            case SessionRecordKind.BodyReleased:
                return ApplyReleased(ref reader);
            case SessionRecordKind.MessagesQueued:
                return ApplyQueued(ref reader);
            case SessionRecordKind.MessagesSettled:
                return ApplySettled(ref reader);
            case SessionRecordKind.MessageReceived:
                return ApplyReceived(ref reader);
            case SessionRecordKind.InboundTaken:
                return ApplyInbound(ref reader, isTaken: true);
            case SessionRecordKind.InboundReleased:
                return ApplyInbound(ref reader, isTaken: false);
            case SessionRecordKind.QueueKept:
                return ApplyKept(ref reader);
            case SessionRecordKind.SessionNumbersKept:
                return ApplyNumbers(ref reader);
            default:
                return false;
        }
    }

    private bool ApplySet(ReadOnlySpan<byte> payload)
    {
        if (!SessionSetRecord.TryRead(payload, out SessionSetRecord record))
        {
            return false;
        }

        if (_sessions.TryGetValue(record.Session, out Session? session))
        {
            if (!record.User.SequenceEqual(session.UserBytes) || !record.ClientId.SequenceEqual(session.ClientId))
            {
                return false;
            }
        }
        else
        {
            session = _service.ApplyAdded(record, out Session? replaced);
            if (replaced is not null)
            {
                _sessions.Remove(replaced.Number);
            }

            if (session is null)
            {
                return true;
            }

            _sessions.Add(record.Session, session);
        }

        session.ExpirySeconds = record.ExpirySeconds;
        session.DeadlineMs = record.DeadlineMs;
        return true;
    }

    private bool ApplyRemoved(ref RecordReader reader)
    {
        uint number = reader.U32();
        if (reader.AtEnd && _sessions.Remove(number, out Session? session))
        {
            _service.ApplyRemoved(session);
        }

        return reader.AtEnd && number != 0;
    }

    private bool ApplyLeft(ref RecordReader reader)
    {
        Session? session = Find(ref reader);
        uint expiry = reader.U32();
        long deadline = reader.I64();
        ulong sent = reader.U64();
        if (!reader.AtEnd)
        {
            return false;
        }

        if (session is not null)
        {
            session.ExpirySeconds = expiry;
            session.DeadlineMs = deadline;
            session.ApplySent(sent);
        }

        return deadline != 0;
    }

    private bool ApplySubscribed(ref RecordReader reader)
    {
        Session? session = Find(ref reader);
        byte options = reader.U8();
        uint identifier = reader.U32();
        bool isValid = reader.Valid && reader.Left > 0;
        if (isValid)
        {
            session?.ApplySubscribed(new SessionSubscription(reader.Bytes(reader.Left).ToArray(), options, identifier));
        }

        return isValid;
    }

    private bool ApplyUnsubscribed(ref RecordReader reader)
    {
        Session? session = Find(ref reader);
        bool isValid = reader.Valid && reader.Left > 0;
        if (isValid)
        {
            session?.ApplyUnsubscribed(reader.Bytes(reader.Left));
        }

        return isValid;
    }

    private bool ApplyStored(ReadOnlySpan<byte> payload)
    {
        if (!BodyStoredRecord.TryRead(payload, out BodyStoredRecord record))
        {
            return false;
        }

        if (!_bodies.ContainsKey(record.Id))
        {
            _bodies.Add(record.Id, _service.Bodies.Restore(in record));
        }

        return true;
    }

    private bool ApplyReleased(ref RecordReader reader)
    {
        ulong id = reader.U64();
        if (reader.AtEnd && _bodies.Remove(id, out SessionBody body))
        {
            body.Release();
        }

        return reader.AtEnd && id != 0;
    }

    private bool ApplyQueued(ref RecordReader reader)
    {
        Session? session = Find(ref reader);
        ulong first = reader.U64();
        reader.Require(first != 0 && reader.Left > 0);
        return ApplyMessages(ref reader, session, first, mayBeGone: false);
    }

    private bool ApplyKept(ref RecordReader reader)
    {
        Session? session = Find(ref reader);
        ulong last = reader.U64();
        ulong sent = reader.U64();
        ulong first = reader.U64();
        if (!ApplyMessages(ref reader, session, first, mayBeGone: true))
        {
            return false;
        }

        session?.ApplySent(sent);
        return session?.ApplyLast(last) ?? true;
    }

    private bool ApplyMessages(ref RecordReader reader, Session? session, ulong first, bool mayBeGone)
    {
        for (ulong number = first; reader.Left > 0; number++)
        {
            ulong id = reader.U64();
            var marks = (SessionMarks)reader.U8();
            uint identifier = reader.U32();
            reader.Require(IsValid(marks) || (mayBeGone && marks == SessionMarks.None));
            reader.Require(mayBeGone || (marks & SessionMarks.Received) == 0);
            if (!reader.Valid)
            {
                return false;
            }

            _bodies.TryGetValue(id, out SessionBody body);
            if (session is not null && !session.ApplyQueued(number, body, marks, identifier))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    private static bool IsValid(SessionMarks marks)
    {
        SessionMarks quality = marks & (SessionMarks.AtLeastOnce | SessionMarks.ExactlyOnce);
        return (marks & ~SessionMarks.OnDisk) == 0
            && (quality == SessionMarks.ExactlyOnce
                || (quality == SessionMarks.AtLeastOnce && (marks & SessionMarks.Received) == 0));
    }

    private bool ApplySettled(ref RecordReader reader)
    {
        Session? session = Find(ref reader);
        ulong first = reader.U64();
        uint count = reader.U32();
        if (reader.AtEnd)
        {
            session?.ApplySettled(first, count);
        }

        return reader.AtEnd && count != 0;
    }

    private bool ApplyReceived(ref RecordReader reader)
    {
        Session? session = Find(ref reader);
        ulong number = reader.U64();
        if (reader.AtEnd)
        {
            session?.ApplyReceived(number);
        }

        return reader.AtEnd && number != 0;
    }

    private bool ApplyInbound(ref RecordReader reader, bool isTaken)
    {
        Session? session = Find(ref reader);
        ushort packetId = reader.U16();
        if (reader.AtEnd)
        {
            session?.ApplyInbound(packetId, isTaken);
        }

        return reader.AtEnd && packetId != 0;
    }

    private bool ApplyNumbers(ref RecordReader reader)
    {
        uint session = reader.U32();
        ulong body = reader.U64();
        if (reader.AtEnd)
        {
            _service.ApplyNumbers(session, body);
        }

        return reader.AtEnd;
    }

    /// <summary>Null: it is not there, so what is said of it means nothing.</summary>
    private Session? Find(ref RecordReader reader)
    {
        uint number = reader.U32();
        reader.Require(number != 0);
        return _sessions.GetValueOrDefault(number);
    }
}
