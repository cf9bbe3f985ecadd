using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// A group with one active member, the eldest, which gets all records in their order from the position on; it commits. When it goes, the
/// eldest of the others takes over.
/// </summary>
internal sealed class OrderedGroup(
    StreamGroups groups, byte[] name, uint number, StreamGroupOptions options, long position)
    : StreamGroup(groups, name, number, options, position)
{
    private readonly GroupPage _page = new();
    private StreamGroupMember? _active;

    /// <summary>The next offset that the active member gets.</summary>
    private long _next;

    public override StreamGroupMode Mode => StreamGroupMode.Ordered;

    public override StreamStatus Commit(ulong number, ulong epoch, ulong offset, out StreamGroupSettled settled)
    {
        lock (Gate)
        {
            StreamRange range = Floor();
            settled = new StreamGroupSettled(Epoch, Position, range, Waits: false);
            StreamStatus status = FindMember(number, epoch, out StreamGroupMember? member);
            status = status == StreamStatus.Ok && member != _active ? StreamStatus.MemberFenced : status;
            if (status != StreamStatus.Ok)
            {
                return status;
            }

            if (offset > (ulong)range.Next)
            {
                return StreamStatus.OffsetOutOfRange;
            }

            if ((long)offset > Position)
            {
                status = StatusOf(Context.Log?.RoomForRemoval(GroupDoneRecord.BytesOf(0)) ?? LogRoom.Ok);
                if (status != StreamStatus.Ok)
                {
                    return status;
                }

                DoneCount += (long)offset - Position;
                Done.Add(Position, (long)offset);
                LogDone(default);
            }

            settled = settled with { Position = Position, Waits = Waits };
            return StreamStatus.Ok;
        }
    }

    protected override StreamMemberState StateOf(StreamGroupMember member) =>
        member == _active ? StreamMemberState.Active : StreamMemberState.Standby;

    protected override bool OnJoined(StreamGroupMember member)
    {
        if (_active is not null)
        {
            return false;
        }

        Begin(member);
        return true;
    }

    protected override bool OnLeft(StreamGroupMember member, bool isLost)
    {
        if (member != _active)
        {
            return false;
        }

        // The eldest, but one that takes nothing any more only if there is no other.
        Begin(Members.FirstOrDefault(other => !other.Stopped) ?? (Members is [var eldest, ..] ? eldest : null));
        return _active is not null;
    }

    protected override void OnSought() => _next = Position;

    protected override void OnEmptied()
    {
        // The page goes with the next turn of the pump, which may be reading into it.
    }

    protected override bool Slice(GroupWork work)
    {
        StreamGroupMember? member;
        StreamGroupPull? pull;
        long offset;
        long version;
        int recordsMax;
        int bytesMax;
        lock (Gate)
        {
            member = _active;
            if (member is null || IsClosed || !TryTerms(member, out pull, out recordsMax, out bytesMax))
            {
                _page.Release();
                return false;
            }

            // A member may commit what it has not been given yet.
            offset = _next = Math.Max(_next, Position);
            version = Version;
        }

        _page.Clear();
        bool isRead = TryRead(offset, recordsMax, bytesMax, _page, out StreamReadResult read);
        lock (Gate)
        {
            if (version != Version)
            {
                return true;
            }

            if (!isRead)
            {
                return false;
            }

            _next = read.ContinueAt;
            if (read.Count > 0)
            {
                return Deliver(member, pull, read, work);
            }

            return read.ContinueAt != offset || !WaitForRecords(_next);
        }
    }

    private void Begin(StreamGroupMember? member)
    {
        Floor();
        _active = member;
        _next = Position;
    }

    // What the active member would take now: for a pull, or for credits.
    private bool TryTerms(StreamGroupMember member, out StreamGroupPull? pull, out int recordsMax, out int bytesMax)
    {
        pull = member.FirstPull;
        member.Parked |= pull is null && member.Credits > 0 && member.Sink.IsCongested;
        TermsOf(member, pull, out recordsMax, out bytesMax);
        return pull is not null || (member.Credits > 0 && !member.Stopped && !member.Parked);
    }

    // The pull may have been ended meanwhile: then nobody takes it, and it is read again.
    private bool Deliver(StreamGroupMember member, StreamGroupPull? pull, in StreamReadResult read, GroupWork work)
    {
        bool takes = pull is null
            ? member.Credits >= read.Count && !member.Stopped
            : member.Pulls?.Remove(pull) == true;
        if (!takes)
        {
            _next = new StreamRecordView(_page.Written).Offset;
            return true;
        }

        IStreamGroupSink sink = pull?.Target ?? member.Sink;
        member.Credits -= pull is null ? read.Count : 0;
        Delivered += read.Count;
        sink.Deliver(new StreamGroupRecords { Epoch = Epoch, Count = read.Count, Records = _page.Written });
        work.Touch(sink);
        return true;
    }
}
