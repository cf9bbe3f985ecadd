using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>
/// The last values of topics: an arena with them, and over them the table (by topic), the ordered index (for filters) and the
/// timing wheel (by deadline), behind one lock. The caller takes <see cref="Gate"/>: what belongs together, as a publish with
/// the look-up of who gets it, is done under one hold. Nothing in here waits or does I/O.
/// </summary>
internal sealed unsafe partial class RetainedStore : IDisposable
{
    /// <summary>What one insert may add to table, chain and index besides the entry's own slot.</summary>
    private const int GrowthBytes = 4_096;

    private readonly TopicLimits _limits;
    private readonly EngineClock _clock;
    private readonly KeyHash _hasher = KeyHash.Random();
    private readonly PagePool _pool;
    private readonly MemoryBudget _budget;
    private readonly Arena _arena;
    private readonly OrderedIndex _index;
    private readonly TimingWheel _wheel;
    private EntryTable _table;
    private ulong _version;
    private bool _disposed;

    public RetainedStore(TopicLimits limits, EngineClock clock)
    {
        _limits = limits;
        _clock = clock;
        _pool = new PagePool(Tuning.PageBytes);
        _budget = new MemoryBudget(Math.Max(1, limits.RetainedBytesMax), arenas: 1, limits.Cap);
        _arena = new Arena(_pool, _budget, Tuning.PageBytes, Tuning.PageIdMax);
        _index = new OrderedIndex(_arena, Tuning.IndexNodeBytes);
        _wheel = new TimingWheel(_arena, clock.NowMs);
    }

    public Lock Gate { get; } = new();

    /// <summary>Null: nothing is logged.</summary>
    public ILogWriter? Log { get; set; }

    /// <summary>Grows with every value that is set; one that a subscription began with is not above it.</summary>
    public ulong Version => _version;

    public long Count => _table.Count;

    public long UsedBytes => _arena.UsedBytes;

    /// <summary>What it takes of memory. Under the lock.</summary>
    public MemoryUse Memory => MemoryUse.Of(_arena, _pool);

    private RetainedTuning Tuning => _limits.RetainedTuning;

    /// <summary>Keeps a message as the last value of its topic, or, with an empty body, lets go of the one there is.</summary>
    public TopicStatus Publish(in TopicMessage message)
    {
        long now = _clock.NowMs;
        int steps = Tuning.AssistSteps;
        TakeDue(now, ref steps);
        ulong hash = _hasher.Of(message.Topic);
        uint* place = _table.Find(_arena, hash, message.Topic, out byte* old);
        return message.Body.IsEmpty
            ? Clear(message.Topic, hash, place, old)
            : Set(message, now, hash, place, old);
    }

    /// <summary>Removes what is due, a bounded part of it; true: there may be more.</summary>
    public bool Expire(long now, ref int steps)
    {
        int hold = Math.Min(steps, Tuning.HoldMessagesMax);
        steps -= hold;
        TakeDue(now, ref hold);
        steps += hold;
        return hold == 0;
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _table = default;
                _index.Forget();
                _budget.Close();
                _wheel.Dispose();
                _arena.Dispose();
                _pool.Dispose();
            }
        }
    }

    /// <summary>Compares all that is counted twice; for tests.</summary>
    public void Check()
    {
        _arena.Check();
        long entries = _index.Check(out long nodes);
        Invariant.Require(entries == _table.Count, "the index and the table hold the same messages");
        Invariant.Require(
            _arena.Slots == entries + nodes + _table.CountSlots(_arena), "every slot is a message's or a structure's");
        Invariant.Require(_wheel.CountByWalking() == _wheel.Count, "the wheel counts what it holds");
    }

    private TopicStatus Set(in TopicMessage message, long now, ulong hash, uint* place, byte* old)
    {
        if (place == null && _table.Count >= _limits.RetainedMax)
        {
            // What is due counts as long as it is there.
            int steps = Tuning.HoldMessagesMax;
            TakeDue(now, ref steps);
            if (_table.Count >= _limits.RetainedMax)
            {
                return TopicStatus.RetainedFull;
            }
        }

        long deadline = message.TtlMs is { } ttl ? now + ttl : 0;
        int recordBytes = RetainedSetRecord.Bytes(message.Topic.Length, message.Headers.Length, message.Body.Length);
        TopicStatus status = StatusOf(Log?.RoomFor(recordBytes) ?? LogRoom.Ok);
        if (status != TopicStatus.Ok)
        {
            return status;
        }

        int valueBytes = RetainedMessage.ValueBytes(message.Headers.Length, message.Body.Length);
        if (!HasRoomFor(message.Topic, valueBytes, deadline != 0, now, ref hash, ref place, ref old))
        {
            long wanted = _arena.CostOf(valueBytes + message.Topic.Length) + GrowthBytes;
            return _limits.Cap.Room < wanted ? TopicStatus.OutOfMemory : TopicStatus.RetainedFull;
        }

        if (Log is { } log)
        {
            using LogAppend append = log.Begin((byte)TopicRecordKind.RetainedSet, recordBytes);
            RetainedSetRecord.Write(append.Payload, now, deadline, message.Topic, message.Headers, message.Body);
        }

        Put(message.Topic, message.Headers, message.Body, now, deadline, hash, place, old);
        return TopicStatus.Ok;
    }

    /// <summary>Reserves the memory; looks the topic up again if that has cost what was due.</summary>
    private bool HasRoomFor(
        ReadOnlySpan<byte> topic, int valueBytes, bool expires, long now, ref ulong hash, ref uint* place, ref byte* old)
    {
        int bytes = Entry.Bytes(topic.Length, valueBytes, expires);
        if (CanStay(place, old, bytes, expires))
        {
            return true;
        }

        long wanted = _arena.CostOf(bytes) + GrowthBytes;
        if (_arena.TryReserve(wanted))
        {
            return true;
        }

        int steps = Tuning.HoldMessagesMax;
        bool roomy = false;
        while (!roomy && steps > 0 && _wheel.TryTakeDue(now, ref steps, out uint due))
        {
            Expire(due);
            roomy = _arena.TryReserve(wanted);
        }

        place = _table.Find(_arena, hash, topic, out old);

        // A smaller value may always take the place of a larger one: a full store can shrink.
        return roomy || (place != null && Entry.Is(old, EntryFlags.Expires) == expires && bytes <= _arena.Capacity(*place));
    }

    private TopicStatus Clear(ReadOnlySpan<byte> topic, ulong hash, uint* place, byte* old)
    {
        TopicStatus status = StatusOf(Log?.RoomForRemoval(topic.Length) ?? LogRoom.Ok);
        if (status == TopicStatus.Ok && place != null)
        {
            LogRemoved(topic);
            Detach(place, hash, old);
        }

        return status;
    }

    private bool CanStay(uint* place, byte* old, int bytes, bool expires) =>
        place != null && Entry.Is(old, EntryFlags.Expires) == expires && _arena.Suits(*place, bytes);

    /// <summary>The topic's value is this: created, moved or in place. Its memory is reserved, or overdrawn. Cannot fail.</summary>
    private void Put(
        ReadOnlySpan<byte> topic,
        ReadOnlySpan<byte> headers,
        ReadOnlySpan<byte> body,
        long setAtMs,
        long deadlineMs,
        ulong hash,
        uint* place,
        byte* old)
    {
        bool expires = deadlineMs != 0;
        int valueBytes = RetainedMessage.ValueBytes(headers.Length, body.Length);
        int bytes = Entry.Bytes(topic.Length, valueBytes, expires);
        EntryFlags flags = expires ? EntryFlags.Expires : EntryFlags.None;
        _version++;
        uint reference;
        byte* entry;
        if (CanStay(place, old, bytes, expires) || !HasCreditToMove(place, old, bytes, expires))
        {
            reference = *place;
            entry = old;
            Entry.Renew(entry, flags, _version, valueBytes);
        }
        else
        {
            reference = _arena.Allocate(bytes);
            entry = _arena.At(reference);
            Entry.Write(entry, flags, _version, topic, valueBytes);
            if (place == null)
            {
                _table.Insert(_arena, _hasher, hash, reference);
                _index.Insert(reference);
            }
            else
            {
                _index.Replace(*place, reference);
                Unlink(old);
                _arena.Free(*place);
                *place = reference;
            }
        }

        RetainedMessage.WriteValue(entry, setAtMs, headers, body);
        SetDeadline(reference, entry, deadlineMs);
    }

    /// <summary>False: it must stay where it lies, and fits.</summary>
    private bool HasCreditToMove(uint* place, byte* old, int bytes, bool expires) =>
        place == null
            || Entry.Is(old, EntryFlags.Expires) != expires
            || bytes > _arena.Capacity(*place)
            || _arena.TryReserve(_arena.CostOf(bytes));

    private void SetDeadline(uint reference, byte* entry, long deadlineMs)
    {
        if (deadlineMs == 0)
        {
            return;
        }

        if (Entry.WheelPrev(entry) != 0)
        {
            _wheel.Move(reference, entry, deadlineMs);
            return;
        }

        Entry.Deadline(entry) = deadlineMs;
        if (!_recovering)
        {
            _wheel.Add(reference, entry);
        }
    }

    private void Unlink(byte* entry)
    {
        if (Entry.Is(entry, EntryFlags.Expires))
        {
            _wheel.Remove(entry);
        }
    }

    private void TakeDue(long now, ref int steps)
    {
        while (_wheel.TryTakeDue(now, ref steps, out uint reference))
        {
            Expire(reference);
        }
    }

    /// <summary>
    /// What is due needs no record, since its deadline is in the log: it would go again. It gets one while there is room, so that
    /// it cannot come back even if the clock does.
    /// </summary>
    private void Expire(uint reference)
    {
        if (Log is { } log && log.RoomForUpkeep((int)Entry.KeyLength(_arena.At(reference))) == LogRoom.Ok)
        {
            LogRemoved(Entry.Key(_arena.At(reference)));
        }

        Detach(reference);
    }

    private void LogRemoved(ReadOnlySpan<byte> topic)
    {
        if (Log is { } log)
        {
            using LogAppend append = log.Begin((byte)TopicRecordKind.RetainedRemoved, topic.Length);
            topic.CopyTo(append.Payload);
        }
    }

    private void Detach(uint reference)
    {
        byte* entry = _arena.At(reference);
        ulong hash = _hasher.Of(Entry.Key(entry));
        uint* place = _table.Find(_arena, hash, Entry.Key(entry), out byte* found);
        Invariant.Require(found == entry, "the table holds every message");
        Detach(place, hash, entry);
    }

    private void Detach(uint* place, ulong hash, byte* entry)
    {
        uint reference = *place;
        _table.Remove(_arena, _hasher, hash, place);
        _index.Remove(reference);
        Unlink(entry);
        _arena.Free(reference);
    }

    private static TopicStatus StatusOf(LogRoom room) => room switch
    {
        LogRoom.Ok => TopicStatus.Ok,
        LogRoom.Full => TopicStatus.DiskFull,
        _ => TopicStatus.LogFailed,
    };
}
