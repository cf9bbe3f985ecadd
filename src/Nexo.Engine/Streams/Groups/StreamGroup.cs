using System.Text;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// A group of a stream. Under its lock a change is decided, logged and applied, and records are given to members; what reads the stream is
/// one at a time and without it (<see cref="Slice"/>). Without members it is its position and its options, and costs nothing else.
/// </summary>
/// <remarks>Order of locks: the pump's, the group's, then a stream's.</remarks>
internal abstract partial class StreamGroup
{
    private readonly List<StreamGroupMember> _members = [];
    private ulong _lastMember;
    private ulong _membersUntil;
    private int _timer = GroupTimers.NotIn;
    private long _dueMs = long.MaxValue;

    protected StreamGroup(StreamGroups groups, byte[] name, uint number, StreamGroupOptions options, long position)
    {
        Context = groups.Context;
        Stream = groups.Stream;
        Name = name;
        Number = number;
        Options = options;
        Done = new DoneOffsets(position);
        _onReadable = Want;
        _pump = Pump;
    }

    /// <summary>UTF-8.</summary>
    public byte[] Name { get; }

    /// <summary>Its number in records; given out once and never again.</summary>
    public uint Number { get; }

    public abstract StreamGroupMode Mode { get; }

    public StreamGroupOptions Options { get; }

    /// <summary>The first offset that is not done. May be read without the lock.</summary>
    public long Position => Done.Position;

    protected StreamContext Context { get; }

    protected StreamLog Stream { get; }

    protected Lock Gate { get; } = new();

    // What follows is guarded by the gate.
    protected ulong Epoch { get; private set; } = 1;

    /// <summary>Changes when what was read without the lock is not to be delivered any more.</summary>
    protected long Version { get; private set; }

    protected DoneOffsets Done { get; }

    /// <summary>Of records that have failed, by offset: those that were not read yet.</summary>
    protected Dictionary<long, GroupFailure> Failures { get; } = [];

    protected IReadOnlyList<StreamGroupMember> Members => _members;

    /// <summary>Deleted, or its stream is.</summary>
    protected bool IsClosed { get; private set; }

    protected long Delivered { get; set; }

    protected long Redelivered { get; set; }

    protected long DoneCount { get; set; }

    protected long Failed { get; set; }

    protected long DeadLetters { get; set; }

    /// <summary>Whether answers wait for the disk.</summary>
    protected bool Waits => Stream.Options.Durability == StreamDurability.Fsync && Context.Log is not null;

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

                waits = isLogged && Context.Log is not null;
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

    /// <summary>The group is deleted, or its stream is: its members are told.</summary>
    public void End(StreamStatus why)
    {
        GroupWork work = GroupWork.Rent();
        lock (Gate)
        {
            IsClosed = true;
            while (_members is [.., var member])
            {
                Remove(member, work, why);
            }
        }

        work.Run();
    }

    /// <summary>The engine ends: nothing is told to anybody.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            IsClosed = true;
            Version++;
        }

        lock (_pumping)
        {
            OnEmptied();
        }
    }

    public StreamStatus Describe(out StreamGroupInfo? info)
    {
        lock (Gate)
        {
            StreamRange range = Floor();
            long nowMs = Context.Clock.NowMs;
            long aheadMs = Context.Clock.WallMs - nowMs;
            info = new StreamGroupInfo
            {
                Name = Encoding.UTF8.GetString(Name),
                Mode = Mode,
                Options = Options,
                Epoch = Epoch,
                Position = Position,
                Lag = LagTo(range.Next),
                InFlight = InFlight,
                Waiting = Waiting,
                Delivered = Delivered,
                Redelivered = Redelivered,
                Done = DoneCount,
                Failed = Failed,
                DeadLetters = DeadLetters,
                Members =
                [
                    .. _members.Select(member => new StreamGroupMemberInfo(
                        member.Number,
                        StateOf(member),
                        member.Load,
                        member.JoinedMs + aheadMs,
                        member.HeardMs + aheadMs,
                        member.Options.Name)),
                ],
            };
            return IsClosed ? StreamStatus.GroupNotFound : StreamStatus.Ok;
        }
    }

    public StreamGroupSummary Summary()
    {
        lock (Gate)
        {
            StreamRange range = Floor();
            return new StreamGroupSummary(Encoding.UTF8.GetString(Name), Mode, Position, LagTo(range.Next), _members.Count);
        }
    }

    /// <summary>Something may be due.</summary>
    public void OnDue(long nowMs)
    {
        GroupWork work = GroupWork.Rent();
        lock (Gate)
        {
            if (_timer != GroupTimers.NotIn)
            {
                SetDue(long.MaxValue);
                EndSessions(nowMs, work);
                Want();
            }

            if (_timer != GroupTimers.NotIn)
            {
                DoDue(nowMs, work);
            }
        }

        work.Run();
    }

    /// <summary>How many records are out.</summary>
    protected virtual int InFlight => 0;

    /// <summary>How many records were read, and wait.</summary>
    protected virtual int Waiting => 0;

    /// <summary>Something of a member's is to happen at this moment.</summary>
    protected void NoteDue(long dueMs)
    {
        if (dueMs < _dueMs && _timer != GroupTimers.NotIn)
        {
            SetDue(dueMs);
        }
    }

    protected abstract StreamMemberState StateOf(StreamGroupMember member);

    /// <summary>A member came; true: it is active now, which begins a new epoch.</summary>
    protected abstract bool OnJoined(StreamGroupMember member);

    /// <summary>A member is gone; true: another one is active now, which begins a new epoch.</summary>
    protected abstract bool OnLeft(StreamGroupMember member);

    /// <summary>A member may be able to take records.</summary>
    protected virtual void OnTaker(StreamGroupMember member)
    {
    }

    /// <summary>The position was set.</summary>
    protected abstract void OnSought();

    /// <summary>There are no members any more: lets go of what is needed for them alone. Under the gate, or at the engine's end.</summary>
    protected abstract void OnEmptied();

    /// <summary>What is due by itself.</summary>
    protected virtual void DoDue(long nowMs, GroupWork work)
    {
    }

    /// <summary>What was trimmed is done. The answer is what there is.</summary>
    protected StreamRange Floor()
    {
        StreamRange range = Stream.RangeNow();
        Done.Add(Position, range.First);
        return range;
    }

    /// <summary>Finds a member by what it says; a sign of life.</summary>
    protected StreamStatus FindMember(ulong number, ulong epoch, out StreamGroupMember? member)
    {
        member = IsClosed ? null : FindMember(number);
        if (member is null || epoch != Epoch)
        {
            return IsClosed ? StreamStatus.GroupNotFound : StreamStatus.MemberFenced;
        }

        Hear(member);
        return StreamStatus.Ok;
    }

    protected static StreamStatus StatusOf(LogRoom room) => room switch
    {
        LogRoom.Ok => StreamStatus.Ok,
        LogRoom.Full => StreamStatus.DiskFull,
        _ => StreamStatus.LogFailed,
    };

    /// <summary>Another member is active, or the group was sought: all members are told.</summary>
    protected void RaiseEpoch(GroupWork work, StreamGroupMember? but)
    {
        Epoch++;
        Version++;
        LogEpoch();
        TellStates(work, but);
    }

    private void TellStates(GroupWork work, StreamGroupMember? but)
    {
        foreach (StreamGroupMember member in _members)
        {
            if (member != but)
            {
                member.Sink.OnState(StateFor(member));
                work.Touch(member.Sink);
            }
        }
    }

    private StreamStatus AdmitMember() =>
        IsClosed ? StreamStatus.GroupNotFound
        : _members.Count >= Context.Limits.Groups.MembersPerGroupMax ? StreamStatus.TooManyMembers
        : StatusOf(Context.Log?.RoomFor(GroupEpochRecord.Size) ?? LogRoom.Ok);

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

    private StreamGroupState StateFor(StreamGroupMember member) => new(Epoch, Position, StateOf(member));

    private long LagTo(long next) => Math.Max(0, next - Position - Done.Above);

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

    private void SetDue(long dueMs)
    {
        _dueMs = dueMs;
        Context.GroupTimers.Set(_timer, dueMs);
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

        if (OnLeft(member) && !IsClosed)
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
