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

    /// <param name="withNames">Else they are empty.</param>
    public StreamGroupFigures Figures(bool withNames)
    {
        string stream = withNames ? Encoding.UTF8.GetString(Stream.Name) : string.Empty;
        string name = withNames ? Encoding.UTF8.GetString(Name) : string.Empty;
        lock (Gate)
        {
            StreamRange range = Floor();
            return new StreamGroupFigures(stream, name, LagTo(range.Next), InFlight, _members.Count, DoneCount, DeadLetters);
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

    /// <summary>What was trimmed is done.</summary>
    public void PassTrimmed()
    {
        lock (Gate)
        {
            Floor();
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
    /// <param name="member">The one.</param>
    /// <param name="isLost">It did not say so: its connection is gone, or nothing was heard of it.</param>
    protected abstract bool OnLeft(StreamGroupMember member, bool isLost);

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

    private StreamGroupState StateFor(StreamGroupMember member) => new(Epoch, Position, StateOf(member));

    private long LagTo(long next) => Math.Max(0, next - Position - Done.Above);

    private void SetDue(long dueMs)
    {
        _dueMs = dueMs;
        Context.GroupTimers.Set(_timer, dueMs);
    }
}
