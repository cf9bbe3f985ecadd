namespace Nexo.Engine.Queues;

/// <content>
/// Snapshots: slices in the order of the ids. What changes while they are taken is in the log behind the snapshot's position, so it is
/// enough that what does not change is copied.
/// </content>
internal sealed unsafe partial class Queue
{
    private const int DedupKeptMax = 1_024;

    /// <summary>Copies the next part of the queue; true: it is done.</summary>
    /// <param name="isWhole">What waits on disk is copied too.</param>
    public bool Snapshot(ref SnapshotPlace place, RecordBuffer buffer, bool isWhole, ref int looks)
    {
        if (place.Number != Number)
        {
            place = new SnapshotPlace { Slot = place.Slot, Number = Number };
            Span<byte> payload = buffer.Add((byte)QueueRecordKind.QueueDefined, DefinedRecord.Bytes(Name, Options));
            DefinedRecord.Write(payload, Number, Revision, Paused, _nextId, Name, Options);
        }

        if (Options.Durability == QueueDurability.Memory)
        {
            return true;
        }

        if (place.Stage == SnapshotStage.Start)
        {
            (place.Backlogs, place.Queue) = (CloseBacklogs(hold: isWhole), this);
            place.Stage = place.Backlogs is null ? SnapshotStage.Messages : SnapshotStage.Files;
            if (place.Backlogs is not null)
            {
                return false;
            }
        }

        if (place.Stage == SnapshotStage.Backlogs)
        {
            KeepBacklogs(place.Backlogs!, buffer);
            place.Stage = SnapshotStage.Messages;
        }

        if (place.Stage == SnapshotStage.Messages)
        {
            if (!SnapshotMessages(ref place, buffer, ref looks))
            {
                return false;
            }

            KeepTaken(place.Backlogs, buffer);
            place.Stage = SnapshotStage.Dedup;
        }

        if (!SnapshotDedup(ref place, buffer, ref looks))
        {
            return false;
        }

        if (place.Backlogs?.Exists(kept => kept.HasMore) == true)
        {
            place.Stage = SnapshotStage.Copies;
            return false;
        }

        return true;
    }

    private bool SnapshotMessages(ref SnapshotPlace place, RecordBuffer buffer, ref int looks)
    {
        while (looks > 0 && buffer.Length < _shard.Tuning.HoldBytesMax)
        {
            if (!_index.TryNext(ref place.LastId, out uint reference))
            {
                return true;
            }

            looks--;
            MessageSlot* message = MessageAt(reference);
            int bytes = KeptRecord.HeaderBytes + WholeMessage.Bytes(_arena, message);
            Span<byte> payload = buffer.Add((byte)QueueRecordKind.MessageKept, bytes);
            WholeMessage.Write(KeptRecord.WriteHeader(payload, Number), _arena, message);
        }

        return false;
    }

    private bool SnapshotDedup(ref SnapshotPlace place, RecordBuffer buffer, ref int looks)
    {
        if (_dedup is null)
        {
            return true;
        }

        // If the last one was forgotten, or came again, all before it are forgotten: then the oldest is the next.
        uint at = place.LastAtMs == 0 ? 0 : _dedup.PlaceOf(place.LastHash, place.LastAtMs);
        int most = Math.Min(Math.Min(looks, DedupKeptMax), (int)Math.Min(_dedup.Count, int.MaxValue));
        int count = _dedup.CountBehind(at, most);
        looks -= count;
        if (count > 0)
        {
            Span<byte> rest = DedupKeptRecord.WriteHeader(
                buffer.Add((byte)QueueRecordKind.DedupKept, DedupKeptRecord.Bytes(count)), Number, count);
            for (int i = 0; i < count; i++)
            {
                _dedup.TryNext(ref at, out place.LastHash, out ulong messageId, out place.LastAtMs);
                rest = DedupKeptRecord.WriteItem(rest, place.LastHash, messageId, place.LastAtMs);
            }
        }

        return count == 0 || (count < most && looks > 0);
    }
}
