using System.Buffers.Binary;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <content>
/// Copies of entries: as the records of a snapshot, under another key, which are logged and applied as in a recovery. So what
/// can be kept can be copied.
/// </content>
internal sealed unsafe partial class StoreShard
{
    private const int VersionBytes = sizeof(ulong);

    /// <summary>The header of an entry, and its part of a table or a tree.</summary>
    private const long ItemOverheadBytes = 48;
    private const int KeyBytesAt = 16;

    /// <summary>
    /// Writes all records of an entry, which is there; anything but Ok: it is too large for that. The shard is held.
    /// </summary>
    public StoreStatus Export(ReadOnlySpan<byte> key, ulong hash, SnapshotBuffer records)
    {
        lock (_gate)
        {
            if (_table.Find(_arena, hash, key, out byte* entry) == null)
            {
                return StoreStatus.Ok;
            }

            var place = default(SnapshotPlace);
            place.Last.Set(key);
            SnapshotEntry(ref place, entry, records);
            while (place.InFields && records.Length <= _limits.Tuning.GatheredBytesMax)
            {
                records.BeginSlice();
                SnapshotRest(ref place, records);
            }

            return records.Length <= _limits.Tuning.GatheredBytesMax ? StoreStatus.Ok : StoreStatus.ValueTooLarge;
        }
    }

    /// <summary>Puts an entry under a key, in place of whatever is there.</summary>
    public StoreStatus Import(ReadOnlySpan<byte> key, ulong hash, SnapshotBuffer records)
    {
        lock (_gate)
        {
            StoreStatus status = Admit((long)records.Length + ((long)records.Records * key.Length));
            if (status != StoreStatus.Ok)
            {
                return status;
            }

            // Slots are not twice as large as what they hold; the rest is what an item takes beside its bytes.
            long cost = (2L * records.Length) + (ItemOverheadBytes * records.Items) + UnpackBytes + GrowthBytes;
            if (!MakeRoom(cost))
            {
                return Refuse(cost);
            }

            uint* place = Find(key, hash, out byte* old);
            if (place != null)
            {
                RemoveAt(place, hash, old, StoreChangeKind.Deleted);
            }

            ulong version = _version + 1;
            foreach (SnapshotRecord record in records)
            {
                byte[] payload = Under(key, record, version);
                Log(record.Kind, payload);
                bool isApplied = Apply(record.Kind, payload, hash);
                Invariant.Require(isApplied, "a record that was just made is valid");
            }

            if (_table.Find(_arena, hash, key, out byte* entry) != null)
            {
                TellSet(entry);
            }

            return StoreStatus.Ok;
        }
    }

    private void Log(StoreRecordKind kind, ReadOnlySpan<byte> payload)
    {
        if (_log is not null)
        {
            using LogAppend append = Begin(_log, kind, payload.Length);
            payload.CopyTo(append.Payload);
        }
    }

    // All these records begin with version, deadline and the length of their key, which lies somewhere behind.
    private static byte[] Under(ReadOnlySpan<byte> key, in SnapshotRecord record, ulong version)
    {
        bool hasKey = StoreRecords.TryReadKey(record.Kind, record.Payload, out ReadOnlySpan<byte> old);
        Invariant.Require(hasKey, "a snapshot's records have keys");
        record.Payload.Overlaps(old, out int at);
        ReadOnlySpan<byte> head = record.Payload[..at];
        ReadOnlySpan<byte> rest = record.Payload[(at + old.Length)..];
        byte[] payload = [.. head, .. key, .. rest];
        BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(0, VersionBytes), version);
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(KeyBytesAt), (uint)key.Length);
        return payload;
    }
}
