using System.Buffers;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Expiry and the memory limit: what removes entries without being told to by key.</content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>
    /// Entries of one bucket and its chain that the hand looks at; longer chains wait for the next round.
    /// </summary>
    private const int BucketEntriesMax = 48;

    /// <summary>Buckets that a write evicts in a store that is over its limit.</summary>
    private const int ShrinkBuckets = 4;

    public StoreStatus Ttl(ReadOnlySpan<byte> key, ulong hash, out long remainingMs)
    {
        lock (_gate)
        {
            remainingMs = 0;
            if (FindForRead(key, hash, out byte* entry) == null)
            {
                return StoreStatus.NotFound;
            }

            // A millisecond may have passed since it was found to be alive.
            remainingMs = Entry.Is(entry, EntryFlags.Expires) ? Math.Max(0, Entry.Deadline(entry) - _clock.NowMs) : -1;
            return StoreStatus.Ok;
        }
    }

    public StoreStatus Moment(ReadOnlySpan<byte> key, ulong hash, out long wallMs)
    {
        lock (_gate)
        {
            wallMs = -1;
            if (FindForRead(key, hash, out byte* entry) == null)
            {
                return StoreStatus.NotFound;
            }

            if (Entry.Is(entry, EntryFlags.Expires))
            {
                wallMs = Entry.Deadline(entry) + _clock.WallOffsetAt(_clock.NowMs);
            }

            return StoreStatus.Ok;
        }
    }

    public StoreStatus Expire(ReadOnlySpan<byte> key, ulong hash, in ExpiryPlan plan)
    {
        lock (_gate)
        {
            Assist(plan);
            uint* place = FindForRead(key, hash, out byte* entry);
            return place == null ? StoreStatus.NotFound : ApplyExpiry(key, hash, place, entry, plan, value: null);
        }
    }

    public StoreStatus Touch(
        ReadOnlySpan<byte> key, ulong hash, in ExpiryPlan plan, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            Assist(plan);
            uint* place = FindValueForRead(key, hash, out byte* entry, out StoreStatus status);
            version = entry == null ? 0 : Entry.Version(entry);
            return status == StoreStatus.Ok ? ApplyExpiry(key, hash, place, entry, plan, value) : status;
        }
    }

    /// <summary>Expires what is due and frees what is dead, in bounded steps. Returns the steps done.</summary>
    public int Tick(long now, int stepsMax)
    {
        lock (_gate)
        {
            int steps = stepsMax;
            while (_wheel.TryTakeDue(now, ref steps, out uint reference))
            {
                Remove(reference, StoreChangeKind.Expired);
            }

            while (steps > 0 && TearOne())
            {
                steps--;
            }

            return stepsMax - steps;
        }
    }

    /// <summary>
    /// Frees memory for another shard's write: by evicting if the store does that, else only what lies unused or is
    /// dead. False: nothing left to free.
    /// </summary>
    public bool GiveRoom(MemoryBudget budget, long wanted)
    {
        lock (_gate)
        {
            _arena.ReturnCredit();
            if (!_evicts)
            {
                int steps = _limits.Tuning.HoldStepsMax;
                while (budget.Available < wanted && FreeDead(ref steps))
                {
                    _arena.ReturnCredit();
                }

                return false;
            }

            bool freed = true;
            for (int i = 0; i < _limits.Tuning.EvictBucketsMax && freed && budget.Available < wanted; i++)
            {
                freed = EvictSome();
                _arena.ReturnCredit();
            }

            return freed;
        }
    }

    /// <summary>
    /// The entry's life changes, its value and version do not. May need a larger slot, or none; the value goes out
    /// last, so that a refusal has written nothing.
    /// </summary>
    private StoreStatus ApplyExpiry(
        ReadOnlySpan<byte> key, ulong hash, uint* place, byte* entry, in ExpiryPlan plan, IBufferWriter<byte>? value)
    {
        StoreStatus admitted = plan.Passed ? AdmitRemoval(key.Length) : StoreStatus.Ok;
        if (admitted != StoreStatus.Ok)
        {
            return admitted;
        }

        if (!plan.Keep && !plan.Passed && DeadlineOf(entry) != plan.DeadlineMs)
        {
            admitted = Admit(ExpirySetRecord.Bytes(key.Length));
            if (admitted != StoreStatus.Ok)
            {
                return admitted;
            }

            int bytes = Entry.Bytes(key.Length, (int)Entry.ValueLength(entry), plan.DeadlineMs != 0);
            long cost = _arena.CostOf(bytes) + GrowthBytes;
            if (!CanStay(place, entry, bytes, plan.DeadlineMs != 0) && !MakeRoom(cost))
            {
                return Refuse(cost);
            }

            place = Find(key, hash, out entry);
            if (place == null)
            {
                return StoreStatus.NotFound;
            }

            LogExpirySet(key, plan.DeadlineMs);
            entry = PutDeadline(key, hash, place, entry, plan.DeadlineMs);
        }

        value?.Write(Entry.Value(entry));
        if (plan.Passed)
        {
            RemoveAt(place, hash, entry, StoreChangeKind.Expired);
        }

        return StoreStatus.Ok;
    }

    /// <summary>Applies a deadline (0: none): all else of the entry stays as it is.</summary>
    private byte* PutDeadline(ReadOnlySpan<byte> key, ulong hash, uint* place, byte* entry, long deadlineMs)
    {
        int length = (int)Entry.ValueLength(entry);
        EntryFlags kind = Entry.Flags(entry) & (EntryFlags.Types | EntryFlags.Table);
        var shape = new EntryShape(kind, length, deadlineMs, Entry.Version(entry));
        return Reshape(key, hash, place, entry, shape, length);
    }

    /// <summary>
    /// Writes with an expiry take a few due entries along, so that the backlog cannot grow without bound.
    /// </summary>
    private void Assist(in ExpiryPlan plan)
    {
        if (plan.DeadlineMs != 0)
        {
            int steps = _limits.Tuning.AssistSteps;
            while (_wheel.TryTakeDue(plan.NowMs, ref steps, out uint reference))
            {
                Remove(reference, StoreChangeKind.Expired);
            }
        }
    }

    /// <summary>Frees one item of a dead table, or the table itself when it is empty. False: there is none.</summary>
    private bool TearOne()
    {
        if (_deadTables == 0)
        {
            return false;
        }

        var dead = (FieldTable*)_arena.At(_deadTables);
        uint field = dead->Table.Tear(_arena);
        uint element = field == 0 ? dead->Tree.Tear(_arena) : 0;
        if (field != 0 || element != 0)
        {
            // What a tree shares with its table went with that.
            if (field != 0 || !dead->Shares)
            {
                _arena.Free(field + element);
            }

            return true;
        }

        uint done = _deadTables;
        _deadTables = dead->NextDead;
        _arena.Free(done);
        return true;
    }

    /// <summary>
    /// Removes one entry that is due, or frees a part of a dead hash. False: no more, or no steps left.
    /// </summary>
    private bool FreeDead(ref int steps)
    {
        if (_wheel.Count > 0 && _wheel.TryTakeDue(_clock.NowMs, ref steps, out uint due))
        {
            Remove(due, StoreChangeKind.Expired);
            return true;
        }

        return steps-- > 0 && TearOne();
    }

    private StoreStatus Refuse(long wanted)
    {
        RoomWanted = wanted + _arena.Overdrawn;
        return StoreStatus.OutOfMemory;
    }

    /// <summary>
    /// Makes sure that so much can be allocated: by evicting if the store does that, else by freeing what has expired,
    /// a bounded part of it. Must come before entries are looked up that are to be kept at hand. False: refuse the
    /// write (or let other shards make room first).
    /// </summary>
    private bool MakeRoom(long wanted)
    {
        if (_evicts && _arena.OverLimit)
        {
            Shrink();
        }

        if (_arena.TryReserve(wanted))
        {
            return true;
        }

        if (_limits.MemoryBytesMax > 0 && wanted > _limits.MemoryBytesMax)
        {
            return false;
        }

        if (!_evicts)
        {
            int steps = _limits.Tuning.HoldStepsMax;
            bool roomy = false;
            while (!roomy && FreeDead(ref steps))
            {
                roomy = _arena.TryReserve(wanted);
            }

            return roomy;
        }

        for (int i = 0; i < _limits.Tuning.EvictBucketsMax && EvictSome(); i++)
        {
            if (_arena.TryReserve(wanted))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Recovery may have taken more than the limit: each write gives a part of it back, beside what it needs itself.
    /// </summary>
    private void Shrink()
    {
        for (int i = 0; i < ShrinkBuckets && EvictSome(); i++)
        {
        }

        _arena.ReturnCredit();
    }

    /// <summary>
    /// Moves the hand on by one bucket: entries with uses left lose one, the others go. So what is used between two
    /// visits stays (a clock with two bits, as in SIEVE and S3-FIFO: one-time visitors leave first). False: nothing
    /// is left.
    /// </summary>
    private bool EvictSome()
    {
        for (int i = 0; i < BucketEntriesMax && TearOne(); i++)
        {
            if (_deadTables == 0)
            {
                return true;
            }
        }

        if (_table.Count == 0)
        {
            return _deadTables != 0;
        }

        if (_wheel.Count > 0)
        {
            int steps = BucketEntriesMax;
            if (_wheel.TryTakeDue(_clock.NowMs, ref steps, out uint due))
            {
                Remove(due, StoreChangeKind.Expired);
                return true;
            }
        }

        Span<uint> references = stackalloc uint[BucketEntriesMax];
        _hand = _hand + 1 < _table.Buckets ? _hand + 1 : 0;
        int count = _table.Collect(_arena, _hand, references);
        foreach (uint reference in references[..count])
        {
            if (!Entry.TryForget(_arena.At(reference)))
            {
                Remove(reference, StoreChangeKind.Evicted);
            }
        }

        return true;
    }
}
