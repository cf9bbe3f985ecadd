using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Records applied: absolute facts, which may have been applied before.</content>
internal sealed partial class StreamLog
{
    /// <summary>It is there with these options.</summary>
    public void ApplyDefined(in StreamDefinedRecord record)
    {
        lock (_gate)
        {
            if (record.Revision >= Revision)
            {
                Options = record.Options;
                Revision = record.Revision;
            }
        }
    }

    /// <summary>Of a snapshot: so much is in its files.</summary>
    /// <param name="position">Of that snapshot.</param>
    /// <param name="record">What it says.</param>
    public void ApplyKept(Lsn position, in StreamKeptRecord record)
    {
        lock (_gate)
        {
            NoteTaken(position, record.Checkpoint);
            _checkpoint = record.Checkpoint;
            _first = record.First;
            _next = record.Checkpoint.NextOffset;
            _hasToTrim = _first > 0;
        }
    }

    /// <summary>
    /// Records were appended: those that are not in its files already come into them. False: they do not follow what is there.
    /// </summary>
    public bool ApplyAppended(in StreamAppendedRecord record)
    {
        lock (_gate)
        {
            if (Options.Durability == StreamDurability.Memory)
            {
                return true;
            }

            if (record.Producer is { } producer)
            {
                NoteProducer(producer, record.FirstOffset, record.Count);
            }

            if (record.FirstOffset > _next)
            {
                return false;
            }

            // A checkpoint may have come in the midst of it.
            ReadOnlySpan<byte> rest = record.Records;
            ReadOnlySpan<byte> records = rest;
            while (StreamRecordForm.TryTake(ref rest, out StreamRecordView view) && view.Offset < _next)
            {
                records = rest;
            }

            if (record.EndOffset is { } end)
            {
                ApplyWithGaps(Open(), records, end);
                NotePendingUnderLock();
            }
            else if (!records.IsEmpty)
            {
                ApplyInParts(Open(), records);
                NotePendingUnderLock();
            }

            AdvanceVisible();
            return true;
        }
    }

    // Of a backup of what was compacted.
    private void ApplyWithGaps(SegmentedLog log, ReadOnlySpan<byte> records, long endOffset)
    {
        if (endOffset <= _next)
        {
            return;
        }

        _hasGaps = true;
        var batches = new StreamBatcher(_next, Limits.Tuning.BatchBytes, (in BatchHeader batch, ReadOnlySpan<byte> run) =>
        {
            log.Append(batch, run);
            _next = batch.EndOffset;
        });
        while (StreamRecordForm.TryTake(ref records, out StreamRecordView record))
        {
            batches.Add(record);
        }

        batches.Finish(endOffset);
    }

    /// <summary>Of a snapshot: what is remembered of a producer.</summary>
    public bool ApplyProducer(in StreamProducerKeptRecord record)
    {
        var runs = new List<StreamProducers.Run>();
        if (!record.TryRuns(runs))
        {
            return false;
        }

        lock (_gate)
        {
            StreamProducers producers = _producers ??= NewProducers();
            foreach (StreamProducers.Run run in runs)
            {
                producers.Note(new StreamProducer(record.Producer, run.Sequence), run.Offset, run.Count);
            }
        }

        return true;
    }
}
