using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>Commands that gateways need beside those of the native protocol.</content>
internal sealed unsafe partial class StoreShard
{
    // Removals by the low byte of the key's hash: whoever watches a key that is not there learns that it has come and gone.
    private readonly uint[] _removed = new uint[256];

    public StoreStatus Read<TSink>(ReadOnlySpan<byte> key, ulong hash, ref TSink sink)
        where TSink : struct, IValueSink, allows ref struct
    {
        lock (_gate)
        {
            FindValueForRead(key, hash, out byte* entry, out StoreStatus status);
            if (status == StoreStatus.Ok)
            {
                sink.Take(Entry.Value(entry));
            }

            return status;
        }
    }

    public StoreKeyState Look(ReadOnlySpan<byte> key, ulong hash)
    {
        lock (_gate)
        {
            return Find(key, hash, out byte* entry) == null
                ? new StoreKeyState(0, 0, _removed[(byte)hash])
                : new StoreKeyState(Entry.Version(entry), DeadlineOf(entry), 0);
        }
    }

    public StoreStatus ExpireIf(ReadOnlySpan<byte> key, ulong hash, in ExpiryPlan plan, StoreExpiryCondition condition)
    {
        lock (_gate)
        {
            Assist(plan);
            uint* place = FindForRead(key, hash, out byte* entry);
            if (place == null)
            {
                return StoreStatus.NotFound;
            }

            long deadline = DeadlineOf(entry);
            bool holds = condition switch
            {
                StoreExpiryCondition.IfNone => deadline == 0,
                StoreExpiryCondition.IfAny => deadline != 0,
                StoreExpiryCondition.IfLater => deadline != 0 && plan.DeadlineMs > deadline,
                StoreExpiryCondition.IfEarlier => deadline == 0 || plan.DeadlineMs < deadline,
                _ => true,
            };
            return holds ? ApplyExpiry(key, hash, place, entry, plan, value: null) : StoreStatus.ConditionFailed;
        }
    }

    public StoreStatus Overwrite(
        ReadOnlySpan<byte> key, ulong hash, long offset, ReadOnlySpan<byte> bytes, out long length, out ulong version)
    {
        lock (_gate)
        {
            length = 0;
            version = 0;
            uint* place = Find(key, hash, out byte* old);
            StoreStatus status = ValueStatus(place, old);
            if (status == StoreStatus.WrongType)
            {
                return status;
            }

            int before = place == null ? 0 : (int)Entry.ValueLength(old);
            length = before;
            if (bytes.IsEmpty)
            {
                return StoreStatus.Ok;
            }

            if (offset > _limits.ValueBytesMax - bytes.Length)
            {
                return StoreStatus.ValueTooLarge;
            }

            // What lies behind the bytes is written with them: a record says how a value ends.
            int end = (int)offset + bytes.Length;
            int behind = Math.Max(0, before - end);
            byte[] suffix = new byte[bytes.Length + behind];
            bytes.CopyTo(suffix);
            if (behind > 0)
            {
                Entry.Value(old)[end..].CopyTo(suffix.AsSpan(bytes.Length));
            }

            return PutEnd(key, hash, (int)offset, suffix, out length, out version);
        }
    }

    public StoreStatus IncrementFraction(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> delta, Span<byte> text, out int length)
    {
        lock (_gate)
        {
            length = 0;
            uint* place = Find(key, hash, out byte* old);
            StoreStatus status = ValueStatus(place, old);
            if (status == StoreStatus.WrongType)
            {
                return status;
            }

            ReadOnlySpan<byte> before = place == null ? "0"u8 : Entry.Value(old);
            status = before.IsEmpty ? StoreStatus.NotANumber : FractionText.Add(before, delta, text, out length);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            status = PutText(key, hash, text[..length]);
            length = status == StoreStatus.Ok ? length : 0;
            return status;
        }
    }

    public StoreStatus HashIncrementFraction(
        ReadOnlySpan<byte> key,
        ulong hash,
        ReadOnlySpan<byte> field,
        ReadOnlySpan<byte> delta,
        Span<byte> text,
        out int length)
    {
        lock (_gate)
        {
            length = 0;
            uint* place = FindTyped(EntryFlags.Hash, key, hash, out byte* entry, out StoreStatus status);
            if (status == StoreStatus.WrongType)
            {
                return status;
            }

            ReadOnlySpan<byte> before = "0"u8;
            if (place != null && TryGetField(entry, field, out ReadOnlySpan<byte> found))
            {
                before = found;
            }

            status = before.IsEmpty ? StoreStatus.NotANumber : FractionText.Add(before, delta, text, out length);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            var pair = new OnePair(field, text[..length]);
            Measure(pair, out PairSizes sizes);
            return SetFields(EntryFlags.Hash, key, hash, pair, sizes, out _, out _);
        }
    }

    public StoreStatus HashSetIfAbsent(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, out bool stored)
    {
        var pair = new OnePair(field, value);
        StoreStatus status = Measure(pair, out PairSizes sizes);
        stored = false;
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        lock (_gate)
        {
            uint* place = FindTyped(EntryFlags.Hash, key, hash, out byte* entry, out status);
            if (status == StoreStatus.WrongType || (place != null && TryGetField(entry, field, out _)))
            {
                return status;
            }

            status = SetFields(EntryFlags.Hash, key, hash, pair, sizes, out int added, out _);
            stored = added > 0;
            return status;
        }
    }

    public bool TakeRandomKey<TSink>(ref TSink sink)
        where TSink : struct, IValueSink, allows ref struct
    {
        lock (_gate)
        {
            long now = NowIfNeeded();
            Span<uint> references = stackalloc uint[BucketEntriesMax];
            uint first = _table.Buckets == 0 ? 0 : (uint)Random.Shared.NextInt64(_table.Buckets);
            for (uint i = 0; i < _table.Buckets; i++)
            {
                int count = _table.Collect(_arena, (first + i) % _table.Buckets, references);
                int chosen = count == 0 ? 0 : Random.Shared.Next(count);
                for (int j = 0; j < count; j++)
                {
                    byte* entry = _arena.At(references[(chosen + j) % count]);
                    if (!Entry.IsDue(entry, now))
                    {
                        sink.Take(Entry.Key(entry));
                        return true;
                    }
                }
            }

            return false;
        }
    }

    private static StoreStatus ValueStatus(uint* place, byte* entry) =>
        place == null ? StoreStatus.NotFound
        : Entry.Is(entry, EntryFlags.Types) ? StoreStatus.WrongType
        : StoreStatus.Ok;

    /// <summary>Makes a value end in these bytes from an offset on; the entry is none, or a value.</summary>
    private StoreStatus PutEnd(
        ReadOnlySpan<byte> key, ulong hash, int offset, ReadOnlySpan<byte> suffix, out long length, out ulong version)
    {
        length = 0;
        version = 0;
        StoreStatus status = Admit((long)AppendedRecord.HeaderBytes + key.Length + suffix.Length);
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        int total = offset + suffix.Length;
        int bytes = Entry.Bytes(key.Length, total, expires: true);
        long cost = _arena.CostOf(bytes + (bytes / 4)) + GrowthBytes;
        if (!MakeRoom(cost))
        {
            return Refuse(cost);
        }

        // Making room may have evicted the very entry.
        uint* place = Find(key, hash, out byte* old);
        long deadline = DeadlineOf(old);
        length = total;
        version = _version + 1;
        LogAppended(key, suffix, offset, version, deadline);
        TellSet(PutSuffix(key, hash, place, old, suffix, offset, version, deadline));
        return StoreStatus.Ok;
    }

    /// <summary>Makes a short value of an entry that is none, or a value; its expiry stays.</summary>
    private StoreStatus PutText(ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> text)
    {
        StoreStatus status = Admit(SetRecord.Bytes(key.Length, text.Length));
        if (status != StoreStatus.Ok)
        {
            return status;
        }

        long cost = _arena.CostOf(Entry.Bytes(key.Length, text.Length, expires: true)) + GrowthBytes;
        if (!MakeRoom(cost))
        {
            return Refuse(cost);
        }

        uint* place = Find(key, hash, out byte* old);
        long deadline = DeadlineOf(old);
        ulong version = _version + 1;
        LogSet(key, text, version, deadline);
        TellSet(PutValue(key, hash, place, old, text, version, deadline));
        return StoreStatus.Ok;
    }
}
