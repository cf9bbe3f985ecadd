using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// One STREAM TAIL. It goes through the stream in turns on pool threads: a turn reads some frames' worth of records, perhaps from
/// files, and gives each frame away as it was read. Without credits, without room on the connection and at the end of the stream it
/// rests, and costs nothing: who appends knows nothing of it but to wake it.
/// </summary>
internal sealed class StreamSubscription : OutboxSource, ISubscription, IThreadPoolWorkItem
{
    private const int FrameBytes = 64 * 1_024;

    // Then others on the pool have a turn.
    private const int TurnBytes = 1_024 * 1_024;

    // 8 + 4.
    private const int FixedSize = 12;

    private readonly NativeConnection _connection;
    private readonly uint _id;
    private readonly byte[] _stream;
    private readonly byte[] _key;
    private readonly StreamPlace _from;
    private readonly int _bytesMax;
    private readonly Action _onReadable;

    // Only of the turn.
    private readonly FrameBuffer _frame = new();
    private StreamFollower? _follower;

    // Under it the stream's lock is taken; it is taken under the outbox's.
    private readonly Lock _gate = new();
    private State _state = State.NotStarted;
    private ErrorCode _endCode;
    private string _endMessage = string.Empty;
    private uint _credits;
    private bool _isEnding;

    public StreamSubscription(NativeConnection connection, uint id, scoped in StreamTailRequest request)
    {
        _connection = connection;
        _id = id;
        _stream = request.Stream.ToArray();
        _key = request.Key.ToArray();
        _from = request.From.ToEngine();
        _credits = request.Credits;
        _onReadable = () => Wake(State.AtEnd);

        int room = connection.BodyBytesMax - FixedSize;
        _bytesMax = (int)Math.Min(request.BytesMax == 0 ? FrameBytes : request.BytesMax, room);
    }

    private enum State
    {
        NotStarted,

        /// <summary>It has a turn, or will have one.</summary>
        Running,

        WithoutCredits,
        WithoutRoom,

        /// <summary>Where there is nothing more to be read yet.</summary>
        AtEnd,

        Ended,
    }

    /// <summary>Finds the place, and answers the request; false: with a refusal, and nothing was opened.</summary>
    public bool TryOpen(in Request request)
    {
        StreamStatus status = request.Streams.Follow(_stream, _from, _key, out _follower, out StreamRange range);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.FailPlace(request, status, range);
            return false;
        }

        FrameBuffer reply = request.BeginReply();
        range.ToWire().Write(reply);
        reply.End();
        return true;
    }

    public bool IsAllowed(Access access) => access.Allows(AccessBroker.Streams, AccessOperation.Read, _stream);

    public void Start()
    {
        _connection.CountSubscriber(1);
        Wake(State.NotStarted);
    }

    public void AddCredits(uint credits)
    {
        lock (_gate)
        {
            _credits = Math.Min(_credits + credits, CreditNotice.CreditsMax);
        }

        Wake(State.WithoutCredits);
    }

    public void End(ErrorCode code, string message)
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
            if (_state is State.NotStarted or State.Running or State.Ended)
            {
                // Its turn sees it.
                return;
            }

            _state = State.Running;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>A turn.</summary>
    public void Execute()
    {
        if (_follower is null && !TryOpen())
        {
            return;
        }

        int bytes = 0;
        while (bytes < TurnBytes)
        {
            if (!TryBegin(out uint credits) || !TryPush(credits, ref bytes))
            {
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>There is room: reading is for a turn, not for who sends.</summary>
    protected internal override bool Fill()
    {
        Wake(State.WithoutRoom);
        return false;
    }

    protected internal override void CloseFrame(FrameBuffer frames)
    {
        // It leaves none open there.
    }

    private void Wake(State from)
    {
        lock (_gate)
        {
            if (_state != from)
            {
                return;
            }

            _state = State.Running;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Finds the place, and answers the request, beside.</summary>
    private bool TryOpen()
    {
        StreamService streams = _connection.Server.Streams;
        StreamStatus status = streams.Follow(_stream, _from, _key, out _follower, out StreamRange range);
        if (status != StreamStatus.Ok)
        {
            Fail(FrameKind.Error, status, range);
            return false;
        }

        _frame.Begin(Opcode.StreamTail, FrameKind.Reply, _id);
        range.ToWire().Write(_frame);
        _frame.End();
        _connection.Post(_frame);
        return true;
    }

    /// <summary>False: it rests, or has ended.</summary>
    private bool TryBegin(out uint credits)
    {
        lock (_connection.Outbox.Gate)
        {
            lock (_gate)
            {
                credits = _credits;
                if (!_isEnding)
                {
                    return (credits > 0 && _connection.Outbox.HasRoom) || !Rest();
                }
            }
        }

        ErrorBody.WriteFrame(_frame, Opcode.StreamTail, FrameKind.End, _id, _endCode, _endMessage);
        Complete();
        return false;
    }

    // Under both locks. Most tails rest most of the time, so the array goes back to the pool.
    private bool Rest()
    {
        _frame.Dispose();
        _state = _credits == 0 ? State.WithoutCredits : State.WithoutRoom;
        if (_state == State.WithoutRoom)
        {
            // Where the outbox has closed nobody comes back but the connection's end.
            _connection.Outbox.Wait(this);
        }

        return true;
    }

    /// <summary>Reads and sends a frame; false: it rests, or has ended.</summary>
    private bool TryPush(uint credits, ref int bytes)
    {
        _frame.Begin(Opcode.StreamTail, FrameKind.Push, _id);
        StreamTailPush.WriteStart(_frame, continueAt: 0, count: 0);
        StreamStatus status = _follower!.Read(
            (int)Math.Min(credits, int.MaxValue), _bytesMax, _frame, out StreamReadResult result);
        if (status != StreamStatus.Ok || _frame.BodyCount > _connection.BodyBytesMax)
        {
            _frame.Abandon();
            Fail(FrameKind.End, status, result.Range);
            return false;
        }

        if (result.Count == 0)
        {
            // Of a key's records there may be none in what one read looks through.
            _frame.Abandon();
            bytes += FrameBytes;
            return result.ContinueAt < result.Range.Next || !TryRestAtEnd();
        }

        StreamTailPush.PatchStart(_frame, (ulong)result.ContinueAt, (uint)result.Count);
        _frame.End();
        bytes += _frame.Count;
        lock (_gate)
        {
            _credits -= (uint)result.Count;
        }

        _connection.Post(_frame);
        return true;
    }

    private bool TryRestAtEnd()
    {
        _frame.Dispose();
        lock (_gate)
        {
            if (_isEnding)
            {
                return false;
            }

            bool rests = _follower!.TryWait(_onReadable);
            _state = rests ? State.AtEnd : State.Running;
            return rests;
        }
    }

    private void Fail(FrameKind kind, StreamStatus status, in StreamRange range)
    {
        if (status == StreamStatus.Ok)
        {
            ErrorBody.WriteFrame(
                _frame,
                Opcode.StreamTail,
                kind,
                _id,
                ErrorCode.ReplyTooLarge,
                "The next record is larger than connections.frame-bytes-max allows a frame to be now.");
        }
        else
        {
            var head = new FrameHeader(0, Opcode.StreamTail, kind, FrameFlags.None, _id);
            StreamFailures.WriteFrame(_frame, head, status, range, _connection.Server.Streams.Limits);
        }

        Complete();
    }

    private void Complete()
    {
        lock (_gate)
        {
            _state = State.Ended;
        }

        _follower?.Dispose();
        _connection.Complete(_id, _frame);
        _frame.Dispose();
        _connection.CountSubscriber(-1);
    }
}
