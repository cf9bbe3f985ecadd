namespace Nexo.Engine.Streams;

/// <content>Its groups.</content>
internal sealed partial class StreamLog
{
    private StreamGroups? _groups;

    /// <summary>Null: it never had one.</summary>
    public StreamGroups? Groups => Volatile.Read(ref _groups);

    public StreamGroups GroupsOrNew()
    {
        if (Groups is null)
        {
            Interlocked.CompareExchange(ref _groups, new StreamGroups(_context, this), null);
        }

        return Groups!;
    }

    /// <summary>Appends a dead letter of another stream's group, and logs in one record that it is done there.</summary>
    /// <param name="record">The record.</param>
    /// <param name="letter">What the group says of it.</param>
    /// <param name="isLogged">False: nothing is logged of this stream, so the group must log what it has done.</param>
    /// <param name="waits">True when an answer must wait until the log is durable.</param>
    /// <param name="readable">Who is to be woken once no lock is held any more.</param>
    public StreamStatus AppendDeadLetter(
        in StreamRecord record,
        in GroupDeadLetteredRecord letter,
        out bool isLogged,
        out bool waits,
        ref List<StreamFollower>? readable)
    {
        var batch = new SingleBatch(record);
        StreamBatchMeasure measure = batch.Measure;
        Span<byte> about = stackalloc byte[GroupDeadLetteredRecord.HeaderBytes];
        letter.Write(about);
        lock (_gate)
        {
            AdvanceVisible();
            isLogged = Log is not null;
            waits = Waits;
            long nowMs = _context.Clock.WallMs;
            StreamStatus status = Decide(measure, default, default, nowMs, out _);
            if (status == StreamStatus.Ok)
            {
                Write(batch, measure, null, nowMs, about);
                NoteAppended(ref readable);
            }

            return status;
        }
    }

    /// <summary>What readers see now.</summary>
    public StreamRange RangeNow()
    {
        lock (_gate)
        {
            AdvanceVisible();
            return new StreamRange(_first, _visible);
        }
    }
}
