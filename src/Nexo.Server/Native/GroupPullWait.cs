using System.Buffers.Binary;
using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// One GROUP PULL. It is answered once: with records, with none when its time is up, or with an error. Records that were given to
/// it are always answered. While the client does not take its answers it takes none.
/// </summary>
internal sealed class GroupPullWait : WaitingRequest, IThreadPoolWorkItem, IStreamGroupSink
{
    private readonly NativeConnection _connection;
    private readonly uint _correlation;
    private readonly byte[] _stream;
    private readonly byte[] _group;
    private readonly ulong _member;
    private readonly ulong _epoch;
    private readonly int _recordsMax;
    private readonly int _bytesMax;
    private readonly uint _waitMs;

    private readonly Lock _gate = new();

    // Of the gate; written once, and sent by who has set `_isAnswered`.
    private readonly FrameBuffer _answer = new();
    private StreamGroupPull? _pull;
    private ITimer? _timer;
    private ulong _epochNow;
    private ErrorCode _giveUpWith;
    private volatile bool _givesUp;
    private bool _isDelivered;
    private bool _isAnswered;

    public GroupPullWait(NativeConnection connection, uint correlation, scoped in GroupPullRequest request)
    {
        _connection = connection;
        _correlation = correlation;
        _stream = request.Stream.ToArray();
        _group = request.Group.ToArray();
        _member = request.Member;
        _epoch = request.Epoch;
        _epochNow = request.Epoch;
        _recordsMax = (int)Math.Min(request.RecordsMax, int.MaxValue);
        _bytesMax = GroupSubscription.BytesMaxOf(connection, request.BytesMax);
        _waitMs = request.WaitMs;
    }

    // It has been asked before it took anything.
    public bool IsCongested => false;

    public override void Start()
    {
        _connection.CountSubscriber(1);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public override bool IsAllowed(Access access) => access.Allows(AccessBroker.Streams, AccessOperation.Consume, _stream);

    public override void Cancel() => GiveUp(ErrorCode.Cancelled);

    public void Execute()
    {
        if (_connection.BytesPending > _connection.Server.Options.ReplyBytesMax)
        {
            _ = GoOnWhenTakenAsync();
            return;
        }

        if (_givesUp)
        {
            AnswerEmptyUnlessDelivered(_epoch);
            return;
        }

        StreamStatus status = _connection.Server.Streams.PullGroup(
            _stream,
            _group,
            _member,
            _epoch,
            _recordsMax,
            _bytesMax,
            this,
            mayWait: _waitMs > 0,
            out StreamGroupPull? pull,
            out StreamGroupSettled settled);
        if (status != StreamStatus.Ok)
        {
            Answer(status, settled.Epoch);
        }
        else if (pull is null)
        {
            // What was delivered is answered by the flush; else nothing was there, or it is on standby.
            AnswerEmptyUnlessDelivered(settled.Epoch);
        }
        else
        {
            Wait(pull, settled.Epoch);
        }
    }

    public void Deliver(in StreamGroupRecords records)
    {
        lock (_gate)
        {
            _isDelivered = true;
            if (GroupSubscription.TryWriteDelivery(
                _answer, _connection.BodyBytesMax, Opcode.GroupPull, FrameKind.Reply, _correlation, records))
            {
                return;
            }

            ErrorBody.WriteFrame(
                _answer,
                Opcode.GroupPull,
                FrameKind.Error,
                _correlation,
                ErrorCode.ReplyTooLarge,
                GroupSubscription.TooLargeMessage);
        }

        // What it could not be given is not to be passed over: it comes again, to whoever is a member then.
        ThreadPool.UnsafeQueueUserWorkItem(
            static self => self._connection.Server.Streams.LeaveGroup(self._stream, self._group, self._member, out _),
            this,
            preferLocal: false);
    }

    public void OnState(in StreamGroupState state)
    {
    }

    public void Flush()
    {
        lock (_gate)
        {
            if (!_isDelivered || _isAnswered)
            {
                return;
            }

            _isAnswered = true;
        }

        Finish();
    }

    public void OnEnd(StreamStatus why) => Answer(why == StreamStatus.Ok ? StreamStatus.MemberFenced : why, _epochNow);

    private async Task GoOnWhenTakenAsync()
    {
        await _connection.WhenTakenAsync();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Wait(StreamGroupPull pull, ulong epoch)
    {
        bool givesUp;
        lock (_gate)
        {
            _pull = pull;
            _epochNow = epoch;
            givesUp = _givesUp;
            if (!_isAnswered && !givesUp)
            {
                _timer = _connection.Server.Time.CreateTimer(
                    static self => ((GroupPullWait)self!).GiveUp(ErrorCode.None),
                    this,
                    TimeSpan.FromMilliseconds(_waitMs),
                    Timeout.InfiniteTimeSpan);
            }
        }

        if (givesUp)
        {
            GiveUp(_giveUpWith);
        }
    }

    // Only if nothing was given to it, and nothing will be.
    private void GiveUp(ErrorCode code)
    {
        StreamGroupPull? pull;
        lock (_gate)
        {
            if (_isAnswered)
            {
                return;
            }

            pull = _pull;
            if (!_givesUp)
            {
                _giveUpWith = code;
                _givesUp = true;
            }
        }

        if (pull?.End() == true)
        {
            AnswerEmptyUnlessDelivered(_epochNow);
        }
    }

    private void AnswerEmptyUnlessDelivered(ulong epoch)
    {
        lock (_gate)
        {
            if (_isAnswered || _isDelivered)
            {
                return;
            }

            _isAnswered = true;
            if (_giveUpWith != ErrorCode.None)
            {
                ErrorBody.WriteFrame(
                    _answer, Opcode.GroupPull, FrameKind.Error, _correlation, _giveUpWith, "Cancelled; no record was taken.");
            }
            else
            {
                _answer.Begin(Opcode.GroupPull, FrameKind.Reply, _correlation);
                GroupDelivery.WriteStart(_answer, epoch, count: 0, isLeased: false);
                _answer.End();
            }
        }

        Finish();
    }

    private void Answer(StreamStatus status, ulong epoch)
    {
        lock (_gate)
        {
            if (_isAnswered || _isDelivered)
            {
                return;
            }

            _isAnswered = true;
            Span<byte> detail = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(detail, epoch);
            _answer.Begin(Opcode.GroupPull, FrameKind.Error, _correlation);
            ErrorBody.Write(
                _answer,
                StreamFailures.CodeOf(status),
                StreamFailures.MessageOf(status, _connection.Server.Streams.Limits),
                status == StreamStatus.MemberFenced ? detail : default);
            _answer.End();
        }

        Finish();
    }

    private void Finish()
    {
        lock (_gate)
        {
            _timer?.Dispose();
        }

        _connection.Complete(_correlation, _answer);
        _answer.Dispose();
        _connection.CountSubscriber(-1);
    }
}
