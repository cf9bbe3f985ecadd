using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <summary>The bytes of all messages that sessions have, each once, behind one lock; reading them needs none.</summary>
internal sealed unsafe class SessionBodies : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PagePool _pool;
    private readonly MemoryBudget _budget;
    private readonly Arena _arena;
    private ulong _lastId;
    private long _count;
    private long _queueBytes;
    private int _snapshots = 1;
    private bool _disposed;

    public SessionBodies(SessionLimits limits)
    {
        _pool = new PagePool(limits.PageBytes);
        _budget = new MemoryBudget(Math.Max(1, limits.BytesMax), arenas: 1, limits.Cap);
        _arena = new Arena(_pool, _budget, limits.PageBytes);
    }

    /// <summary>Null: nothing is logged.</summary>
    public ILogWriter? Log { get; set; }

    /// <summary>Memory of the messages, and of the queues that name them.</summary>
    public long UsedBytes => _arena.UsedBytes + Volatile.Read(ref _queueBytes);

    /// <summary>What they take of memory, with the queues.</summary>
    public MemoryUse Memory
    {
        get
        {
            lock (_gate)
            {
                return MemoryUse.Of(_arena, _pool) + new MemoryUse(Volatile.Read(ref _queueBytes), 0);
            }
        }
    }

    public long Count => Volatile.Read(ref _count);

    /// <summary>Ids were given out up to this one; it never falls.</summary>
    public ulong LastId
    {
        get
        {
            lock (_gate)
            {
                return _lastId;
            }
        }

        set
        {
            lock (_gate)
            {
                _lastId = Math.Max(_lastId, value);
            }
        }
    }

    /// <summary>Copies a message, for one who holds it; none: there is no room.</summary>
    public SessionBody Keep(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body, long deadlineMs)
    {
        lock (_gate)
        {
            long cost = _arena.CostOf(BytesOf(topic, headers, body));
            return !_disposed && _arena.TryReserve(cost)
                ? Put(_lastId + 1, deadlineMs, topic, headers, body)
                : default;
        }
    }

    /// <summary>As it was in an earlier run, whatever the limit says.</summary>
    public SessionBody Restore(in BodyStoredRecord record)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return default;
            }

            SessionBody body = Put(record.Id, record.DeadlineMs, record.Topic, record.Headers, record.Body);
            body.At->LoggedIn = _snapshots;
            return body;
        }
    }

    public SessionBody Of(SessionBody.Head* head) => new(this, head);

    /// <summary>
    /// Has it in the log, before a record that names it: once more if a snapshot has begun since, which may have passed the session
    /// that is to have it. Under that session's lock.
    /// </summary>
    public void EnsureLogged(SessionBody body, ILogWriter log)
    {
        if (Volatile.Read(ref body.At->LoggedIn) == Volatile.Read(ref _snapshots))
        {
            return;
        }

        lock (_gate)
        {
            if (body.At->LoggedIn != _snapshots)
            {
                using (LogAppend append = log.Begin((byte)SessionRecordKind.BodyStored, BodyStoredRecord.Bytes(body)))
                {
                    BodyStoredRecord.Write(append.Payload, body);
                }

                Volatile.Write(ref body.At->LoggedIn, _snapshots);
            }
        }
    }

    /// <summary>A snapshot begins: it has what sessions name; what one is to have that it has passed is logged again.</summary>
    public void BeginSnapshot()
    {
        lock (_gate)
        {
            Volatile.Write(ref _snapshots, _snapshots + 1);
        }
    }

    /// <summary>Nobody holds it any more.</summary>
    public void Free(SessionBody.Head* head)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (head->LoggedIn != 0 && Log is { } log && log.RoomForRemoval(SessionRecords.ReleasedBytes) == LogRoom.Ok)
            {
                using LogAppend append = log.Begin((byte)SessionRecordKind.BodyReleased, SessionRecords.ReleasedBytes);
                var writer = new RecordWriter(append.Payload);
                writer.U64(head->Id);
            }

            _arena.Free(head->Slot);
            Volatile.Write(ref _count, _count - 1);
        }
    }

    /// <summary>Takes room for a queue that grows; false: there is none.</summary>
    public bool TryGrow(long bytes)
    {
        if (_budget.Available < bytes)
        {
            return false;
        }

        Grow(bytes);
        return true;
    }

    /// <summary>A queue has grown, or, with a negative number, shrunk.</summary>
    public void Grow(long bytes)
    {
        _budget.Take(bytes);
        Interlocked.Add(ref _queueBytes, bytes);
    }

    /// <summary>All records have come.</summary>
    public void EndRecovery()
    {
        lock (_gate)
        {
            _arena.SettleOverdraft();
        }
    }

    /// <summary>Compares what is counted twice; for tests.</summary>
    public void Check(long expected, long queueBytes)
    {
        lock (_gate)
        {
            Invariant.Require(queueBytes == _queueBytes, "all queues are counted");
            _arena.Check();
            Invariant.Require(_arena.Slots == _count, "every slot is a message's");
            Invariant.Require(expected == _count, "every message is held by somebody");
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _budget.Close();
                _arena.Dispose();
                _pool.Dispose();
            }
        }
    }

    private static int BytesOf(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body) =>
        checked(sizeof(SessionBody.Head) + topic.Length + headers.Length + body.Length);

    private SessionBody Put(
        ulong id, long deadlineMs, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        uint slot = _arena.Allocate(BytesOf(topic, headers, body));
        var head = (SessionBody.Head*)_arena.At(slot);
        *head = new SessionBody.Head
        {
            Id = id,
            DeadlineMs = deadlineMs,
            Count = 1,
            Slot = slot,
            TopicBytes = topic.Length,
            HeaderBytes = headers.Length,
            BodyBytes = body.Length,
        };
        byte* bytes = (byte*)(head + 1);
        topic.CopyTo(new Span<byte>(bytes, topic.Length));
        headers.CopyTo(new Span<byte>(bytes + topic.Length, headers.Length));
        body.CopyTo(new Span<byte>(bytes + topic.Length + headers.Length, body.Length));
        _lastId = Math.Max(_lastId, id);
        Volatile.Write(ref _count, _count + 1);
        return new SessionBody(this, head);
    }
}
