using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// A QUEUE PULL that waits for a first message. It is answered once: with messages, with none when its time is up or CANCEL
/// has come, or with an error. A message that it has taken is always answered, or, when the connection has ended, given back.
/// While the client does not take its answers it takes no message: others get them.
/// </summary>
internal sealed class QueuePullWait(
    NativeConnection connection, uint correlation, byte[] queue, PullTerms terms, QueueConsumer consumer, uint waitMs)
    : WaitingRequest, IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private IDisposable? _wait;
    private ITimer? _timer;
    private State _state = State.Waiting;
    private ErrorCode _giveUpWith;
    private int _round;

    private enum State
    {
        Waiting,

        /// <summary>It looks for messages: whoever wants to end it leaves that to this look.</summary>
        Looking,

        /// <summary>It looks for messages for the last time.</summary>
        LookingLast,

        Answered,
    }

    public override void Start()
    {
        lock (_gate)
        {
            if (_state == State.Waiting)
            {
                _timer = connection.Server.Time.CreateTimer(
                    static self => ((QueuePullWait)self!).GiveUp(ErrorCode.None),
                    this,
                    TimeSpan.FromMilliseconds(waitMs),
                    Timeout.InfiniteTimeSpan);
            }
        }

        Await();
    }

    public override bool IsAllowed(Access access) => access.Allows(AccessBroker.Queue, AccessOperation.Consume, queue);

    public override void Cancel() => GiveUp(ErrorCode.Cancelled);

    /// <summary>There may be a message: looks for it, on a pool thread.</summary>
    public void Execute()
    {
        if (connection.BytesPending > connection.Server.Options.ReplyBytesMax)
        {
            _ = AwaitWhenTakenAsync();
            return;
        }

        lock (_gate)
        {
            if (_state != State.Waiting)
            {
                // Its wait has been disposed of, or will be: that passes the wake-up on.
                return;
            }

            _state = State.Looking;
        }

        if (Look(out bool waits) is { } answer)
        {
            _ = FinishAsync(answer, waits);
        }
        else
        {
            Await();
        }
    }

    /// <summary>Takes what is there; null: there is nothing, and it goes on waiting.</summary>
    private FrameBuffer? Look(out bool waits)
    {
        var answer = new FrameBuffer();
        answer.Begin(Opcode.QueuePull, FrameKind.Reply, correlation);
        QueueStatus status = terms.TryPull(consumer, answer, out int count, out waits);
        if (status == QueueStatus.Ok && count == 0 && TryGoOnWaiting())
        {
            answer.Dispose();
            return null;
        }

        if (status != QueueStatus.Ok)
        {
            answer.Abandon();
            Fail(answer, QueueFailures.CodeOf(status), QueueFailures.MessageOf(status, connection.Server.QueueLimits));
        }
        else if (count == 0 && _giveUpWith != ErrorCode.None)
        {
            answer.Abandon();
            FailCancelled(answer);
        }
        else
        {
            answer.End();
        }

        return answer;
    }

    // Where there are messages by now, it is woken before this has come to its end, and may be waiting again by then.
    private void Await()
    {
        int round;
        lock (_gate)
        {
            if (_state == State.Answered)
            {
                return;
            }

            round = ++_round;
        }

        IDisposable wait = consumer.WhenReady(() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false));
        lock (_gate)
        {
            if (_state != State.Answered && _round == round)
            {
                _wait = wait;
                return;
            }
        }

        wait.Dispose();
    }

    private async Task AwaitWhenTakenAsync()
    {
        IDisposable? wait;
        lock (_gate)
        {
            // Where it is not kept yet, who made it finds that the round is another and disposes of it.
            _round++;
            wait = _wait;
            _wait = null;
        }

        // Passes the wake-up on.
        wait?.Dispose();
        await connection.WhenTakenAsync();
        Await();
    }

    private bool TryGoOnWaiting()
    {
        lock (_gate)
        {
            bool goesOn = _state == State.Looking;
            _state = goesOn ? State.Waiting : State.Answered;
            return goesOn;
        }
    }

    private void GiveUp(ErrorCode code)
    {
        lock (_gate)
        {
            if (_state is not (State.Waiting or State.Looking))
            {
                return;
            }

            _giveUpWith = code;
            bool isLooking = _state == State.Looking;
            _state = isLooking ? State.LookingLast : State.Answered;
            if (isLooking)
            {
                return;
            }
        }

        var answer = new FrameBuffer();
        if (code == ErrorCode.None)
        {
            answer.Begin(Opcode.QueuePull, FrameKind.Reply, correlation);
            DeliveryList.WriteStart(answer, count: 0);
            answer.End();
        }
        else
        {
            FailCancelled(answer);
        }

        _ = FinishAsync(answer, waits: false);
    }

    private async Task FinishAsync(FrameBuffer answer, bool waits)
    {
        IDisposable? wait;
        lock (_gate)
        {
            _state = State.Answered;
            wait = _wait;
            _timer?.Dispose();
        }

        wait?.Dispose();

        if (waits && !await connection.Server.Persistence.FlushAsync())
        {
            answer.Clear();
            Fail(answer, ErrorCode.StorageFailed, HeldReplies.FailedMessage);
        }

        connection.Consumers.CountWait(consumer, change: -1);
        connection.Complete(correlation, answer);
        answer.Dispose();
    }

    private void FailCancelled(FrameBuffer answer) => Fail(answer, ErrorCode.Cancelled, "Cancelled; no message was taken.");

    private void Fail(FrameBuffer answer, ErrorCode code, string message) =>
        ErrorBody.WriteFrame(answer, Opcode.QueuePull, FrameKind.Error, correlation, code, message);
}
