using System.Runtime.InteropServices;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Records are done, or come back.</content>
internal sealed partial class SharedGroup
{
    private const int DoublingsMax = 16;

    // Of one hold of the lock.
    private readonly List<OffsetRun> _runs = [];
    private readonly List<GroupFailure> _failed = [];

    public StreamStatus Ack<TSource, TSink>(
        ulong number, ulong epoch, TSource leases, ref TSink outcomes, out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct =>
        Settle(number, epoch, null, 0, default, ref leases, ref outcomes, out settled);

    public StreamStatus Nack<TSource, TSink>(
        ulong number,
        ulong epoch,
        StreamNack action,
        long delayMs,
        ReadOnlySpan<byte> reason,
        TSource leases,
        ref TSink outcomes,
        out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct =>
        Settle(number, epoch, action, delayMs, reason, ref leases, ref outcomes, out settled);

    /// <summary>In bounded holds of the lock; nothing was settled if the answer is not Ok.</summary>
    private StreamStatus Settle<TSource, TSink>(
        ulong number,
        ulong epoch,
        StreamNack? nack,
        long delayMs,
        ReadOnlySpan<byte> reason,
        ref TSource leases,
        ref TSink outcomes,
        out StreamGroupSettled settled)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct
    {
        bool waits = false;
        bool isFirst = true;
        bool more;
        GroupWork work = GroupWork.Rent();
        do
        {
            lock (Gate)
            {
                StreamStatus status = FindMember(number, epoch, out StreamGroupMember? member);
                status = status == StreamStatus.Ok ? AdmitSettlement() : status;
                settled = new StreamGroupSettled(Epoch, Position, default, Waits: false);
                if (isFirst && status != StreamStatus.Ok)
                {
                    return status;
                }

                more = SettleSome(status, member, nack, delayMs, reason, ref leases, ref outcomes, work, ref waits);
                settled = settled with { Position = Position, Waits = waits };
                isFirst = false;
            }
        }
        while (more);
        work.Run();
        return StreamStatus.Ok;
    }

    private bool SettleSome<TSource, TSink>(
        StreamStatus status,
        StreamGroupMember? member,
        StreamNack? nack,
        long delayMs,
        ReadOnlySpan<byte> reason,
        ref TSource leases,
        ref TSink outcomes,
        GroupWork work,
        ref bool waits)
        where TSource : struct, IStreamLeaseSource, allows ref struct
        where TSink : IStreamSettleSink, allows ref struct
    {
        _runs.Clear();
        _failed.Clear();
        bool more = true;
        for (int left = Context.Limits.Groups.HoldRecordsMax; left > 0 && more; left--)
        {
            more = leases.TryTake(out long offset, out ulong lease);
            if (more)
            {
                outcomes.Add(status == StreamStatus.Ok ? SettleOne(member!, offset, lease, nack, delayMs, reason) : status);
            }
        }

        if (status == StreamStatus.Ok)
        {
            waits |= Waits;
            BuryDying(work, out _, ref waits);
            LogFailed();
            LogRuns();
            Want();
        }

        return more;
    }

    private StreamStatus SettleOne(
        StreamGroupMember member, long offset, ulong lease, StreamNack? nack, long delayMs, ReadOnlySpan<byte> reason)
    {
        if (_window is not { } window
            || !window.TryFind(offset, out int index)
            || window[index].State != GroupEntryState.InFlight
            || window[index].Lease != lease
            || window[index].Member != member)
        {
            return StreamStatus.LeaseLost;
        }

        if (nack is { } action)
        {
            Fail(index, action, delayMs, reason);
        }
        else
        {
            DoneCount++;
            NoteDone(offset);
            Finish(index);
        }

        return StreamStatus.Ok;
    }

    private void Fail(int index, StreamNack action, long delayMs, ReadOnlySpan<byte> reason)
    {
        GroupWindow window = _window!;
        ref GroupEntry entry = ref window[index];
        if (action == StreamNack.Release)
        {
            window.MakeReady(index);
            return;
        }

        Failed++;
        entry.Failures++;
        entry.IsDead = action == StreamNack.DeadLetter
            || (Options.DeliveriesMax > 0 && entry.Failures >= Options.DeliveriesMax);
        _failed.Add(entry.Failure);
        long pauseMs = action switch
        {
            StreamNack.Backoff => BackoffMs(entry.Failures),
            StreamNack.Delay => delayMs,
            _ => 0,
        };
        if (entry.IsDead)
        {
            NoteReason(entry.Offset, reason);
        }

        if (entry.IsDead || pauseMs == 0)
        {
            window.MakeReady(index);
            return;
        }

        long dueMs = Context.Clock.NowMs + pauseMs;
        window.Delay(index, dueMs);
        NoteDue(dueMs);
    }

    private long BackoffMs(uint failures) => Math.Min(
        StreamGroupOptionTable.BackoffMsMost, Options.BackoffMs << (int)Math.Min(failures - 1, DoublingsMax));

    private StreamStatus AdmitSettlement()
    {
        int most = Context.Limits.Groups.HoldRecordsMax;
        return StatusOf(Context.Log?.RoomForRemoval(GroupDoneRecord.BytesOf(most) + GroupFailedRecord.BytesMaxOf(most)) ?? LogRoom.Ok);
    }

    private void NoteDone(long offset)
    {
        if (_runs is [.., var last] && last.End == offset)
        {
            _runs[^1] = last with { End = offset + 1 };
        }
        else
        {
            _runs.Add(new OffsetRun(offset, offset + 1));
        }
    }

    // Those that the position has passed need not be told.
    private void LogRuns()
    {
        if (_runs.Count == 0)
        {
            return;
        }

        int kept = 0;
        for (int i = 0; i < _runs.Count; i++)
        {
            if (_runs[i].End > Position)
            {
                _runs[kept++] = _runs[i];
            }
        }

        // Without room they are given again after a crash.
        if (Context.Log?.RoomForRemoval(GroupDoneRecord.BytesOf(kept)) is null or LogRoom.Ok)
        {
            LogDone(CollectionsMarshal.AsSpan(_runs)[..kept]);
        }

        _runs.Clear();
    }

    // Those that have become dead letters meanwhile are done. Without room they are forgotten by a crash, and tried more often.
    private void LogFailed()
    {
        int kept = 0;
        for (int i = 0; i < _failed.Count; i++)
        {
            if (_window!.TryFind(_failed[i].Offset, out _))
            {
                _failed[kept++] = _failed[i];
            }
        }

        Span<GroupFailure> failures = CollectionsMarshal.AsSpan(_failed)[..kept];
        int bytes = GroupFailedRecord.BytesOf(failures);
        if (kept > 0 && Context.Log is { } log && log.RoomForRemoval(bytes) == LogRoom.Ok)
        {
            using LogAppend append = log.Begin((byte)StreamRecordKind.GroupFailed, bytes);
            GroupFailedRecord.Write(append.Payload, Number, Epoch, failures);
        }

        _failed.Clear();
    }
}
