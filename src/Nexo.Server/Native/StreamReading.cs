using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// One STREAM READ, which may wait for a first record. It is answered once: with records, with none when its time is up, or
/// with an error, such as that CANCEL has come.
/// </summary>
internal sealed class StreamReading(NativeConnection connection, uint correlation, ReadTerms terms) : WaitingRequest
{
    // 16 + 8 + 4.
    private const int FixedSize = 28;

    private readonly Lock _gate = new();
    private StreamFollower? _follower;
    private ITimer? _timer;
    private State _state = State.Ready;
    private bool _isLast;

    private enum State
    {
        /// <summary>It has a turn, or will have one.</summary>
        Ready,

        Running,

        /// <summary>There was nothing; the stream wakes it.</summary>
        Waiting,

        Answered,
    }

    public override void Start()
    {
        connection.CountSubscriber(1);
        connection.StreamReads.Add(this);
    }

    public override bool IsAllowed(Access access) => access.Allows(AccessBroker.Streams, AccessOperation.Read, terms.Stream);

    public override void Cancel()
    {
        lock (_gate)
        {
            // A read that is at it is answered with what it finds.
            _isLast = true;
            if (_state is State.Running or State.Answered)
            {
                return;
            }

            _state = State.Answered;
        }

        using var answer = new FrameBuffer();
        ErrorBody.WriteFrame(
            answer, Opcode.StreamRead, FrameKind.Error, correlation, ErrorCode.Cancelled, "Cancelled; nothing was read.");
        Finish(answer);
    }

    /// <summary>Its turn, on a pool thread.</summary>
    public void Run()
    {
        lock (_gate)
        {
            if (_state != State.Ready)
            {
                return;
            }

            _state = State.Running;
        }

        using var answer = new FrameBuffer();
        answer.Begin(Opcode.StreamRead, FrameKind.Reply, correlation);
        StreamReadReply.WriteStart(answer, default, continueAt: 0, count: 0);
        StreamStatus status = Read(answer, out StreamReadResult result);
        if (status == StreamStatus.Ok && result.Count == 0 && MayWait(result))
        {
            return;
        }

        if (status != StreamStatus.Ok || answer.BodyCount > connection.BodyBytesMax)
        {
            answer.Abandon();
            Fail(answer, status, result.Range);
        }
        else
        {
            StreamReadReply.PatchStart(answer, result.Range.ToWire(), (ulong)result.ContinueAt, (uint)result.Count);
            answer.End();
        }

        lock (_gate)
        {
            _state = State.Answered;
        }

        Finish(answer);
    }

    private StreamStatus Read(FrameBuffer answer, out StreamReadResult result)
    {
        StreamService streams = connection.Server.Streams;
        int bytesMax = (int)Math.Min(terms.BytesMax == 0 ? uint.MaxValue : terms.BytesMax, connection.BodyBytesMax - FixedSize);
        if (!terms.Waits)
        {
            var once = new StreamReadTerms
            {
                From = terms.From,
                Backward = terms.Backward,
                RecordsMax = terms.RecordsMax,
                BytesMax = bytesMax,
                Key = terms.Key,
            };
            return streams.Read(terms.Stream, once, answer, out result);
        }

        result = default;
        if (_follower is null)
        {
            StreamStatus status = streams.Follow(
                terms.Stream, terms.From, terms.Key, out _follower, out StreamRange range);
            result = result with { Range = range };
            if (status != StreamStatus.Ok)
            {
                return status;
            }
        }

        return _follower!.Read(terms.RecordsMax, bytesMax, answer, out result);
    }

    // False: it is to be answered as it is. Else it has another turn, at once or when there is something.
    private bool MayWait(in StreamReadResult result)
    {
        bool isBehind = terms.Waits && result.ContinueAt < result.Range.Next;
        lock (_gate)
        {
            if (!terms.Waits || _isLast)
            {
                return false;
            }

            _timer ??= connection.Server.Time.CreateTimer(
                static self => ((StreamReading)self!).GiveUp(),
                this,
                TimeSpan.FromMilliseconds(terms.WaitMs),
                Timeout.InfiniteTimeSpan);
            _state = State.Waiting;
            if (!isBehind && _follower!.TryWait(OnReadable))
            {
                return true;
            }

            _state = State.Ready;
        }

        connection.StreamReads.Add(this);
        return true;
    }

    private void OnReadable() => Wake(isLast: false);

    // What there is by now is still given.
    private void GiveUp() => Wake(isLast: true);

    private void Wake(bool isLast)
    {
        lock (_gate)
        {
            _isLast |= isLast;
            if (_state != State.Waiting)
            {
                return;
            }

            _follower!.EndWait();
            _state = State.Ready;
        }

        connection.StreamReads.Add(this);
    }

    private void Fail(FrameBuffer answer, StreamStatus status, in StreamRange range)
    {
        if (status == StreamStatus.Ok)
        {
            ErrorBody.WriteFrame(
                answer,
                Opcode.StreamRead,
                FrameKind.Error,
                correlation,
                ErrorCode.ReplyTooLarge,
                "The first record is larger than connections.frame-bytes-max allows a frame to be now.");
            return;
        }

        var head = new FrameHeader(0, Opcode.StreamRead, FrameKind.Error, FrameFlags.None, correlation);
        StreamFailures.WriteFrame(answer, head, status, range, connection.Server.Streams.Limits);
    }

    private void Finish(FrameBuffer answer)
    {
        _timer?.Dispose();
        _follower?.Dispose();
        connection.Complete(correlation, answer);
        connection.CountSubscriber(-1);
    }
}
