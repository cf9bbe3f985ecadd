using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Memberships: how they begin, live and end.</content>
internal abstract partial class StreamGroup
{
    public StreamStatus Join(
        IStreamGroupSink sink, StreamMemberOptions options, out StreamGroupMember? member, out bool waits)
    {
        member = null;
        waits = false;
        GroupWork work = GroupWork.Rent();
        StreamStatus status;
        lock (Gate)
        {
            status = AdmitMember();
            if (status == StreamStatus.Ok)
            {
                bool isLogged = _lastMember == _membersUntil;
                _membersUntil += isLogged ? (ulong)Context.Limits.Groups.NumbersAtOnce : 0;
                member = new StreamGroupMember(this, ++_lastMember, sink, options, Context.Clock.NowMs);
                if (_members.Count == 0)
                {
                    _timer = Context.GroupTimers.Add(this);
                }

                _members.Add(member);
                if (OnJoined(member))
                {
                    RaiseEpoch(work, but: member);
                }
                else if (isLogged)
                {
                    LogEpoch();
                }

                // Also where the record is another one's, which may not be durable yet: after a crash the number would be somebody else's.
                waits = Context.Log is not null;
                member.Joined = StateFor(member);
                NoteSession(member);
            }
        }

        work.Run();
        return status;
    }

    public StreamStatus Heartbeat(ulong number, out StreamGroupState state)
    {
        lock (Gate)
        {
            Floor();
            StreamGroupMember? member = FindMember(number);
            state = member is null
                ? new StreamGroupState(Epoch, Position, StreamMemberState.Fenced)
                : StateFor(member);
            if (member is not null)
            {
                Hear(member);
            }

            return IsClosed ? StreamStatus.GroupNotFound
                : member is null ? StreamStatus.MemberFenced
                : StreamStatus.Ok;
        }
    }

    public StreamStatus Leave(ulong number, out ulong epoch)
    {
        StreamGroupMember? member;
        lock (Gate)
        {
            epoch = Epoch;
            member = FindMember(number);
        }

        if (member is null)
        {
            return StreamStatus.MemberFenced;
        }

        Leave(member, StreamStatus.Ok);
        return StreamStatus.Ok;
    }

    /// <summary>Ends a membership, if it has not ended yet.</summary>
    /// <param name="toldWhy">What its sink is told; null: nothing.</param>
    public void Leave(StreamGroupMember member, StreamStatus? toldWhy)
    {
        GroupWork work = GroupWork.Rent();
        lock (Gate)
        {
            Remove(member, work, toldWhy);
        }

        work.Run();
    }

    public void AddCredits(StreamGroupMember member, uint credits)
    {
        lock (Gate)
        {
            member.Credits = Math.Min(member.Credits + credits, StreamGroupMember.CreditsMax);
            Hear(member);
            OnTaker(member);
            Want();
        }
    }

    public void Resume(StreamGroupMember member)
    {
        lock (Gate)
        {
            member.Parked = false;
            OnTaker(member);
            Want();
        }
    }

    public void Stop(StreamGroupMember member)
    {
        lock (Gate)
        {
            member.Stopped = true;
        }
    }

    private StreamStatus AdmitMember() =>
        IsClosed ? StreamStatus.GroupNotFound
        : _members.Count >= Context.Limits.Groups.MembersPerGroupMax ? StreamStatus.TooManyMembers
        : StatusOf(Context.Log?.RoomForUpkeep(GroupEpochRecord.Size) ?? LogRoom.Ok);

    // They are in the order of their numbers.
    private StreamGroupMember? FindMember(ulong number)
    {
        int low = 0;
        int high = _members.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ulong at = _members[middle].Number;
            if (at == number)
            {
                return _members[middle];
            }

            (low, high) = at < number ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    private void Hear(StreamGroupMember member) => member.HeardMs = Context.Clock.NowMs;

    private void NoteSession(StreamGroupMember member)
    {
        if (member.Options.SessionMs > 0)
        {
            NoteDue(member.HeardMs + member.Options.SessionMs);
        }
    }

    private void EndSessions(long nowMs, GroupWork work)
    {
        for (int i = _members.Count - 1; i >= 0; i--)
        {
            StreamGroupMember member = _members[i];
            if (member.Options.SessionMs > 0 && member.HeardMs + member.Options.SessionMs <= nowMs)
            {
                Remove(member, work, StreamStatus.MemberFenced);
            }
            else
            {
                NoteSession(member);
            }
        }
    }

    private void Remove(StreamGroupMember member, GroupWork work, StreamStatus? toldWhy)
    {
        if (member.Closed)
        {
            return;
        }

        member.Closed = true;
        _members.Remove(member);
        foreach (StreamGroupPull pull in member.Pulls ?? [])
        {
            work.End(pull.Target, toldWhy is null or StreamStatus.Ok ? StreamStatus.MemberFenced : toldWhy.Value);
        }

        member.Pulls = null;
        if (toldWhy is { } why)
        {
            if (why == StreamStatus.MemberFenced)
            {
                member.Sink.OnState(new StreamGroupState(Epoch, Position, StreamMemberState.Fenced));
                work.Touch(member.Sink);
            }

            work.End(member.Sink, why);
        }

        if (OnLeft(member, isLost: toldWhy is null or StreamStatus.MemberFenced) && !IsClosed)
        {
            RaiseEpoch(work, but: null);
        }

        if (_members.Count == 0)
        {
            Version++;
            Context.GroupTimers.Remove(_timer);
            _timer = GroupTimers.NotIn;
            _dueMs = long.MaxValue;
            EndWaitForRecords();
            _follower = null;
            OnEmptied();
        }
        else
        {
            Want();
        }
    }
}
