namespace Nexo.Engine.Queues;

/// <summary>A pull that waits for messages. Guarded by the shard's lock of its queue.</summary>
internal sealed class QueueWaiter(Queue queue, QueueConsumer consumer, Action ready) : IDisposable
{
    public QueueConsumer Consumer { get; } = consumer;

    public Action Ready { get; } = ready;

    public QueueWaiter? Next { get; set; }

    public QueueWaiter? Prev { get; set; }

    public bool Waiting { get; set; }

    /// <summary>Ends the wait; what it was woken for goes to the next one, if it has not been pulled.</summary>
    public void Dispose() => queue.EndWait(this);
}
