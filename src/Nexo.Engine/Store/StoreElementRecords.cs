using System.Buffers.Binary;

namespace Nexo.Engine.Store;

/// <summary>
/// <c>[u64 version][i64 deadline][u32 keyBytes][u32 flags][u32 count][i64 first][i32 step][key]{i64 clearedFirst, i64
/// clearedLast}([u32 bytes][element])*</c>: the places in a list with the labels first, first + step, … hold these.
/// </summary>
internal readonly ref struct ElementsSetRecord
{
    public const int HeaderBytes = 40;
    public const int ElementHeaderBytes = sizeof(uint);
    public const int ClearedBytes = 2 * sizeof(long);

    /// <summary>The list begins anew: what was there under its key is gone.</summary>
    public const uint FlagAnew = 1;

    /// <summary>Before it, what has labels in a range is gone.</summary>
    public const uint FlagCleared = 2;

    private const int FlagsAt = 20;
    private const int CountAt = 24;
    private const int FirstAt = 28;
    private const int StepAt = 36;

    public ulong Version { get; private init; }

    public long DeadlineMs { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    public ElementPlan Plan { get; private init; }

    public BlobRun Elements { get; private init; }

    public static void WriteHeader(
        Span<byte> payload, ulong version, long deadlineMs, in ElementPlan plan, ReadOnlySpan<byte> key)
    {
        StoreRecords.WriteVersion(payload, version, deadlineMs, key.Length);
        uint flags = (plan.Anew ? FlagAnew : 0) | (plan.Clears ? FlagCleared : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[FlagsAt..], flags);
        WriteCount(payload, plan.Count);
        BinaryPrimitives.WriteInt64LittleEndian(payload[FirstAt..], plan.First);
        WriteStep(payload, plan.Step);
        key.CopyTo(payload[HeaderBytes..]);
        if (plan.Clears)
        {
            Span<byte> cleared = payload[(HeaderBytes + key.Length)..];
            BinaryPrimitives.WriteInt64LittleEndian(cleared, plan.ClearedFirst);
            BinaryPrimitives.WriteInt64LittleEndian(cleared[sizeof(long)..], plan.ClearedLast);
        }
    }

    public static void WriteCount(Span<byte> payload, int count) =>
        BinaryPrimitives.WriteUInt32LittleEndian(payload[CountAt..], (uint)count);

    public static void WriteStep(Span<byte> payload, int step) =>
        BinaryPrimitives.WriteInt32LittleEndian(payload[StepAt..], step);

    public static bool TryRead(ReadOnlySpan<byte> payload, out ElementsSetRecord record)
    {
        record = default;
        if (!StoreRecords.TryReadKey(StoreRecordKind.ElementsSet, payload, out ReadOnlySpan<byte> key)
            || !StoreRecords.TryReadVersion(payload, out ulong version, out long deadlineMs))
        {
            return false;
        }

        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(payload[FlagsAt..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(payload[CountAt..]);
        long first = BinaryPrimitives.ReadInt64LittleEndian(payload[FirstAt..]);
        int step = BinaryPrimitives.ReadInt32LittleEndian(payload[StepAt..]);
        ReadOnlySpan<byte> rest = payload[(HeaderBytes + key.Length)..];
        bool clears = (flags & FlagCleared) != 0;
        if (flags > (FlagAnew | FlagCleared) || count is 0 or > int.MaxValue || (clears && rest.Length < ClearedBytes)
            || (step == 0 && count > 1) || !new LabelRange(first, first).IsValid
            || !new LabelRange(first, first + (step * (long)count)).IsValid)
        {
            return false;
        }

        record = new ElementsSetRecord
        {
            Version = version,
            DeadlineMs = deadlineMs,
            Key = key,
            Elements = new BlobRun(clears ? rest[ClearedBytes..] : rest),
            Plan = new ElementPlan
            {
                First = first,
                Step = step,
                Count = (int)count,
                Anew = (flags & FlagAnew) != 0,
                Clears = clears,
                ClearedFirst = clears ? BinaryPrimitives.ReadInt64LittleEndian(rest) : 0,
                ClearedLast = clears ? BinaryPrimitives.ReadInt64LittleEndian(rest[sizeof(long)..]) : 0,
            },
        };
        LabelRange cleared = new(record.Plan.ClearedFirst, record.Plan.ClearedLast);
        return cleared.IsValid && record.Elements.Count() == count;
    }
}

/// <summary><c>[u64 version][u32 keyBytes][u32 count][key]([i64 first][i64 last])*</c>: ranges of labels.</summary>
internal readonly ref struct ElementsRemovedRecord
{
    public const int HeaderBytes = 16;

    private const int KeyBytesAt = 8;
    private const int CountAt = 12;

    public ulong Version { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    /// <summary>The ranges, as they lie in the record.</summary>
    public ReadOnlySpan<byte> Ranges { get; private init; }

    public static int Bytes(int keyBytes, int ranges) => HeaderBytes + keyBytes + (ranges * LabelRange.Bytes);

    public static void Write(
        Span<byte> payload, ulong version, ReadOnlySpan<byte> key, ReadOnlySpan<LabelRange> ranges)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(payload, version);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[KeyBytesAt..], (uint)key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[CountAt..], (uint)ranges.Length);
        key.CopyTo(payload[HeaderBytes..]);
        Span<byte> target = payload[(HeaderBytes + key.Length)..];
        foreach (LabelRange range in ranges)
        {
            range.Write(target);
            target = target[LabelRange.Bytes..];
        }
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ElementsRemovedRecord record)
    {
        record = default;
        if (!StoreRecords.TryReadKey(StoreRecordKind.ElementsRemoved, payload, out ReadOnlySpan<byte> key))
        {
            return false;
        }

        record = new ElementsRemovedRecord
        {
            Version = BinaryPrimitives.ReadUInt64LittleEndian(payload),
            Key = key,
            Ranges = payload[(HeaderBytes + key.Length)..],
        };
        return StoreRecords.VersionValid(record.Version)
            && record.Ranges.Length == BinaryPrimitives.ReadUInt32LittleEndian(payload[CountAt..]) * (long)LabelRange.Bytes
            && RangesValid(record.Ranges);
    }

    private static bool RangesValid(ReadOnlySpan<byte> ranges)
    {
        for (; !ranges.IsEmpty; ranges = ranges[LabelRange.Bytes..])
        {
            if (!LabelRange.Read(ranges).IsValid)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What is to become of places in a list: these labels hold the elements that come with it.</summary>
internal readonly record struct ElementPlan
{
    public long First { get; init; }

    public int Step { get; init; }

    public int Count { get; init; }

    public bool Anew { get; init; }

    public bool Clears { get; init; }

    public long ClearedFirst { get; init; }

    public long ClearedLast { get; init; }
}

/// <summary>Labels of a list, both ends included.</summary>
internal readonly record struct LabelRange(long First, long Last)
{
    public const int Bytes = 2 * sizeof(long);
    public const long LabelMax = 1L << 62;

    public bool IsValid => First is >= -LabelMax and <= LabelMax && Last is >= -LabelMax and <= LabelMax;

    public static LabelRange Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(long)..]));

    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, First);
        BinaryPrimitives.WriteInt64LittleEndian(target[sizeof(long)..], Last);
    }
}
