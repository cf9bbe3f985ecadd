using System.Buffers.Binary;

namespace Nexo.Engine.Store;

/// <summary>
/// <c>[u64 version][i64 deadline][u32 keyBytes][u32 flags][u32 count][key]([u32 fieldBytes][u32
/// valueBytes][field][value])*</c>.
/// </summary>
internal readonly ref struct FieldsSetRecord
{
    public const int HeaderBytes = 28;
    public const int PairHeaderBytes = 2 * sizeof(uint);

    /// <summary>The hash begins anew: what was there under its key is gone.</summary>
    public const uint FlagAnew = 1;

    private const int FlagsAt = 20;
    private const int CountAt = 24;

    public ulong Version { get; private init; }

    public long DeadlineMs { get; private init; }

    public bool Anew { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    public FieldPairs Pairs { get; private init; }

    public static void WriteHeader(
        Span<byte> payload, ulong version, long deadlineMs, bool anew, int count, ReadOnlySpan<byte> key)
    {
        StoreRecords.WriteVersion(payload, version, deadlineMs, key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[FlagsAt..], anew ? FlagAnew : 0);
        WriteCount(payload, count);
        key.CopyTo(payload[HeaderBytes..]);
    }

    public static void WriteCount(Span<byte> payload, int count) =>
        BinaryPrimitives.WriteUInt32LittleEndian(payload[CountAt..], (uint)count);

    /// <summary>Writes one pair and returns the bytes it took.</summary>
    public static int WritePair(Span<byte> target, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)field.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[sizeof(uint)..], (uint)value.Length);
        field.CopyTo(target[PairHeaderBytes..]);
        value.CopyTo(target[(PairHeaderBytes + field.Length)..]);
        return PairHeaderBytes + field.Length + value.Length;
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out FieldsSetRecord record)
    {
        record = default;
        if (!StoreRecords.TryReadKey(StoreRecordKind.FieldsSet, payload, out ReadOnlySpan<byte> key)
            || !StoreRecords.TryReadVersion(payload, out ulong version, out long deadlineMs))
        {
            return false;
        }

        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(payload[FlagsAt..]);
        record = new FieldsSetRecord
        {
            Version = version,
            DeadlineMs = deadlineMs,
            Anew = flags == FlagAnew,
            Key = key,
            Pairs = new FieldPairs(payload[(HeaderBytes + key.Length)..]),
        };
        return flags <= FlagAnew && record.Pairs.Count() == BinaryPrimitives.ReadUInt32LittleEndian(payload[CountAt..]);
    }
}

/// <summary><c>[u64 version][u32 keyBytes][u32 count][key]([u32 fieldBytes][field])*</c>.</summary>
internal readonly ref struct FieldsRemovedRecord
{
    public const int HeaderBytes = 16;
    public const int FieldHeaderBytes = sizeof(uint);

    private const int KeyBytesAt = 8;
    private const int CountAt = 12;

    public ulong Version { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    public BlobRun Fields { get; private init; }

    public static void WriteHeader(Span<byte> payload, ulong version, int count, ReadOnlySpan<byte> key)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(payload, version);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[KeyBytesAt..], (uint)key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[CountAt..], (uint)count);
        key.CopyTo(payload[HeaderBytes..]);
    }

    /// <summary>Writes one field's name and returns the bytes it took.</summary>
    public static int WriteField(Span<byte> target, ReadOnlySpan<byte> field)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)field.Length);
        field.CopyTo(target[FieldHeaderBytes..]);
        return FieldHeaderBytes + field.Length;
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out FieldsRemovedRecord record)
    {
        record = default;
        if (!StoreRecords.TryReadKey(StoreRecordKind.FieldsRemoved, payload, out ReadOnlySpan<byte> key))
        {
            return false;
        }

        record = new FieldsRemovedRecord
        {
            Version = BinaryPrimitives.ReadUInt64LittleEndian(payload),
            Key = key,
            Fields = new BlobRun(payload[(HeaderBytes + key.Length)..]),
        };
        return StoreRecords.VersionValid(record.Version)
            && record.Fields.Count() == BinaryPrimitives.ReadUInt32LittleEndian(payload[CountAt..]);
    }
}

/// <summary>The pairs of a <see cref="FieldsSetRecord"/>; those that lie whole in its bytes.</summary>
internal ref struct FieldPairs(ReadOnlySpan<byte> bytes) : IPairSource
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        first = default;
        second = default;
        if (_rest.Length < FieldsSetRecord.PairHeaderBytes)
        {
            return false;
        }

        uint fieldBytes = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        uint valueBytes = BinaryPrimitives.ReadUInt32LittleEndian(_rest[sizeof(uint)..]);
        ReadOnlySpan<byte> pair = _rest[FieldsSetRecord.PairHeaderBytes..];
        if ((ulong)fieldBytes + valueBytes > (ulong)pair.Length)
        {
            return false;
        }

        first = pair[..(int)fieldBytes];
        second = pair.Slice((int)fieldBytes, (int)valueBytes);
        _rest = pair[(int)(fieldBytes + valueBytes)..];
        return true;
    }

    /// <summary>How many there are; -1 if they do not fill their bytes exactly.</summary>
    public readonly long Count()
    {
        FieldPairs rest = this;
        long count = 0;
        while (rest.TryTake(out _, out _))
        {
            count++;
        }

        return rest._rest.IsEmpty ? count : -1;
    }
}

/// <summary><c>([u32 bytes][item])*</c>: those items that lie whole in these bytes.</summary>
internal ref struct BlobRun(ReadOnlySpan<byte> bytes) : IBlobSource
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool TryTake(out ReadOnlySpan<byte> item)
    {
        item = default;
        if (_rest.Length < FieldsRemovedRecord.FieldHeaderBytes)
        {
            return false;
        }

        uint fieldBytes = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        ReadOnlySpan<byte> name = _rest[FieldsRemovedRecord.FieldHeaderBytes..];
        if (fieldBytes > (uint)name.Length)
        {
            return false;
        }

        item = name[..(int)fieldBytes];
        _rest = name[(int)fieldBytes..];
        return true;
    }

    /// <summary>How many there are; -1 if they do not fill their bytes exactly.</summary>
    public readonly long Count()
    {
        BlobRun rest = this;
        long count = 0;
        while (rest.TryTake(out _))
        {
            count++;
        }

        return rest._rest.IsEmpty ? count : -1;
    }
}
