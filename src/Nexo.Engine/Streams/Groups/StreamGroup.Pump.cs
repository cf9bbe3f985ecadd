using System.Buffers;

namespace Nexo.Engine.Streams;

/// <content>
/// The pump: reads the stream without the group's lock and gives to members under it. It runs on a thread of the pool when somebody who
/// takes records may get some, in bounded turns, and within a pull.
/// </content>
internal abstract partial class StreamGroup
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int Wanted = 2;
    private const int SlicesAtOnce = 16;
    private const long RetryMs = 1_000;

    private readonly Lock _pumping = new();
    private readonly Action _onReadable;
    private readonly Action _pump;
    private int _pumpState;

    // Of the pump.
    private StreamFollower? _follower;
    private bool _waits;

    public StreamStatus Pull(
        ulong number,
        ulong epoch,
        int recordsMax,
        int bytesMax,
        IStreamGroupSink target,
        bool mayWait,
        out StreamGroupPull? pull,
        out StreamGroupSettled settled)
    {
        pull = null;
        StreamGroupMember? member;
        StreamGroupPull begun;
        lock (Gate)
        {
            settled = new StreamGroupSettled(Epoch, Position, default, Waits: false);
            StreamStatus status = FindMember(number, epoch, out member);
            if (status != StreamStatus.Ok || StateOf(member!) != StreamMemberState.Active)
            {
                return status;
            }

            begun = new StreamGroupPull(this, member!, recordsMax, bytesMax, target);
            (member!.Pulls ??= []).Add(begun);
            OnTaker(member);
        }

        if (RunSlices())
        {
            Want();
        }

        if (mayWait)
        {
            lock (Gate)
            {
                pull = member.Pulls?.Contains(begun) == true ? begun : null;
            }
        }
        else
        {
            begun.End();
        }

        return StreamStatus.Ok;
    }

    public bool EndPull(StreamGroupMember member, StreamGroupPull pull)
    {
        lock (Gate)
        {
            return member.Pulls?.Remove(pull) == true;
        }
    }

    /// <summary>Reads something, or gives something away, or both. Under the pump's lock alone.</summary>
    /// <returns>Whether there may be more to do.</returns>
    protected abstract bool Slice(GroupWork work);

    /// <summary>How much a member gets as one delivery, for a pull or for its credits.</summary>
    protected void TermsOf(StreamGroupMember member, StreamGroupPull? pull, out int recordsMax, out int bytesMax)
    {
        StreamGroupLimits limits = Context.Limits.Groups;
        recordsMax = Math.Min(pull?.RecordsMax ?? (int)member.Credits, limits.DeliveryRecordsMax);
        bytesMax = pull is { BytesMax: > 0 } ? pull.BytesMax
            : member.Options.BytesMax > 0 ? member.Options.BytesMax
            : limits.DeliveryBytes;
    }

    /// <summary>There may be something for the pump. With any lock or without.</summary>
    protected void Want()
    {
        if (Interlocked.Exchange(ref _pumpState, Wanted) == Idle)
        {
            Context.Files.Schedule(_pump);
        }
    }

    /// <summary>Reads records from an offset on, without the gate.</summary>
    /// <returns>False: nothing can be read now.</returns>
    protected bool TryRead(long offset, int recordsMax, int bytesMax, IBufferWriter<byte> target, out StreamReadResult result)
    {
        StreamFollower follower = _follower ??= new StreamFollower(Stream, offset, [], clamps: true, counts: false);
        follower.MoveTo(offset);
        StreamStatus status = follower.Read(recordsMax, bytesMax, target, out result);
        if (status == StreamStatus.Unreadable)
        {
            lock (Gate)
            {
                NoteDue(Context.Clock.NowMs + RetryMs);
            }
        }

        return status == StreamStatus.Ok;
    }

    /// <summary>Has the pump run when there is something to be read from an offset on; false: that is so already. Under the gate.</summary>
    protected bool WaitForRecords(long offset)
    {
        EndWaitForRecords();
        if (_follower is null)
        {
            return false;
        }

        _follower.MoveTo(offset);
        _waits = _follower.TryWait(_onReadable);
        return _waits || Stream.IsClosed;
    }

    private void EndWaitForRecords()
    {
        if (_waits)
        {
            _waits = false;
            _follower!.EndWait();
        }
    }

    private void Pump()
    {
        Volatile.Write(ref _pumpState, Running);
        if (RunSlices())
        {
            Volatile.Write(ref _pumpState, Wanted);
        }
        else if (Interlocked.CompareExchange(ref _pumpState, Idle, Running) == Running)
        {
            return;
        }

        Context.Files.Schedule(_pump);
    }

    private bool RunSlices()
    {
        GroupWork work = GroupWork.Rent();
        bool more = true;
        lock (_pumping)
        {
            for (int i = 0; more && i < SlicesAtOnce; i++)
            {
                more = Slice(work);
            }
        }

        work.Run();
        return more;
    }
}
