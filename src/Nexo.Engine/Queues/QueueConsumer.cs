namespace Nexo.Engine.Queues;

/// <summary>
/// Somebody who takes messages of one queue: by credits, as they come, or by pulls. All members are thread-safe. Disposing of it gives
/// back at once, in their order, what it has not settled.
/// </summary>
public sealed class QueueConsumer : IDisposable
{
    internal const int InNoList = -1;
    internal const long CreditsMax = 1_000_000;

    private readonly Queue _queue;

    internal QueueConsumer(Queue queue, uint number, IQueueSink sink, QueueConsumerOptions options)
    {
        _queue = queue;
        Number = number;
        Sink = sink;
        Options = options;
    }

    /// <summary>Messages that it has and has not settled.</summary>
    public int Unsettled => Volatile.Read(ref Load);

    internal IQueueSink Sink { get; }

    internal QueueConsumerOptions Options { get; }

    /// <summary>Its place among the queue's consumers.</summary>
    internal uint Number { get; }

    // What follows is the queue's, and guarded by its shard's lock.
    internal long Credits { get; set; }

    /// <summary>Its connection was congested: nothing comes until it resumes.</summary>
    internal bool Parked { get; set; }

    /// <summary>It takes no more; what it has stays its.</summary>
    internal bool Stopped { get; set; }

    internal bool Closed { get; set; }

    /// <summary>It is gone, and the first of its messages was told.</summary>
    internal bool HasLost { get; set; }

    /// <summary>Its unsettled messages, in the order of their deliveries.</summary>
    internal uint First { get; set; }

    internal uint Last { get; set; }

    internal QueueConsumer? LoadNext { get; set; }

    internal QueueConsumer? LoadPrev { get; set; }

    internal int LoadList { get; set; } = InNoList;

    /// <summary>The hold of the lock in which it last got something.</summary>
    internal long TouchedAt { get; set; }

    /// <summary>Its waiters that were woken and have not pulled yet.</summary>
    internal int Woken { get; set; }

    /// <summary>Its waiters that have not been woken.</summary>
    internal int Waiting { get; set; }

    /// <summary>It is one of the queue's consumers, as they are counted.</summary>
    internal bool Counts { get; set; }

    internal bool ShouldCount => !Stopped && (!Options.PullsOnly || Waiting + Woken + Load > 0);

    /// <summary>As <see cref="Unsettled"/>.</summary>
    internal int Load;

    internal bool CanTake => Credits > 0 && !Parked && !Stopped && !Closed;

    /// <summary>
    /// Whether what is settled by its delivery is sent when the log is durable, as its queue is set now. A delivery that is going on is
    /// waited for, so what it settles has been appended by then: not to be asked by a sink under its queue's lock.
    /// </summary>
    public bool WaitsForLog() => _queue.WaitsForLog();

    /// <summary>Lets so many more messages come, up to a million in all. None comes before the first call.</summary>
    public void AddCredits(uint credits, QueueWork work) => _queue.AddCredits(this, credits, work);

    /// <summary>The connection has room again after it was congested.</summary>
    public void Resume(QueueWork work) => _queue.ResumeConsumer(this, work);

    /// <summary>Takes up to so many messages that are there now.</summary>
    /// <param name="messagesMax">At least 1.</param>
    /// <param name="leaseMs">0: the queue's.</param>
    /// <param name="settled">True: settled by this delivery.</param>
    /// <param name="deliveries">Where they go.</param>
    /// <param name="count">How many came.</param>
    /// <param name="waits">True when the answer must wait until the log is durable (they were settled by it).</param>
    public QueueStatus Pull<TDeliveries>(
        int messagesMax, long leaseMs, bool settled, ref TDeliveries deliveries, out int count, out bool waits)
        where TDeliveries : IQueueDeliveries, allows ref struct =>
        _queue.Pull(this, messagesMax, leaseMs, settled, ref deliveries, out count, out waits);

    /// <summary>
    /// Waits for messages as <see cref="Pull"/> would give: <paramref name="ready"/> is called once, without any lock, when the pull is
    /// worth trying again; one waiter is woken for one message, in turn. Disposing of the answer ends the wait.
    /// </summary>
    /// <remarks>If there are messages already, it is called before this returns.</remarks>
    public IDisposable WhenReady(Action ready)
    {
        ArgumentNullException.ThrowIfNull(ready);
        return _queue.Wait(this, ready);
    }

    /// <summary>
    /// No more comes, and nobody is woken any more. What it has not settled stays leased and can be settled, until it is disposed of.
    /// </summary>
    public void Stop() => _queue.StopConsumer(this);

    public void Dispose() => _queue.RemoveConsumer(this);
}
