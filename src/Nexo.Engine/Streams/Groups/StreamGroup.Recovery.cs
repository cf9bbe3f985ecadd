using System.Runtime.InteropServices;

namespace Nexo.Engine.Streams;

/// <content>Records applied, and what a snapshot keeps.</content>
internal abstract partial class StreamGroup
{
    public void Apply(in GroupEpochRecord record)
    {
        lock (Gate)
        {
            Epoch = Math.Max(Epoch, record.Epoch);
            _membersUntil = Math.Max(_membersUntil, record.Members);
        }
    }

    public void Apply(in GroupSoughtRecord record)
    {
        lock (Gate)
        {
            if (record.Epoch > Epoch)
            {
                Epoch = record.Epoch;
                Done.Reset(record.Position);
                Failures.Clear();
            }
        }
    }

    public void Apply(in GroupDoneRecord record)
    {
        lock (Gate)
        {
            if (TakesOn(record.Epoch))
            {
                record.Apply(Done);
            }
        }
    }

    public void Apply(in GroupDeadLetteredRecord record)
    {
        lock (Gate)
        {
            if (TakesOn(record.Epoch))
            {
                Done.Add(record.Offset, record.Offset + 1);
            }
        }
    }

    public void Apply(in GroupFailedRecord record)
    {
        lock (Gate)
        {
            if (TakesOn(record.Epoch))
            {
                record.Apply(Failures);
                if (Failures.Count > 2 * Context.Limits.Groups.WindowRecordsMax)
                {
                    ForgetDoneFailures();
                }
            }
        }
    }

    public void Apply(in GroupKeptRecord record)
    {
        lock (Gate)
        {
            Epoch = record.Epoch;
            _membersUntil = record.Members;
            record.Apply(Done, Failures);
        }
    }

    /// <summary>The log says that it is gone.</summary>
    public void RemoveAtRecovery()
    {
        if (Stream.Groups is { } groups && groups.TryFind(Name, out StreamGroup? there) && there == this)
        {
            groups.Remove(this);
        }
    }

    /// <summary>
    /// All records have come. Of numbers of members none is given out again. Records of a stream in memory are gone, and its offsets may
    /// begin anew: a position behind them moves to their end.
    /// </summary>
    public void EndRecovery()
    {
        lock (Gate)
        {
            _lastMember = _membersUntil;
            StreamRange range = Floor();
            if (Position > range.Next || (Done.Above > 0 && Done.Runs[^1].End > range.Next))
            {
                Done.Reset(Math.Min(Position, range.Next));
                Failures.Clear();
            }

            ForgetDoneFailures();
        }
    }

    /// <summary>Writes what a snapshot keeps of it.</summary>
    public void Keep(RecordBuffer buffer)
    {
        lock (Gate)
        {
            if (IsClosed)
            {
                return;
            }

            GroupDefinedRecord.Write(
                buffer.Add((byte)StreamRecordKind.GroupDefined, GroupDefinedRecord.BytesOf(Name, Options)), Stream.Number, this);
            var failures = new List<GroupFailure>(Failures.Values);
            AddFailures(failures);
            Span<GroupFailure> all = CollectionsMarshal.AsSpan(failures);
            GroupKeptRecord.Write(
                buffer.Add((byte)StreamRecordKind.GroupKept, GroupKeptRecord.BytesOf(Done.Runs, all)),
                Number,
                Epoch,
                _membersUntil,
                Done,
                all);
        }
    }

    /// <summary>Adds what is remembered of records that have failed and were read.</summary>
    protected virtual void AddFailures(List<GroupFailure> failures)
    {
    }

    // A later epoch than was logged is one for which there was no room, when another member became active: a seek is always logged.
    private bool TakesOn(ulong epoch)
    {
        bool isCurrent = epoch >= Epoch;
        Epoch = Math.Max(Epoch, epoch);
        return isCurrent;
    }

    protected void ForgetDoneFailures()
    {
        foreach (long offset in Failures.Keys)
        {
            if (Done.FirstOpen(offset) != offset)
            {
                Failures.Remove(offset);
            }
        }
    }
}
