using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Seeks and commits, what is logged of it, and what the log says when it is read again.</content>
internal abstract partial class StreamGroup
{
    public StreamStatus Seek(in StreamPlace to, bool dryRun, out StreamGroupSought sought)
    {
        StreamStatus status = Stream.Resolve(to, out StreamRange range, out long offset);
        sought = new StreamGroupSought(0, 0, 0, 0, range, Waits: false);
        if (status != StreamStatus.Ok)
        {
            return status;
        }

        GroupWork work = GroupWork.Rent();
        lock (Gate)
        {
            status = IsClosed ? StreamStatus.GroupNotFound
                : dryRun ? StreamStatus.Ok
                : StatusOf(Context.Log?.RoomForUpkeep(GroupSoughtRecord.Size) ?? LogRoom.Ok);
            range = Floor();
            offset = Math.Max(offset, range.First);
            sought = new StreamGroupSought(Position, offset, Done.CountFrom(offset), Epoch, range, Waits: false);
            if (status == StreamStatus.Ok && !dryRun)
            {
                Epoch++;
                Version++;
                Done.Reset(offset);

                // Retention goes not beyond this position from here on; what it has taken just before is done.
                range = Floor();
                sought = sought with { After = Position, Range = range };
                LogSought();
                OnSought();
                TellStates(work, but: null);
                Want();
                sought = sought with { Epoch = Epoch, Waits = Waits };
            }
        }

        work.Run();
        return status;
    }

    /// <summary>In an ordered group: all before an offset are done.</summary>
    public virtual StreamStatus Commit(ulong number, ulong epoch, ulong offset, out StreamGroupSettled settled)
    {
        settled = default;
        return StreamStatus.InvalidArgument;
    }

    /// <summary>The position, and runs behind it that are done.</summary>
    protected void LogDone(ReadOnlySpan<OffsetRun> runs)
    {
        if (Context.Log is { } log)
        {
            using LogAppend append = log.Begin((byte)StreamRecordKind.GroupDone, GroupDoneRecord.BytesOf(runs.Length));
            GroupDoneRecord.Write(append.Payload, Number, Epoch, Position, runs);
        }
    }

    // When the disk is full and even its reserve is, another member becomes active all the same: numbers of members fence too.
    private void LogEpoch()
    {
        if (Context.Log is { } log && log.RoomForRemoval(GroupEpochRecord.Size) == LogRoom.Ok)
        {
            using LogAppend append = log.Begin((byte)StreamRecordKind.GroupEpoch, GroupEpochRecord.Size);
            new GroupEpochRecord(Number, Epoch, _membersUntil).Write(append.Payload);
        }
    }

    private void LogSought()
    {
        if (Context.Log is { } log)
        {
            using LogAppend append = log.Begin((byte)StreamRecordKind.GroupSought, GroupSoughtRecord.Size);
            new GroupSoughtRecord(Number, Epoch, Position).Write(append.Payload);
        }
    }
}
