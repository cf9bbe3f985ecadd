using Nexo.Engine.Queues;
using Nexo.Protocol;
using Nexo.Server.Connections;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>
/// One QUEUE CONSUME. The engine calls <see cref="Deliver"/> under a queue's lock, so a message is only copied there, many to
/// a frame; <see cref="Flush"/>, without any lock, hands the frames to the connection. While that does not take them, the
/// queue is told so and gives its messages to others, so what lies here is bounded.
/// </summary>
/// <param name="connection">Where the messages go.</param>
/// <param name="id">The correlation of the request.</param>
/// <param name="credits">The first ones.</param>
internal sealed class QueueSubscription(NativeConnection connection, uint id, uint credits)
    : ISubscription, IQueueSink, IThreadPoolWorkItem
{
    // A frame is closed when it has this much, so that the client sees the first messages while the others come.
    private const int FrameBytes = 64 * 1_024;

    // What may lie here and on the connection before the queue gives its messages to others.
    private const int UnsentBytesMax = 256 * 1_024;

    private readonly Lock _gate = new();
    private readonly DeliveryFrames _queued = new(connection.BodyBytesMax, FrameBytes);

    // Only whoever is posting touches it, and there is never more than one.
    private FrameBuffer _sending = new();
    private byte[] _queue = [];
    private QueueConsumer? _consumer;
    private uint _credits = credits;
    private int _queuedBytes;
    private string _endMessage = string.Empty;
    private ErrorCode _endCode;
    private int _waitsForRoom;
    private bool _isSettledByDelivery;
    private bool _isStarted;
    private bool _isPosting;
    private bool _isEnding;
    private bool _isStopped;

    /// <summary>
    /// True when there is no room for more. It is asked before every message, so it looks at the connection only once a frame.
    /// </summary>
    public bool IsCongested => IsCongestedAt(Volatile.Read(ref _queuedBytes));

    /// <summary>
    /// <see cref="IsCongested"/> of who has seen so many bytes here, which another thread may have posted by now.
    /// </summary>
    internal bool IsCongestedAt(int queued)
    {
        if (queued is > 0 and < FrameBytes)
        {
            return false;
        }

        if (queued + connection.BytesPending <= UnsentBytesMax)
        {
            return false;
        }

        // A flush that goes on or follows looks again. Who has ended his last one did so under the lock, maybe before the
        // line above: so it is asked after it, and not of `queued`, which may be old.
        if (Interlocked.Exchange(ref _waitsForRoom, 1) == 0 && !IsFlushExpected())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    public QueueStatus Open(QueueService queues, ReadOnlySpan<byte> queue, QueueConsumerOptions options)
    {
        _queue = queue.ToArray();
        QueueStatus status = queues.Consume(queue, this, options, out _consumer);
        if (status == QueueStatus.Ok)
        {
            _isSettledByDelivery = options.SettledByDelivery;
            connection.Consumers.Add(_consumer!);
        }

        return status;
    }

    public bool IsAllowed(Access access) => access.Allows(AccessBroker.Queue, AccessOperation.Consume, _queue);

    /// <summary>Messages flow from now on: not on this thread, which may be the one that wakes all who wait for the log.</summary>
    public void Start() =>
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.Begin(), this, preferLocal: false);

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

        // CREDIT is read by the connection's own thread, whose work this is.
        _consumer!.AddCredits(credits, connection.QueueWork);
    }

    public void Deliver(in QueueDelivery delivery)
    {
        lock (_gate)
        {
            _queued.Add(id, delivery);
            Volatile.Write(ref _queuedBytes, _queued.Bytes);
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
            // What is settled by its delivery must be durable before it leaves: so it never comes twice.
            if (_isSettledByDelivery && _consumer!.WaitsForLog())
            {
                _ = PostDurableAsync();
                return;
            }

            connection.Post(_sending);
        }

        ResumeIfCongested();
    }

    /// <summary>The queue was deleted.</summary>
    public void OnEnd(QueueStatus why) => End(ErrorCode.QueueNotFound, "The queue was deleted.");

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
        }

        // Once this has returned, nothing is delivered any more: the last frame can be written.
        if (_consumer is { } consumer)
        {
            connection.Consumers.Stop(consumer);
        }

        lock (_gate)
        {
            _isStopped = true;
        }

        Flush();
    }

    /// <summary>There was no room: waits until there is some, then lets the queue go on.</summary>
    public void Execute() => _ = ResumeWhenTakenAsync();

    private void Begin()
    {
        uint credits;
        lock (_gate)
        {
            _isStarted = true;
            credits = _credits;
        }

        var work = new QueueWork();
        if (credits > 0)
        {
            _consumer!.AddCredits(credits, work);
            work.Run();
        }

        // It may have been ended before it began.
        Flush();
    }

    private async Task ResumeWhenTakenAsync()
    {
        await connection.WhenTakenAsync();
        Volatile.Write(ref _waitsForRoom, 0);
        var work = new QueueWork();
        _consumer!.Resume(work);
        work.Run();
    }

    private bool IsFlushExpected()
    {
        lock (_gate)
        {
            return _isPosting || _queued.Bytes > 0;
        }
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
            if (_queued.TryTake(ref _sending))
            {
                Volatile.Write(ref _queuedBytes, 0);
                return true;
            }

            // The array goes back to the pool: most consumers have nothing most of the time.
            _sending.Dispose();
            if (!_isStopped)
            {
                _isPosting = false;
                return false;
            }
        }

        // `_isPosting` stays set: nobody posts after this.
        ErrorBody.WriteFrame(_sending, Opcode.QueueConsume, FrameKind.End, id, _endCode, _endMessage);
        connection.Complete(id, _sending);
        _sending.Dispose();
        return false;
    }

    /// <summary>Posts what was taken, and all that comes meanwhile, each when it is durable.</summary>
    private async Task PostDurableAsync()
    {
        do
        {
            // A delivery that is going on has put messages here, and appends to the log that they are settled at its end.
            _consumer!.WaitsForLog();
            if (await connection.Server.Persistence.FlushAsync())
            {
                connection.Post(_sending);
            }
            else
            {
                _sending.Clear();
                End(ErrorCode.StorageFailed, HeldReplies.FailedMessage);
            }
        }
        while (TryTake());

        ResumeIfCongested();
    }

    private void ResumeIfCongested()
    {
        if (Volatile.Read(ref _waitsForRoom) != 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
