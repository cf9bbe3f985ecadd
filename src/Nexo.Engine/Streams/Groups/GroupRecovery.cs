namespace Nexo.Engine.Streams;

/// <summary>
/// Rebuilds groups from records. Each that changes a position names its epoch: a state that knows a later one has what it says, or a seek
/// has undone it.
/// </summary>
internal sealed class GroupRecovery(StreamContext context)
{
    private readonly Dictionary<uint, StreamGroup> _groups = [];

    /// <summary>False: no such record can have been written.</summary>
    public bool OnRecord(StreamRecordKind kind, ReadOnlySpan<byte> payload, Dictionary<uint, StreamLog> streams) => kind switch
    {
        StreamRecordKind.GroupDefined => Define(payload, streams),
        StreamRecordKind.GroupDeleted => Delete(payload),
        StreamRecordKind.GroupEpoch => Epoch(payload),
        StreamRecordKind.GroupDone => Done(payload),
        StreamRecordKind.GroupSought => Sought(payload),
        StreamRecordKind.GroupFailed => Failed(payload),
        StreamRecordKind.GroupKept => Kept(payload),
        StreamRecordKind.GroupNumbersKept => NumbersKept(payload),
        _ => false,
    };

    /// <summary>A record was appended as a dead letter: so its group has done it.</summary>
    public void OnDeadLetter(in GroupDeadLetteredRecord record) => Find(record.Group)?.Apply(record);

    /// <summary>All records have come.</summary>
    public void Complete()
    {
        foreach (StreamGroup group in _groups.Values)
        {
            group.EndRecovery();
        }
    }

    private bool Define(ReadOnlySpan<byte> payload, Dictionary<uint, StreamLog> streams)
    {
        if (!GroupDefinedRecord.TryRead(payload, out GroupDefinedRecord record))
        {
            return false;
        }

        context.RaiseGroupNumber(record.Group);
        if (_groups.ContainsKey(record.Group) || !streams.TryGetValue(record.Stream, out StreamLog? stream))
        {
            // It is of a snapshot; or its stream is gone, and the log says so.
            return true;
        }

        StreamGroups groups = stream.GroupsOrNew();
        if (groups.TryFind(record.Name, out StreamGroup? other))
        {
            if (other!.Number > record.Group)
            {
                // The log will say that this one was deleted.
                return true;
            }

            groups.Remove(other);
            _groups.Remove(other.Number);
        }

        StreamGroup group = groups.New(record.Name.ToArray(), record.Group, record.Mode, record.Options, record.Position);
        groups.Add(group);
        _groups.Add(group.Number, group);
        return true;
    }

    private bool Delete(ReadOnlySpan<byte> payload)
    {
        var reader = new RecordReader(payload);
        uint number = reader.U32();
        if (reader.AtEnd && _groups.Remove(number, out StreamGroup? group))
        {
            group.RemoveAtRecovery();
        }

        return reader.AtEnd;
    }

    private bool Epoch(ReadOnlySpan<byte> payload)
    {
        if (!GroupEpochRecord.TryRead(payload, out GroupEpochRecord record))
        {
            return false;
        }

        Find(record.Group)?.Apply(record);
        return true;
    }

    private bool Done(ReadOnlySpan<byte> payload)
    {
        if (!GroupDoneRecord.TryRead(payload, out GroupDoneRecord record))
        {
            return false;
        }

        Find(record.Group)?.Apply(record);
        return true;
    }

    private bool Sought(ReadOnlySpan<byte> payload)
    {
        if (!GroupSoughtRecord.TryRead(payload, out GroupSoughtRecord record))
        {
            return false;
        }

        Find(record.Group)?.Apply(record);
        return true;
    }

    private bool Failed(ReadOnlySpan<byte> payload)
    {
        if (!GroupFailedRecord.TryRead(payload, out GroupFailedRecord record))
        {
            return false;
        }

        Find(record.Group)?.Apply(record);
        return true;
    }

    private bool Kept(ReadOnlySpan<byte> payload)
    {
        if (!GroupKeptRecord.TryRead(payload, out GroupKeptRecord record))
        {
            return false;
        }

        Find(record.Group)?.Apply(record);
        return true;
    }

    private bool NumbersKept(ReadOnlySpan<byte> payload)
    {
        var reader = new RecordReader(payload);
        uint last = reader.U32();
        if (reader.AtEnd)
        {
            context.RaiseGroupNumber(last);
        }

        return reader.AtEnd;
    }

    // Null: it is gone, and the log says so, or has said so.
    private StreamGroup? Find(uint number) => _groups.GetValueOrDefault(number);
}
