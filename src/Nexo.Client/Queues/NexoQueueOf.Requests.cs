namespace Nexo.Client;

/// <content>Request and reply.</content>
public sealed partial class NexoQueue<T>
{
    /// <summary>
    /// Pushes a request and waits for the reply that a worker gives with <see cref="QueueDelivery.ReplyAsync"/>. Replies come
    /// through a queue of the client's own, which is made at the first request and goes with the client. At the deadline the
    /// request is a dead letter if nobody has begun with it.
    /// </summary>
    /// <example>
    /// <code>Quote quote = await client.Queue&lt;Order&gt;("quotes").RequestAsync&lt;Quote&gt;(order);</code>
    /// </example>
    /// <param name="body">What is asked.</param>
    /// <param name="deadline">How long to wait for the reply, the push included; as calls of this queue wait unless it is
    /// given.</param>
    /// <param name="options">How the request is pushed.</param>
    /// <param name="cancellationToken">Ends the wait; the request may be worked on all the same.</param>
    /// <exception cref="NexoException"><see cref="ClientErrorCode.DeadlineExceeded"/>: no reply came in time.</exception>
    public ValueTask<TReply> RequestAsync<TReply>(
        T body,
        TimeSpan? deadline = null,
        QueuePushOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        TimeSpan given = deadline ?? Timeout;
        NexoClientOptionsCheck.RequireTimeout(given, nameof(deadline));
        return Client.Replies.AskAsync<T, TReply>(
            this, body, options.GetValueOrDefault(), given, cancellationToken);
    }
}
