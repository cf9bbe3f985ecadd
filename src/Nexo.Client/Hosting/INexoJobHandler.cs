namespace Nexo.Client;

/// <summary>
/// Works off the jobs of a queue, one call for each; see <c>AddNexoWorker</c>. When it returns, the job is done and is acked. When it
/// throws, the job has failed: it comes again after the queue's backoff, with the exception as its reason, until it has failed as
/// often as the queue allows and is a dead letter. When it throws <see cref="NexoRejectException"/>, it is a dead letter at once. A
/// job may come more than once: what a handler does should bear that.
/// </summary>
/// <typeparam name="TJob">What the queue's messages say.</typeparam>
public interface INexoJobHandler<in TJob>
{
    /// <summary>Works off one job.</summary>
    /// <param name="job">What is to be done.</param>
    /// <param name="context">The message that says so.</param>
    /// <param name="cancellationToken">Is cancelled when the job is no longer this worker's: its lease was lost, it has taken
    /// longer than it may, or the host's grace for stopping has passed.</param>
    Task HandleAsync(TJob job, NexoJobContext context, CancellationToken cancellationToken);
}

/// <summary>The message behind a job.</summary>
public sealed class NexoJobContext
{
    private readonly QueueDelivery _delivery;

    internal NexoJobContext(QueueDelivery delivery) => _delivery = delivery;

    /// <summary>The queue that it came from.</summary>
    public string Queue => _delivery.Queue;

    /// <summary>Its id in its queue: the same each time that it comes, so it can tell what was done before.</summary>
    public ulong MessageId => _delivery.MessageId;

    /// <summary>Which delivery of the message this is, 1 for the first.</summary>
    public int Attempt => _delivery.Attempt;

    /// <summary>True when it was, or may have been, delivered before.</summary>
    public bool Redelivered => _delivery.Redelivered;

    /// <summary>When it was first pushed, by the server's clock.</summary>
    public DateTimeOffset EnqueuedAt => _delivery.EnqueuedAt;

    /// <summary>The higher goes first.</summary>
    public int Priority => _delivery.Priority;

    /// <summary>Its group; empty: none.</summary>
    public NexoKey Group => _delivery.Group;

    /// <summary>Its headers.</summary>
    public NexoHeaders Headers => _delivery.Headers;

    /// <summary>Answers it; see <see cref="QueueDelivery.ReplyAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">The message asks for no reply.</exception>
    public ValueTask<QueuePushResult> ReplyAsync<TReply>(TReply reply, CancellationToken cancellationToken = default) =>
        _delivery.ReplyAsync(reply, cancellationToken);
}

/// <summary>Thrown by a handler for a job that no attempt can do: it becomes a dead letter at once, with the message as its
/// reason.</summary>
public sealed class NexoRejectException : Exception
{
    /// <summary>Creates it.</summary>
    /// <param name="reason">For people; is kept with the dead letter.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public NexoRejectException(string reason, Exception? innerException = null)
        : base(reason, innerException)
    {
    }
}
