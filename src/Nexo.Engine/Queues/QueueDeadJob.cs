namespace Nexo.Engine.Queues;

/// <summary>Goes over the dead letters of a queue in bounded slices. For one thread at a time.</summary>
public sealed class QueueDeadJob
{
    private readonly QueueService _service;
    private readonly Queue _queue;
    private readonly QueueDeadAction _action;
    private readonly DeadWalk _walk;
    private readonly byte[] _target;
    private long _left;
    private bool _ended;

    internal QueueDeadJob(
        QueueService service,
        Queue queue,
        QueueDeadAction action,
        QueueDeadFilter filter,
        ReadOnlySpan<byte> target,
        long messagesMax)
    {
        _service = service;
        _queue = queue;
        _action = action;

        // What dies while the job runs is not its: a redrive to a queue that fails again at once would not end.
        _walk = new DeadWalk(filter, afterId: 0, queue.NextIdUnderLock());
        _target = target.ToArray();
        _left = messagesMax == 0 ? long.MaxValue : messagesMax;
    }

    /// <summary>Counted, moved or deleted so far.</summary>
    public long Done { get; private set; }

    /// <summary>Why it ended early: the disk is full, a target is full, paused or not there; else Ok.</summary>
    public QueueStatus Status { get; private set; }

    /// <summary>True when the answer must wait until the log is durable.</summary>
    public bool Waits { get; private set; }

    /// <summary>
    /// Does a slice of at most so many messages, and perhaps fewer; false when it was the last. Run <paramref name="work"/> afterwards.
    /// </summary>
    public bool MoveNext(int messagesMax, QueueWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfLessThan(messagesMax, 1);
        if (_ended)
        {
            return false;
        }

        int slice = (int)Math.Min(messagesMax, _left);
        long done = Done;
        bool waits = Waits;
        QueueStatus status = QueueStatus.Ok;
        bool more = _action == QueueDeadAction.Redrive
            ? _service.RedriveSome(_queue, _walk, _target, slice, work, ref done, ref status, ref waits)
            : _queue.DeadSome(_walk, _action == QueueDeadAction.Delete, slice, ref done, ref status, ref waits);
        _left -= done - Done;
        Done = done;
        Status = status;
        Waits = waits;
        _ended = !more || status != QueueStatus.Ok || _left == 0;
        return !_ended;
    }
}
