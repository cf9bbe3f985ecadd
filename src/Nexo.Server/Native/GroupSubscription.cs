using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// One GROUP JOIN. The engine calls <see cref="Deliver"/> and <see cref="OnState"/> under the group's lock, so records are only copied
/// there; <see cref="Flush"/>, without any lock, hands the frames to the connection. While that does not take them the group gives
/// nothing more, so what lies here is bounded.
/// </summary>
/// <param name="connection">Where the records go.</param>
/// <param name="id">The correlation of the request.</param>
/// <param name="credits">The first ones.</param>
internal sealed class GroupSubscription(NativeConnection connection, uint id, uint credits)
    : OutboxSource, ISubscription, IStreamGroupSink
{
    // What may lie here before the group waits for its flush.
    private const int QueuedBytesMax = 256 * 1_024;

    public const string TooLargeMessage = "The next record is larger than connections.frame-bytes-max allows a frame to be now.";

    // Records of one delivery, with a lease each.
    private const int DeliveryRecordsMost = 1_024;

    private readonly Lock _gate = new();
    private FrameBuffer _queued = new();

    // Only whoever is posting touches it, and there is never more than one.
    private FrameBuffer _sending = new();
    private byte[] _stream = [];
    private StreamGroupMember? _member;
    private uint _credits = credits;
    private string _endMessage = string.Empty;
    private ErrorCode _endCode;
    private bool _resumesAfterFlush;
    private bool _isStarted;
    private bool _isPosting;
    private bool _isEnding;

    public bool IsCongested
    {
        get
        {
            lock (_gate)
            {
                if (_queued.Count > QueuedBytesMax)
                {
                    _resumesAfterFlush = true;
                    return true;
                }
            }

            lock (connection.Outbox.Gate)
            {
                if (connection.Outbox.HasRoom)
                {
                    return false;
                }

                connection.Outbox.Wait(this);
                return true;
            }
        }
    }

    /// <summary>What the records of a frame may have, together with what else is in it; 0 stays what it is.</summary>
    public static int BytesMaxOf(NativeConnection connection, uint wanted)
    {
        int beside = GroupDelivery.StartSize + (DeliveryRecordsMost * GroupDelivery.LeaseSize);
        return (int)Math.Min(wanted, (uint)(connection.BodyBytesMax - beside));
    }

    public StreamStatus Open(
        ReadOnlySpan<byte> stream,
        ReadOnlySpan<byte> group,
        StreamMemberOptions options,
        out StreamGroupMember? member,
        out bool waits)
    {
        _stream = stream.ToArray();
        StreamStatus status = connection.Server.Streams.JoinGroup(stream, group, this, options, out member, out waits);
        if (status == StreamStatus.Ok)
        {
            _member = member;
            connection.Members.Add(member!);
        }

        return status;
    }

    public bool IsAllowed(Access access) => access.Allows(AccessBroker.Streams, AccessOperation.Consume, _stream);

    /// <summary>Records flow from now on: not on this thread, which may be the one that wakes all who wait for the log.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static self => self.Begin(), this, preferLocal: false);

    public void AddCredits(uint credits)
    {
        lock (_gate)
        {
            if (!_isStarted)
            {
                _credits = Math.Min(_credits + credits, CreditNotice.CreditsMax);
                return;
            }
        }

        _member!.AddCredits(credits);
    }

    public void Deliver(in StreamGroupRecords records)
    {
        lock (_gate)
        {
            if (_isEnding || TryWriteDelivery(_queued, connection.BodyBytesMax, Opcode.GroupJoin, FrameKind.Push, id, records))
            {
                return;
            }
        }

        // Not under the group's lock: it leaves, and others meet the same.
        ThreadPool.UnsafeQueueUserWorkItem(
            static self => self.End(ErrorCode.ReplyTooLarge, TooLargeMessage), this, preferLocal: false);
    }

    public void OnState(in StreamGroupState state)
    {
        lock (_gate)
        {
            if (!_isEnding)
            {
                _queued.Begin(Opcode.GroupJoin, FrameKind.Notice, id);
                state.ToWire().Write(_queued);
                _queued.End();
            }
        }
    }

    public void Flush()
    {
        if (!TryBeginPosting())
        {
            return;
        }

        while (TryTake())
        {
            connection.Post(_sending);
        }

        bool resumes;
        lock (_gate)
        {
            resumes = _resumesAfterFlush;
            _resumesAfterFlush = false;
        }

        if (resumes)
        {
            ResumeSoon();
        }
    }

    public void OnEnd(StreamStatus why)
    {
        if (_member is { } member)
        {
            connection.Members.Remove(member);
        }

        bool isWanted = why == StreamStatus.Ok;
        EndWith(
            StreamFailures.CodeOf(why),
            isWanted ? string.Empty : StreamFailures.MessageOf(why, connection.Server.Streams.Limits));
    }

    /// <summary>
    /// Nothing is delivered any more. With <see cref="ErrorCode.None"/> it is its client's wish, and it stays a member until it leaves;
    /// else another one takes over.
    /// </summary>
    public void End(ErrorCode code, string message)
    {
        if (_member is not { } member)
        {
            return;
        }

        if (code == ErrorCode.None)
        {
            member.Stop();
        }
        else
        {
            connection.Members.Remove(member);
            member.Dispose();
        }

        EndWith(code, message);
    }

    /// <summary>Writes records as one frame; false, and nothing was written: they are more than that may hold.</summary>
    public static bool TryWriteDelivery(
        FrameBuffer target, int bodyBytesMax, Opcode opcode, FrameKind kind, uint correlation, scoped in StreamGroupRecords records)
    {
        if (records.Records.Length + GroupDelivery.StartSize + (records.Leases.Length * GroupDelivery.LeaseSize) > bodyBytesMax)
        {
            return false;
        }

        target.Begin(opcode, kind, correlation);
        GroupDelivery.WriteStart(target, records.Epoch, (uint)records.Count, isLeased: !records.Leases.IsEmpty);
        foreach (StreamGroupLease lease in records.Leases)
        {
            GroupDelivery.WriteLease(target, lease.Lease, lease.Attempt);
        }

        target.Write(records.Records);
        target.End();
        return true;
    }

    protected internal override bool Fill()
    {
        ResumeSoon();
        return false;
    }

    protected internal override void CloseFrame(FrameBuffer frames)
    {
        // It leaves none open there.
    }

    private void Begin()
    {
        uint credits;
        lock (_gate)
        {
            _isStarted = true;
            credits = _credits;
        }

        if (credits > 0)
        {
            _member!.AddCredits(credits);
        }

        // What it was told before, and its end if there was one.
        Flush();
    }

    // The group's lock is taken there, which is held where this may be asked for.
    private void ResumeSoon() =>
        ThreadPool.UnsafeQueueUserWorkItem(static self => self._member?.Resume(), this, preferLocal: false);

    private void EndWith(ErrorCode code, string message)
    {
        lock (_gate)
        {
            if (_isEnding)
            {
                return;
            }

            _isEnding = true;
            _endCode = code;
            _endMessage = message;
        }

        Flush();
    }

    /// <summary>True when the caller alone posts from now on, until there is nothing to take.</summary>
    private bool TryBeginPosting()
    {
        lock (_gate)
        {
            bool isFree = _isStarted && !_isPosting;
            _isPosting |= isFree;
            return isFree;
        }
    }

    /// <summary>Takes what there is now; false: that was all, and the caller posts no more.</summary>
    private bool TryTake()
    {
        lock (_gate)
        {
            if (!_queued.IsEmpty)
            {
                (_queued, _sending) = (_sending, _queued);
                return true;
            }

            // The arrays go back to the pool: most members have nothing most of the time.
            _queued.Dispose();
            _sending.Dispose();
            if (!_isEnding)
            {
                _isPosting = false;
                return false;
            }
        }

        // `_isPosting` stays set: nobody posts after this.
        ErrorBody.WriteFrame(_sending, Opcode.GroupJoin, FrameKind.End, id, _endCode, _endMessage);
        connection.Complete(id, _sending);
        _sending.Dispose();
        return false;
    }
}
