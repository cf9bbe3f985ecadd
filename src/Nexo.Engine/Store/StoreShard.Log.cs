using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <content>
/// The log: each change is decided, then written here, then applied, all under the shard's lock. Without a log these
/// do nothing.
/// </content>
internal sealed unsafe partial class StoreShard
{
    private ILogWriter? _log;

    public void Attach(ILogWriter? log)
    {
        lock (_gate)
        {
            _log = log;
        }
    }

    /// <summary>Whether a write with a record of so many bytes may be decided.</summary>
    private StoreStatus Admit(long payloadBytes)
    {
        if (_log is null)
        {
            return StoreStatus.Ok;
        }

        if (payloadBytes > ILogWriter.PayloadBytesMax)
        {
            return StoreStatus.ValueTooLarge;
        }

        return StatusOf(_log.RoomFor((int)payloadBytes));
    }

    /// <summary>
    /// Whether a change that frees room may be decided, with a record of so many bytes: room is reserved for it on a
    /// full disk, and may be used up too.
    /// </summary>
    private StoreStatus AdmitRemoval(long payloadBytes)
    {
        if (_log is null)
        {
            return StoreStatus.Ok;
        }

        return payloadBytes > ILogWriter.PayloadBytesMax
            ? StoreStatus.ValueTooLarge
            : StatusOf(_log.RoomForRemoval((int)payloadBytes));
    }

    private static StoreStatus StatusOf(LogRoom room) => room switch
    {
        LogRoom.Ok => StoreStatus.Ok,
        LogRoom.Full => StoreStatus.DiskFull,
        _ => StoreStatus.LogFailed,
    };

    private static LogAppend Begin(ILogWriter log, StoreRecordKind kind, int payloadBytes) =>
        log.Begin((byte)kind, payloadBytes);

    private void LogSet(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong version, long deadlineMs)
    {
        if (_log is not null)
        {
            using LogAppend append = Begin(_log, StoreRecordKind.Set, SetRecord.Bytes(key.Length, value.Length));
            SetRecord.Write(append.Payload, version, deadlineMs, key, value);
        }
    }

    private void LogRemoved(byte* entry)
    {
        if (_log is not null)
        {
            ReadOnlySpan<byte> key = Entry.Key(entry);
            using LogAppend append = Begin(_log, StoreRecordKind.Removed, key.Length);
            key.CopyTo(append.Payload);
        }
    }

    /// <summary>
    /// An entry that has expired needs no record, since its deadline is in the log: it would expire again. It gets one
    /// while there is room, so that it cannot come back even if the clock does.
    /// </summary>
    private void LogExpired(byte* entry)
    {
        if (_log is not null && _log.RoomForUpkeep((int)Entry.KeyLength(entry)) == LogRoom.Ok)
        {
            LogRemoved(entry);
        }
    }

    /// <summary>
    /// Nor is it held up for want of a record that an entry is evicted: the worst that comes of it is that it is there
    /// again after a restart.
    /// </summary>
    private void LogEvicted(byte* entry)
    {
        if (_log is not null && _log.RoomForRemoval((int)Entry.KeyLength(entry)) == LogRoom.Ok)
        {
            LogRemoved(entry);
        }
    }

    private void LogExpirySet(ReadOnlySpan<byte> key, long deadlineMs)
    {
        if (_log is not null)
        {
            using LogAppend append = Begin(_log, StoreRecordKind.ExpirySet, ExpirySetRecord.Bytes(key.Length));
            ExpirySetRecord.Write(append.Payload, deadlineMs, key);
        }
    }

    private void LogAppended(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> suffix, int offset, ulong version, long deadlineMs)
    {
        if (_log is not null)
        {
            int bytes = AppendedRecord.Bytes(key.Length, suffix.Length);
            using LogAppend append = Begin(_log, StoreRecordKind.Appended, bytes);
            AppendedRecord.Write(append.Payload, version, deadlineMs, offset, key, suffix);
        }
    }

    private void LogFieldsSet<TPairs>(
        EntryFlags type, ReadOnlySpan<byte> key, TPairs pairs, in PairSizes sizes, ulong version, long deadlineMs, bool anew)
        where TPairs : struct, IPairSource, allows ref struct
    {
        if (_log is not null)
        {
            using LogAppend append = Begin(_log, SetKindOf(type), (int)sizes.RecordBytes(key.Length));
            FieldsSetRecord.WriteHeader(append.Payload, version, deadlineMs, anew, sizes.Count, key);
            Span<byte> target = append.Payload[(FieldsSetRecord.HeaderBytes + key.Length)..];
            while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
            {
                target = target[FieldsSetRecord.WritePair(target, field, value)..];
            }
        }
    }

    private static StoreRecordKind SetKindOf(EntryFlags type) => type switch
    {
        EntryFlags.Set => StoreRecordKind.MembersAdded,
        EntryFlags.SortedSet => StoreRecordKind.ScoresSet,
        _ => StoreRecordKind.FieldsSet,
    };

    private static StoreRecordKind RemovedKindOf(EntryFlags type) => type switch
    {
        EntryFlags.Set => StoreRecordKind.MembersRemoved,
        EntryFlags.SortedSet => StoreRecordKind.ScoresRemoved,
        _ => StoreRecordKind.FieldsRemoved,
    };

    /// <summary>Bytes of the record that removes these fields.</summary>
    private long FieldsRemovedBytes<TFields>(ReadOnlySpan<byte> key, TFields fields)
        where TFields : struct, IBlobSource, allows ref struct
    {
        long bytes = FieldsRemovedRecord.HeaderBytes + key.Length;
        while (_log is not null && fields.TryTake(out ReadOnlySpan<byte> field))
        {
            bytes += FieldsRemovedRecord.FieldHeaderBytes + field.Length;
        }

        return bytes;
    }

    /// <summary>
    /// Writes a removal of fields; false: none of them is there, nothing is to be done. A hash that loses its last
    /// field is gone by the same record. Names that are not there are written too: to look each up again would take its
    /// time under the log's own lock.
    /// </summary>
    private bool LogFieldsRemoved<TFields>(
        ReadOnlySpan<byte> key, byte* entry, TFields fields, long payloadBytes, ulong version)
        where TFields : struct, IBlobSource, allows ref struct
    {
        if (_log is null)
        {
            return true;
        }

        TFields again = fields;
        bool found = false;
        int count = 0;
        while (fields.TryTake(out ReadOnlySpan<byte> field))
        {
            found = found || TryGetField(entry, field, out _);
            count++;
        }

        if (!found)
        {
            return false;
        }

        using LogAppend append = Begin(_log, RemovedKindOf(Entry.Type(entry)), (int)payloadBytes);
        FieldsRemovedRecord.WriteHeader(append.Payload, version, count, key);
        Span<byte> target = append.Payload[(FieldsRemovedRecord.HeaderBytes + key.Length)..];
        while (again.TryTake(out ReadOnlySpan<byte> field))
        {
            target = target[FieldsRemovedRecord.WriteField(target, field)..];
        }

        return true;
    }
}
