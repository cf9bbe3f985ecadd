using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>
/// Recovery: applies records by the methods that commands apply their changes with. It writes no log, tells no watcher,
/// counts nothing, and neither the clock nor the memory limit has a say. The state may be newer than a record, since
/// the log is read again over a snapshot that was taken while it grew: what is there then is made to fit, and later
/// records set it right.
/// </content>
internal sealed unsafe partial class StoreShard
{
    /// <summary>
    /// Applies a record whose key has this hash; false: its payload is not valid, and nothing was done.
    /// </summary>
    public bool Apply(StoreRecordKind kind, ReadOnlySpan<byte> payload, ulong hash)
    {
        lock (_gate)
        {
            return kind switch
            {
                StoreRecordKind.Set => ApplySet(payload, hash),
                StoreRecordKind.Removed => ApplyRemoved(payload, hash),
                StoreRecordKind.ExpirySet => ApplyExpirySet(payload, hash),
                StoreRecordKind.Appended => ApplyAppended(payload, hash),
                StoreRecordKind.FieldsSet => ApplyFieldsSet(EntryFlags.Hash, payload, hash),
                StoreRecordKind.FieldsRemoved => ApplyFieldsRemoved(EntryFlags.Hash, payload, hash),
                StoreRecordKind.MembersAdded => ApplyFieldsSet(EntryFlags.Set, payload, hash),
                StoreRecordKind.MembersRemoved => ApplyFieldsRemoved(EntryFlags.Set, payload, hash),
                StoreRecordKind.ScoresSet => ApplyFieldsSet(EntryFlags.SortedSet, payload, hash),
                StoreRecordKind.ScoresRemoved => ApplyFieldsRemoved(EntryFlags.SortedSet, payload, hash),
                StoreRecordKind.ElementsSet => ApplyElementsSet(payload, hash),
                StoreRecordKind.ElementsRemoved => ApplyElementsRemoved(payload, hash),
                _ => false,
            };
        }
    }

    /// <summary>
    /// Asks for the bucket that a record will read. Without the lock: during recovery nobody but the caller changes the
    /// table.
    /// </summary>
    public void PrefetchBucket(ulong hash) => _table.PrefetchBucket(hash);

    /// <summary>
    /// Makes the table large enough for so many entries. Versions are then those of the records: the wall clock, by
    /// which they started, may be ahead of the engine's clock, by which they are to go on.
    /// </summary>
    public void BeginRecovery(long entriesExpected)
    {
        lock (_gate)
        {
            _version = 0;
            _table.Expect(_arena, entriesExpected);
        }
    }

    /// <summary>The engine's time of the records that come, for the wheel of a shard that is empty.</summary>
    public void BeginAt(long nowMs)
    {
        lock (_gate)
        {
            _wheel.BeginAt(nowMs);
        }
    }

    /// <summary>The highest version of this shard, of removed entries too.</summary>
    public ulong EndRecovery()
    {
        lock (_gate)
        {
            _arena.SettleOverdraft();
            return _version;
        }
    }

    /// <summary>No later version is at or below this one.</summary>
    public void RaiseVersion(ulong version)
    {
        lock (_gate)
        {
            _version = Math.Max(_version, version);
        }
    }

    private bool ApplySet(ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!SetRecord.TryRead(payload, out SetRecord record))
        {
            return false;
        }

        uint* place = _table.Find(_arena, hash, record.Key, out byte* old);
        PutValue(record.Key, hash, place, old, record.Value, record.Version, record.DeadlineMs);
        return true;
    }

    private bool ApplyRemoved(ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!StoreRecords.TryReadKey(StoreRecordKind.Removed, payload, out ReadOnlySpan<byte> key))
        {
            return false;
        }

        uint* place = _table.Find(_arena, hash, key, out byte* entry);
        if (place != null)
        {
            Detach(place, hash, entry);
        }

        return true;
    }

    private bool ApplyExpirySet(ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!ExpirySetRecord.TryRead(payload, out ExpirySetRecord record))
        {
            return false;
        }

        uint* place = _table.Find(_arena, hash, record.Key, out byte* entry);
        if (place != null && DeadlineOf(entry) != record.DeadlineMs)
        {
            PutDeadline(record.Key, hash, place, entry, record.DeadlineMs);
        }

        return true;
    }

    private bool ApplyAppended(ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!AppendedRecord.TryRead(payload, out AppendedRecord record))
        {
            return false;
        }

        uint* place = FindAs(EntryFlags.None, record.Key, hash, out byte* old);
        PutSuffix(
            record.Key, hash, place, old, record.Suffix, record.Offset, record.Version, record.DeadlineMs);
        return true;
    }

    private bool ApplyFieldsSet(EntryFlags type, ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!FieldsSetRecord.TryRead(payload, out FieldsSetRecord record))
        {
            return false;
        }

        var sizes = default(PairSizes);
        FieldPairs pairs = record.Pairs;
        while (pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            if (!IsValueOf(type, value))
            {
                return false;
            }

            sizes.Add(field.Length, value.Length);
        }

        if (sizes.Count == 0)
        {
            return false;
        }

        uint* place = FindAs(type, record.Key, hash, out byte* entry);
        if (record.Anew && place != null)
        {
            Detach(place, hash, entry);
            place = null;
            entry = null;
        }

        pairs = record.Pairs;
        PutFields(type, record.Key, hash, place, entry, ref pairs, sizes, record.Version, record.DeadlineMs);
        return true;
    }

    private static bool IsValueOf(EntryFlags type, ReadOnlySpan<byte> value) => type switch
    {
        EntryFlags.Set => value.IsEmpty,
        EntryFlags.SortedSet => value.Length == ScoreBytes.Length && !double.IsNaN(ScoreBytes.Read(value)),
        _ => true,
    };

    private bool ApplyFieldsRemoved(EntryFlags type, ReadOnlySpan<byte> payload, ulong hash)
    {
        if (!FieldsRemovedRecord.TryRead(payload, out FieldsRemovedRecord record))
        {
            return false;
        }

        uint* place = FindAs(type, record.Key, hash, out byte* entry);
        if (place == null)
        {
            return true;
        }

        BlobRun fields = record.Fields;
        RemoveFields(entry, ref fields, record.Version, out int left);
        if (left == 0)
        {
            Detach(place, hash, entry);
        }
        else
        {
            // Also when a snapshot that is newer has the fields no more: the records before this one took its version back.
            Entry.SetVersion(entry, record.Version);
        }

        _version = Math.Max(_version, record.Version);
        return true;
    }

    /// <summary>
    /// The entry with this key, due or not, if it is of this type. One of another type is of a later time than the
    /// record, and goes: later records bring it again.
    /// </summary>
    private uint* FindAs(EntryFlags type, ReadOnlySpan<byte> key, ulong hash, out byte* entry)
    {
        uint* place = _table.Find(_arena, hash, key, out entry);
        if (place != null && Entry.Type(entry) != type)
        {
            Detach(place, hash, entry);
            place = null;
            entry = null;
        }

        return place;
    }
}
