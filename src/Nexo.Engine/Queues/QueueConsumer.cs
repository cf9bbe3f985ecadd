namespace Nexo.Engine.Queues;

/// <summary>
/// Somebody who takes messages of one queue: by credits, as they come, or by pulls. All members are thread-safe. Disposing of it gives
/// back at once, in their order, what it has not settled.
/// </summary>
public sealed class QueueConsumer : IDisposable
{
    internal QueueConsumer()
    {
    }

    /// <summary>Messages that it has and has not settled.</summary>
    public int Unsettled => throw new NotImplementedException();

    /// <summary>Lets so many more messages come. None comes before the first call.</summary>
    public void AddCredits(uint credits, QueueWork work) => throw new NotImplementedException();

    /// <summary>The connection has room again after it was congested.</summary>
    public void Resume(QueueWork work) => throw new NotImplementedException();

    /// <summary>Takes up to so many messages that are there now.</summary>
    /// <param name="messagesMax">At least 1.</param>
    /// <param name="leaseMs">0: the queue's.</param>
    /// <param name="settled">True: settled by this delivery.</param>
    /// <param name="deliveries">Where they go.</param>
    /// <param name="count">How many came.</param>
    /// <param name="waits">True when the answer must wait until the log is durable (they were settled by it).</param>
    public QueueStatus Pull<TDeliveries>(
        int messagesMax, long leaseMs, bool settled, ref TDeliveries deliveries, out int count, out bool waits)
        where TDeliveries : IQueueDeliveries, allows ref struct => throw new NotImplementedException();

    /// <summary>
    /// Waits for messages as <see cref="Pull"/> would give: <paramref name="ready"/> is called once, without any lock, when the pull is
    /// worth trying again; one waiter is woken for one message, in turn. Disposing of the answer ends the wait.
    /// </summary>
    public IDisposable WhenReady(Action ready) => throw new NotImplementedException();

    /// <summary>
    /// No more is delivered once this has returned. What it has not settled stays with it, until <see cref="Dispose"/>.
    /// </summary>
    public void Stop() => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
