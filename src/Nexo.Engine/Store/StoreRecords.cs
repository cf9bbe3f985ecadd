using System.Buffers.Binary;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <summary>
/// What the records of the store have in common. Their layouts are those of <c>docs/storage-format.md</c>.
/// </summary>
internal static class StoreRecords
{
    private const int KeyBehindDeadline = sizeof(long);
    private const int KeyBytesAtVersion = sizeof(ulong);
    private const int KeyBytesAtDeadline = sizeof(ulong) + sizeof(long);

    /// <summary>
    /// The key that a record is about, before the rest of it is looked at; false: the record is not valid.
    /// </summary>
    public static bool TryReadKey(StoreRecordKind kind, ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> key)
    {
        key = default;
        return kind switch
        {
            StoreRecordKind.Set => TrySlice(payload, KeyBytesAtDeadline, SetRecord.HeaderBytes, out key),
            StoreRecordKind.Appended => TrySlice(payload, KeyBytesAtDeadline, AppendedRecord.HeaderBytes, out key),
            StoreRecordKind.FieldsSet or StoreRecordKind.MembersAdded or StoreRecordKind.ScoresSet => TrySlice(
                payload, KeyBytesAtDeadline, FieldsSetRecord.HeaderBytes, out key),
            StoreRecordKind.FieldsRemoved or StoreRecordKind.MembersRemoved or StoreRecordKind.ScoresRemoved => TrySlice(
                payload, KeyBytesAtVersion, FieldsRemovedRecord.HeaderBytes, out key),
            StoreRecordKind.ElementsSet => TrySlice(
                payload, KeyBytesAtDeadline, ElementsSetRecord.HeaderBytes, out key),
            StoreRecordKind.ElementsRemoved => TrySlice(
                payload, KeyBytesAtVersion, ElementsRemovedRecord.HeaderBytes, out key),
            StoreRecordKind.Removed => TryRest(payload, 0, out key),
            StoreRecordKind.ExpirySet => TryRest(payload, KeyBehindDeadline, out key),
            _ => false,
        };
    }

    /// <summary>A key of the length that is said at an offset, behind the fixed part.</summary>
    public static bool TrySlice(
        ReadOnlySpan<byte> payload, int lengthAt, int headerBytes, out ReadOnlySpan<byte> key)
    {
        key = default;
        if (payload.Length < headerBytes)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(payload[lengthAt..]);
        if (length == 0 || length > (uint)(payload.Length - headerBytes))
        {
            return false;
        }

        key = payload.Slice(headerBytes, (int)length);
        return true;
    }

    /// <summary>A key that is all the rest behind the fixed part.</summary>
    public static bool TryRest(ReadOnlySpan<byte> payload, int headerBytes, out ReadOnlySpan<byte> key)
    {
        bool valid = payload.Length > headerBytes;
        key = valid ? payload[headerBytes..] : default;
        return valid;
    }

    public static bool VersionValid(ulong version) => version is > 0 and <= Entry.VersionMax;

    /// <summary><c>[u64 version][i64 deadline][u32 keyBytes]</c>, as most of the records begin.</summary>
    public static void WriteVersion(Span<byte> payload, ulong version, long deadlineMs, int keyBytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(payload, version);
        BinaryPrimitives.WriteInt64LittleEndian(payload[KeyBytesAtVersion..], deadlineMs);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[KeyBytesAtDeadline..], (uint)keyBytes);
    }

    /// <summary>
    /// Reads what <see cref="WriteVersion"/> wrote, of a payload that is long enough; false: not valid.
    /// </summary>
    public static bool TryReadVersion(ReadOnlySpan<byte> payload, out ulong version, out long deadlineMs)
    {
        version = BinaryPrimitives.ReadUInt64LittleEndian(payload);
        deadlineMs = BinaryPrimitives.ReadInt64LittleEndian(payload[KeyBytesAtVersion..]);
        return VersionValid(version) && deadlineMs >= 0;
    }
}

/// <summary><c>[u64 version][i64 deadline][u32 keyBytes][key][value:rest]</c>.</summary>
internal readonly ref struct SetRecord
{
    public const int HeaderBytes = 20;

    public ulong Version { get; private init; }

    public long DeadlineMs { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    public ReadOnlySpan<byte> Value { get; private init; }

    public static int Bytes(int keyBytes, int valueBytes) => HeaderBytes + keyBytes + valueBytes;

    public static void Write(
        Span<byte> payload, ulong version, long deadlineMs, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        StoreRecords.WriteVersion(payload, version, deadlineMs, key.Length);
        key.CopyTo(payload[HeaderBytes..]);
        value.CopyTo(payload[(HeaderBytes + key.Length)..]);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out SetRecord record)
    {
        record = default;
        if (!StoreRecords.TryReadKey(StoreRecordKind.Set, payload, out ReadOnlySpan<byte> key)
            || !StoreRecords.TryReadVersion(payload, out ulong version, out long deadlineMs))
        {
            return false;
        }

        record = new SetRecord
        {
            Version = version,
            DeadlineMs = deadlineMs,
            Key = key,
            Value = payload[(HeaderBytes + key.Length)..],
        };
        return true;
    }
}

/// <summary><c>[i64 deadline][key:rest]</c>.</summary>
internal readonly ref struct ExpirySetRecord
{
    public const int HeaderBytes = sizeof(long);

    public long DeadlineMs { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    public static int Bytes(int keyBytes) => HeaderBytes + keyBytes;

    public static void Write(Span<byte> payload, long deadlineMs, ReadOnlySpan<byte> key)
    {
        BinaryPrimitives.WriteInt64LittleEndian(payload, deadlineMs);
        key.CopyTo(payload[HeaderBytes..]);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ExpirySetRecord record)
    {
        record = default;
        if (!StoreRecords.TryReadKey(StoreRecordKind.ExpirySet, payload, out ReadOnlySpan<byte> key))
        {
            return false;
        }

        record = new ExpirySetRecord { DeadlineMs = BinaryPrimitives.ReadInt64LittleEndian(payload), Key = key };
        return record.DeadlineMs >= 0;
    }
}

/// <summary><c>[u64 version][i64 deadline][u32 keyBytes][u32 offset][key][suffix:rest]</c>.</summary>
internal readonly ref struct AppendedRecord
{
    public const int HeaderBytes = 24;

    private const int OffsetAt = 20;
    private const int ValueBytesMax = 1 << 30;

    public ulong Version { get; private init; }

    public long DeadlineMs { get; private init; }

    /// <summary>Bytes of the value that stay in front of the suffix.</summary>
    public int Offset { get; private init; }

    public ReadOnlySpan<byte> Key { get; private init; }

    public ReadOnlySpan<byte> Suffix { get; private init; }

    public static int Bytes(int keyBytes, int suffixBytes) => HeaderBytes + keyBytes + suffixBytes;

    public static void Write(
        Span<byte> payload,
        ulong version,
        long deadlineMs,
        int offset,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> suffix)
    {
        StoreRecords.WriteVersion(payload, version, deadlineMs, key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[OffsetAt..], (uint)offset);
        key.CopyTo(payload[HeaderBytes..]);
        suffix.CopyTo(payload[(HeaderBytes + key.Length)..]);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out AppendedRecord record)
    {
        record = default;
        if (!StoreRecords.TryReadKey(StoreRecordKind.Appended, payload, out ReadOnlySpan<byte> key)
            || !StoreRecords.TryReadVersion(payload, out ulong version, out long deadlineMs))
        {
            return false;
        }

        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(payload[OffsetAt..]);
        ReadOnlySpan<byte> suffix = payload[(HeaderBytes + key.Length)..];
        if (offset > ValueBytesMax - (uint)Math.Min(suffix.Length, ValueBytesMax))
        {
            return false;
        }

        record = new AppendedRecord
        {
            Version = version,
            DeadlineMs = deadlineMs,
            Offset = (int)offset,
            Key = key,
            Suffix = suffix,
        };
        return true;
    }
}
