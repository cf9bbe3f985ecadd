using System.Buffers;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <content>Commands on values.</content>
internal sealed unsafe partial class StoreShard
{
    public StoreStatus Get(ReadOnlySpan<byte> key, ulong hash, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            FindValueForRead(key, hash, out byte* entry, out StoreStatus status);
            version = entry == null ? 0 : Entry.Version(entry);
            if (status == StoreStatus.Ok)
            {
                value.Write(Entry.Value(entry));
            }

            return status;
        }
    }

    public StoreStatus Set(
        ReadOnlySpan<byte> key,
        ulong hash,
        ReadOnlySpan<byte> value,
        in StoreCondition condition,
        in ExpiryPlan plan,
        IBufferWriter<byte>? previous,
        out SetResult result)
    {
        lock (_gate)
        {
            result = default;
            StoreStatus admitted = plan.Passed
                ? AdmitRemoval(key.Length)
                : Admit(SetRecord.Bytes(key.Length, value.Length));
            if (admitted != StoreStatus.Ok)
            {
                return admitted;
            }

            Assist(plan);
            long cost = _arena.CostOf(Entry.Bytes(key.Length, value.Length, expires: true)) + GrowthBytes;
            bool roomy = MakeRoom(cost);
            uint* place = Find(key, hash, out byte* old, plan.NowMs);
            bool isTyped = place != null && Entry.Is(old, EntryFlags.Types);
            if (isTyped && previous is not null)
            {
                return StoreStatus.WrongType;
            }

            bool holds = Holds(condition, old);
            long deadline = plan.Keep ? DeadlineOf(old) : plan.DeadlineMs;
            int bytes = Entry.Bytes(key.Length, value.Length, deadline != 0);
            if (holds && !roomy && !plan.Passed && !CanStay(place, old, bytes, deadline != 0))
            {
                return Refuse(cost);
            }

            if (place != null && previous is not null)
            {
                previous.Write(Entry.Value(old));
            }

            if (!holds)
            {
                result = new SetResult(false, place != null, place == null ? 0 : Entry.Version(old));
                return StoreStatus.Ok;
            }

            ulong version = _version + 1;
            result = new SetResult(true, place != null, version);
            if (plan.Passed)
            {
                // It has come and gone, for whoever watches the key.
                _version = version;
                _removed[(byte)hash]++;
                RemoveIfThere(place, hash, old, StoreChangeKind.Expired);
                return StoreStatus.Ok;
            }

            LogSet(key, value, version, deadline);
            TellSet(PutValue(key, hash, place, old, value, version, deadline));
            return StoreStatus.Ok;
        }
    }

    public StoreStatus Delete(ReadOnlySpan<byte> key, ulong hash, in StoreCondition condition, out ulong version)
    {
        lock (_gate)
        {
            version = 0;
            StoreStatus admitted = AdmitRemoval(key.Length);
            if (admitted != StoreStatus.Ok)
            {
                return admitted;
            }

            uint* place = Find(key, hash, out byte* entry);
            if (place == null)
            {
                return StoreStatus.NotFound;
            }

            version = Entry.Version(entry);
            if (!Holds(condition, entry))
            {
                return StoreStatus.ConditionFailed;
            }

            RemoveAt(place, hash, entry, StoreChangeKind.Deleted);
            return StoreStatus.Ok;
        }
    }

    public bool Exists(ReadOnlySpan<byte> key, ulong hash)
    {
        lock (_gate)
        {
            return FindForRead(key, hash, out _) != null;
        }
    }

    public StoreStatus Take(ReadOnlySpan<byte> key, ulong hash, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            version = 0;
            StoreStatus status = AdmitRemoval(key.Length);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            uint* place = FindValueForRead(key, hash, out byte* entry, out status);
            version = entry == null ? 0 : Entry.Version(entry);
            if (status == StoreStatus.Ok)
            {
                value.Write(Entry.Value(entry));
                RemoveAt(place, hash, entry, StoreChangeKind.Deleted);
            }

            return status;
        }
    }

    public StoreStatus Increment(
        ReadOnlySpan<byte> key, ulong hash, long delta, in ExpiryPlan plan, out long value, out ulong version)
    {
        lock (_gate)
        {
            value = 0;
            version = 0;
            StoreStatus status = Admit(SetRecord.Bytes(key.Length, DecimalText.BytesMax));
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            Assist(plan);
            long cost = _arena.CostOf(Entry.Bytes(key.Length, DecimalText.BytesMax, expires: true)) + GrowthBytes;
            bool roomy = MakeRoom(cost);
            uint* place = Find(key, hash, out byte* old);
            if (place != null && Entry.Is(old, EntryFlags.Types))
            {
                return StoreStatus.WrongType;
            }

            ReadOnlySpan<byte> text = place == null ? default : Entry.Value(old);
            status = DecimalText.Add(text, place != null, delta, out long sum);
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            ReadOnlySpan<byte> total = DecimalText.Format(sum, stackalloc byte[DecimalText.BytesMax]);
            long deadline = place == null ? plan.DeadlineMs : DeadlineOf(old);
            int bytes = Entry.Bytes(key.Length, total.Length, deadline != 0);
            if (!roomy && !CanStay(place, old, bytes, deadline != 0))
            {
                return Refuse(cost);
            }

            value = sum;
            version = _version + 1;
            if (place == null && plan.Passed)
            {
                _version = version;
                return StoreStatus.Ok;
            }

            LogSet(key, total, version, deadline);
            TellSet(PutValue(key, hash, place, old, total, version, deadline));
            return StoreStatus.Ok;
        }
    }

    public StoreStatus Append(
        ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> suffix, out long length, out ulong version)
    {
        lock (_gate)
        {
            length = 0;
            version = 0;
            StoreStatus admitted = Admit((long)AppendedRecord.HeaderBytes + key.Length + suffix.Length);
            if (admitted != StoreStatus.Ok)
            {
                return admitted;
            }

            uint* place = Find(key, hash, out byte* old);
            if (place != null && Entry.Is(old, EntryFlags.Types))
            {
                return StoreStatus.WrongType;
            }

            int before = place == null ? 0 : (int)Entry.ValueLength(old);
            long whole = (long)before + suffix.Length;
            if (whole > _limits.ValueBytesMax
                || (_log is not null && SetRecord.HeaderBytes + key.Length + whole > ILogWriter.PayloadBytesMax))
            {
                return StoreStatus.ValueTooLarge;
            }

            int total = (int)whole;
            long deadline = DeadlineOf(old);
            int bytes = Entry.Bytes(key.Length, total, deadline != 0);
            int slack = SlackFor(place, bytes);
            if (!CanStay(place, old, bytes, deadline != 0))
            {
                long cost = _arena.CostOf(bytes + slack) + GrowthBytes;
                if (!MakeRoom(cost))
                {
                    return Refuse(cost);
                }

                // Making room may have evicted the very entry: then this append begins it anew.
                place = Find(key, hash, out old);
                before = place == null ? 0 : before;
                total = before + suffix.Length;
                deadline = DeadlineOf(old);
            }

            length = total;
            version = _version + 1;
            LogAppended(key, suffix, before, version, deadline);
            TellSet(PutSuffix(key, hash, place, old, suffix, before, version, deadline));
            return StoreStatus.Ok;
        }
    }

    public StoreStatus Length(ReadOnlySpan<byte> key, ulong hash, out long length)
    {
        lock (_gate)
        {
            FindValueForRead(key, hash, out byte* entry, out StoreStatus status);
            length = status == StoreStatus.Ok ? Entry.ValueLength(entry) : 0;
            return status;
        }
    }

    public StoreStatus Range(
        ReadOnlySpan<byte> key, ulong hash, long first, long last, IBufferWriter<byte> value, out ulong version)
    {
        lock (_gate)
        {
            FindValueForRead(key, hash, out byte* entry, out StoreStatus status);
            version = entry == null ? 0 : Entry.Version(entry);
            if (status == StoreStatus.Ok)
            {
                long length = Entry.ValueLength(entry);
                long from = first < 0 ? Math.Max(0, length + first) : first;
                long to = Math.Min(length - 1, last < 0 ? length + last : last);
                if (from <= to)
                {
                    value.Write(Entry.Value(entry).Slice((int)from, (int)(to - from + 1)));
                }
            }

            return status;
        }
    }

    private static bool Holds(in StoreCondition condition, byte* entry) => condition.Kind switch
    {
        StoreConditionKind.IfAbsent => entry == null,
        StoreConditionKind.IfPresent => entry != null,
        StoreConditionKind.IfVersion => entry != null && Entry.Version(entry) == condition.Version,
        StoreConditionKind.IfValue =>
            entry != null && !Entry.Is(entry, EntryFlags.Types) && Entry.Value(entry).SequenceEqual(condition.Value),
        _ => true,
    };

    private static long DeadlineOf(byte* entry) =>
        entry != null && Entry.Is(entry, EntryFlags.Expires) ? Entry.Deadline(entry) : 0;

    // A value that grows once may grow again: a quarter more makes a row of appends linear in what they add.
    private static int SlackFor(uint* place, int bytes) => place == null ? 0 : bytes / 4;

    /// <summary>Applies a set: the entry becomes this value, whatever it was.</summary>
    private byte* PutValue(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* old,
        ReadOnlySpan<byte> value,
        ulong version,
        long deadlineMs)
    {
        var shape = new EntryShape(EntryFlags.None, value.Length, deadlineMs, version);
        byte* entry = Reshape(key, hash, place, old, shape);
        value.CopyTo(new Span<byte>(Entry.ValueStart(entry), value.Length));
        return entry;
    }

    /// <summary>
    /// Applies an append: the value's first bytes stay (zeros where it has fewer), the suffix follows.
    /// </summary>
    private byte* PutSuffix(
        ReadOnlySpan<byte> key,
        ulong hash,
        uint* place,
        byte* old,
        ReadOnlySpan<byte> suffix,
        int offset,
        ulong version,
        long deadlineMs)
    {
        int total = offset + suffix.Length;
        int kept = place == null ? 0 : Math.Min((int)Entry.ValueLength(old), offset);
        var shape = new EntryShape(EntryFlags.None, total, deadlineMs, version);
        int slack = SlackFor(place, Entry.Bytes(key.Length, total, deadlineMs != 0));
        byte* entry = Reshape(key, hash, place, old, shape, kept, slack);
        new Span<byte>(Entry.ValueStart(entry) + kept, offset - kept).Clear();
        suffix.CopyTo(new Span<byte>(Entry.ValueStart(entry) + offset, suffix.Length));
        return entry;
    }

    private void RemoveIfThere(uint* place, ulong hash, byte* entry, StoreChangeKind change)
    {
        if (place != null)
        {
            RemoveAt(place, hash, entry, change);
        }
    }
}
