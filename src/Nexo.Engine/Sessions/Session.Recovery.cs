using Nexo.Engine.Memory;

namespace Nexo.Engine.Sessions;

/// <content>Recovery: facts are applied as they come, whatever the limits say; and the snapshot of a session.</content>
public sealed unsafe partial class Session
{
    // Places between two messages that are there: more than any session can have had.
    private const ulong GapMax = 1 << 26;

    /// <summary>Up to which messages may have been sent.</summary>
    internal ulong Sent => Volatile.Read(ref _sent);

    /// <summary>The number of the last message that it was given.</summary>
    internal ulong Last => _ring.Last;

    internal void ApplySubscribed(in SessionSubscription subscription) => Put(in subscription);

    internal void ApplyUnsubscribed(ReadOnlySpan<byte> filter) => Remove(filter);

    internal void ApplyInbound(ushort packetId, bool isTaken)
    {
        if (isTaken)
        {
            _inbound.Add(packetId);
        }
        else
        {
            _inbound.Remove(packetId);
        }

        _inboundCount = _inbound.Count;
    }

    internal void ApplySent(ulong sent) => _sent = Math.Max(_sent, sent);

    /// <summary>A message came; one whose number is not above the last was there, and went. False: not valid.</summary>
    /// <param name="body">None: it is not there any more.</param>
    internal bool ApplyQueued(ulong number, SessionBody body, SessionMarks marks, uint identifier)
    {
        if (number <= _ring.Last)
        {
            return true;
        }

        bool isPresent = marks != SessionMarks.None && (!body.IsNone || (marks & SessionMarks.Received) != 0);
        if (!ApplyLast(isPresent ? number - 1 : number))
        {
            return false;
        }

        if (isPresent)
        {
            GrowFor(1);
            var item = new SessionItem { Identifier = identifier, Marks = marks | SessionMarks.Present };
            if (!item.IsReceived)
            {
                body.Hold();
                NoteExpiry(body);
                item.Body = body.At;
            }

            _ring.Add(item);
            Count(1, item.Body == null ? 0 : body.ContentBytes);
        }

        return true;
    }

    /// <summary>Numbers up to this one were given out. False: not valid.</summary>
    internal bool ApplyLast(ulong last)
    {
        if (last <= _ring.Last)
        {
            return true;
        }

        if (_ring.First > _ring.Last)
        {
            _ring.SkipTo(last);
            return true;
        }

        if (last - _ring.Last > GapMax)
        {
            return false;
        }

        GrowFor((int)(last - _ring.Last));
        while (_ring.Last < last)
        {
            _ring.Add(default);
        }

        return true;
    }

    internal void ApplySettled(ulong first, uint count)
    {
        ulong end = first + count;
        for (ulong number = Math.Max(first, _ring.First); number < end && number <= _ring.Last; number++)
        {
            if (_ring[number].IsPresent)
            {
                Forget(number);
            }
        }
    }

    internal void ApplyReceived(ulong number)
    {
        if (number >= _ring.First && number <= _ring.Last && _ring[number] is { IsPresent: true, IsReceived: false })
        {
            MarkReceived(number);
        }
    }

    /// <summary>All records have come. Whoever had it when the log ended may have been sent everything.</summary>
    internal void EndRecovery(bool wasConnected)
    {
        _sent = wasConnected ? _ring.Last : Math.Min(_sent, _ring.Last);
        _durable = _ring.Last;
        Shrink(entirely: true);
    }

    /// <summary>What it is, beside its queue.</summary>
    internal void SnapshotSettings(RecordBuffer buffer)
    {
        lock (_gate)
        {
            foreach (SessionSubscription subscription in _subscriptions.All)
            {
                int bytes = SessionRecords.SubscriptionBytes(subscription.Filter.Length);
                SessionRecords.WriteSubscription(
                    buffer.Add((byte)SessionRecordKind.SessionSubscribed, bytes), Number, subscription);
            }

            foreach (ushort packetId in _inbound.All)
            {
                SessionRecords.WriteInbound(
                    buffer.Add((byte)SessionRecordKind.InboundTaken, SessionRecords.InboundBytes), Number, packetId);
            }
        }
    }

    /// <summary>A part of its queue from a number on, with the messages that the snapshot has not yet; true: that was the last.</summary>
    internal bool SnapshotQueue(RecordBuffer buffer, ref ulong from, HashSet<ulong> bodies)
    {
        lock (_gate)
        {
            ulong first = Math.Max(from, _ring.First);
            ulong number = first;
            int count = 0;
            while (number <= _ring.Last && count < _service.Limits.SliceMessagesMax && buffer.Length < _service.Limits.SliceBytesMax)
            {
                Snapshot(in _ring[number], buffer, bodies);
                number++;
                count++;
            }

            bool isEnd = number > _ring.Last;
            int bytes = SessionRecords.KeptBytes + (count * SessionRecords.QueuedMessageBytes);
            var writer = new RecordWriter(buffer.Add((byte)SessionRecordKind.QueueKept, bytes));
            writer.U32(Number);
            writer.U64(isEnd ? _ring.Last : number - 1);
            writer.U64(_sent);
            writer.U64(first);
            for (ulong at = first; at < number; at++)
            {
                SessionItem item = _ring[at];
                ulong body = item.Body == null ? 0 : item.Body->Id;
                SessionRecords.WriteMessage(ref writer, body, item.Marks & SessionMarks.OnDisk, item.Identifier);
            }

            from = number;
            return isEnd;
        }
    }

    /// <summary>Compares what is counted twice; how many messages there are.</summary>
    internal long Check(HashSet<ulong> bodies, ref long queueBytes)
    {
        long messages = 0;
        long bytes = 0;
        for (ulong number = _ring.First; number <= _ring.Last; number++)
        {
            SessionItem item = _ring[number];
            messages += item.IsPresent ? 1 : 0;
            if (item.Body != null)
            {
                bodies.Add(item.Body->Id);
                bytes += _service.Bodies.Of(item.Body).ContentBytes;
            }

            Invariant.Require(item.IsPresent == (item.Body != null || item.IsReceived), "a message has its bytes until it was received");
        }

        queueBytes += _ring.Capacity * (long)SessionRing.ItemBytes;
        Invariant.Require(messages == _messages && bytes == _bytes, "a session counts what it has");
        Invariant.Require(_ring.First > _ring.Last || _ring[_ring.First].IsPresent, "the first place is a message's");
        return messages;
    }

    private void Snapshot(in SessionItem item, RecordBuffer buffer, HashSet<ulong> bodies)
    {
        if (item.Body != null && bodies.Add(item.Body->Id))
        {
            SessionBody body = _service.Bodies.Of(item.Body);
            BodyStoredRecord.Write(buffer.Add((byte)SessionRecordKind.BodyStored, BodyStoredRecord.Bytes(body)), body);
        }
    }

    private void GrowFor(int more)
    {
        int capacity = _ring.CapacityFor(more);
        if (capacity != _ring.Capacity)
        {
            _service.Bodies.Grow((capacity - _ring.Capacity) * (long)SessionRing.ItemBytes);
            _ring.Grow(capacity);
        }
    }
}
