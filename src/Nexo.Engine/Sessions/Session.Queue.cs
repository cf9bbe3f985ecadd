using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <content>The queue of its messages: what comes, and what goes.</content>
public sealed unsafe partial class Session
{
    private readonly SessionRing _ring = new();
    private int _messages;
    private long _bytes;
    private long _dropped;

    // Those up to it may have been sent, on this connection or an earlier one. What is behind it may be dropped.
    private ulong _sent;

    // The record that names the last of its messages; up to which of them are on disk; the next mark of both.
    private Lsn _lastLsn;
    private ulong _durable;
    private ulong _markedMessage;
    private Lsn _markedLsn;

    // The last record of a message that its receiver has: it is not told to forget an id before that is on disk.
    private Lsn _receivedLsn;
    private bool _isAwaited;

    /// <summary>Takes messages, in their order; those that there is no room for, or older ones, are dropped.</summary>
    /// <returns>How many were dropped.</returns>
    public int Enqueue(ReadOnlySpan<SessionEntry> entries)
    {
        int dropped = 0;
        lock (_gate)
        {
            if (IsEnded)
            {
                return entries.Length;
            }

            long bytes = 0;
            foreach (ref readonly SessionEntry entry in entries)
            {
                bytes += entry.Body.ContentBytes;
            }

            if (Fits(entries.Length, bytes))
            {
                dropped = TryAdd(entries, bytes) ? 0 : entries.Length;
            }
            else
            {
                for (int i = 0; i < entries.Length; i++)
                {
                    int size = entries[i].Body.ContentBytes;
                    bool isAdded = MakeRoom(size, ref dropped) && TryAdd(entries.Slice(i, 1), size);
                    dropped += isAdded ? 0 : 1;
                }
            }

            _dropped += dropped;
        }

        _service.Counters.AddQueued(entries.Length, dropped);
        return dropped;
    }

    /// <summary>The id under which a message is sent, now and after a restart: it follows from its number.</summary>
    internal static ushort PacketIdOf(ulong number) => (ushort)(((number - 1) % ushort.MaxValue) + 1);

    private bool Fits(int count, long bytes) =>
        _messages + count <= _service.Limits.MessagesPerSessionMax
        && _bytes + bytes <= _service.Limits.BytesPerSessionMax
        && _ring.Span + count <= _service.Limits.MessagesPerSessionMax + (long)ushort.MaxValue;

    /// <summary>Drops what was not sent: what has expired, and then, if that is the rule, what is oldest.</summary>
    private bool MakeRoom(int bytes, ref int dropped)
    {
        long now = _service.NowMs;
        while (!Fits(1, bytes))
        {
            ulong oldest = Math.Max(_sent + 1, _ring.First);
            while (oldest <= _ring.Last && !_ring[oldest].IsPresent)
            {
                oldest++;
            }

            if (oldest > _ring.Last || bytes > _service.Limits.BytesPerSessionMax)
            {
                return false;
            }

            bool isExpired = IsExpired(in _ring[oldest], now);
            if (!isExpired && _service.Limits.WhenFull == SessionWhenFull.DropNewest)
            {
                return false;
            }

            dropped += isExpired ? 0 : 1;
            _service.Counters.AddExpired(isExpired ? 1 : 0);
            _sent = oldest;
            Settle(oldest);
        }

        return true;
    }

    /// <summary>
    /// All of them, or none: there is no memory. Whether the disk has room was asked before they were taken from their sender, who does not
    /// hear that they are safe before they are; from here on they are not dropped for that.
    /// </summary>
    private bool TryAdd(ReadOnlySpan<SessionEntry> entries, long bytes)
    {
        int payload = SessionRecords.QueuedBytes + (entries.Length * SessionRecords.QueuedMessageBytes);
        int capacity = _ring.CapacityFor(entries.Length);
        if (capacity != _ring.Capacity)
        {
            if (!_service.Bodies.TryGrow((capacity - _ring.Capacity) * (long)SessionRing.ItemBytes))
            {
                return false;
            }

            _ring.Grow(capacity);
        }

        LogQueued(entries, payload);
        foreach (ref readonly SessionEntry entry in entries)
        {
            entry.Body.Hold();
            NoteExpiry(entry.Body);
            _ring.Add(new SessionItem
            {
                Body = entry.Body.At,
                Identifier = entry.Identifier,
                Marks = SessionMarks.Present | MarksOf(in entry),
            });
        }

        Count(entries.Length, bytes);
        return true;
    }

    private void LogQueued(ReadOnlySpan<SessionEntry> entries, int payload)
    {
        if (_service.Log is not { } log)
        {
            return;
        }

        foreach (ref readonly SessionEntry entry in entries)
        {
            _service.Bodies.EnsureLogged(entry.Body, log);
        }

        using LogAppend append = log.Begin((byte)SessionRecordKind.MessagesQueued, payload);
        var writer = new RecordWriter(append.Payload);
        writer.U32(Number);
        writer.U64(_ring.Last + 1);
        foreach (ref readonly SessionEntry entry in entries)
        {
            SessionRecords.WriteMessage(ref writer, entry.Body.Id, MarksOf(in entry), entry.Identifier);
        }

        _lastLsn = append.Lsn;
    }

    private static SessionMarks MarksOf(in SessionEntry entry) =>
        (entry.IsExactlyOnce ? SessionMarks.ExactlyOnce : SessionMarks.AtLeastOnce) | (entry.Retain ? SessionMarks.Retain : 0);

    /// <summary>A message is gone: logged, and let go of.</summary>
    private void Settle(ulong number)
    {
        _service.LogSettled(this, number, 1);
        Forget(number);
        Shrink(entirely: false);
    }

    /// <summary>A message is gone.</summary>
    private void Forget(ulong number)
    {
        LetGo(ref _ring[number]);
        _ring.Remove(number);
        Count(-1, 0);
    }

    private void LetGo(ref SessionItem item)
    {
        if (item.Body != null)
        {
            SessionBody body = _service.Bodies.Of(item.Body);
            Count(0, -body.ContentBytes);
            item.Body = null;
            body.Release();
        }
    }

    /// <summary>All of an ended session's messages are let go of.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            for (ulong number = _ring.First; number <= _ring.Last; number++)
            {
                if (_ring[number].IsPresent)
                {
                    Count(-1, 0);
                    LetGo(ref _ring[number]);
                }
            }

            _ring.SkipTo(_ring.Last);
            Shrink(entirely: true);
            _service.Counters.AddSubscriptions(-_subscriptions.All.Length);
            _subscriptions.Clear();
            _inbound = default;
        }
    }

    private void Shrink(bool entirely)
    {
        int places = _ring.Shrink(entirely);
        if (places > 0)
        {
            _service.Bodies.Grow(-places * (long)SessionRing.ItemBytes);
        }
    }

    private void Count(int messages, long bytes)
    {
        _messages += messages;
        _bytes += bytes;
        _service.Counters.AddMessages(messages);
    }

    private static bool IsExpired(in SessionItem item, long nowMs) =>
        item.Body != null && item.Body->DeadlineMs != 0 && item.Body->DeadlineMs <= nowMs;
}
