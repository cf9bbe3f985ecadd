namespace Nexo.Client;

/// <content>Request and reply, and wills.</content>
public sealed partial class NexoTopics
{
    /// <summary>
    /// Publishes a request and waits for the first reply that a subscriber gives with <see cref="TopicMessage{T}.ReplyAsync"/>. Replies
    /// come to a topic that only this client knows, through one subscription that is opened at the first request.
    /// </summary>
    /// <example>
    /// <code>Quote quote = await client.Topics.RequestAsync&lt;Order, Quote&gt;("quotes", order);</code>
    /// </example>
    /// <param name="topic">Where it is published; subscribers that share it as a group share the requests.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="deadline">How long to wait for the reply, the publish included; as calls wait unless it is given.</param>
    /// <param name="options">How the request is published.</param>
    /// <param name="cancellationToken">Ends the wait; the request may be worked on all the same.</param>
    /// <exception cref="NexoException"><see cref="ClientErrorCode.NoReceivers"/>: no subscription and no binding takes
    /// it. <see cref="ClientErrorCode.DeadlineExceeded"/>: no reply came in time, or, if it may be tried again, it could not be
    /// sent.</exception>
    public ValueTask<TReply> RequestAsync<T, TReply>(
        string topic,
        T body,
        TimeSpan? deadline = null,
        TopicPublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        TimeSpan given = deadline ?? Timeout;
        NexoClientOptionsCheck.RequireTimeout(given, nameof(deadline));
        return Client.TopicReplies.AskAsync<T, TReply>(
            this, topic, body, options.GetValueOrDefault(), given, cancellationToken);
    }

    /// <summary>
    /// Sets what is published when this client is lost: when its connection ends and it is not the client that ends it, by being
    /// disposed. A client has one will; it is set again after each reconnect.
    /// </summary>
    /// <param name="topic">Where it is published.</param>
    /// <param name="body">What it says.</param>
    /// <param name="options">How; at once and not retained unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; the will may have been set.</param>
    public ValueTask SetWillAsync<T>(
        string topic, T body, TopicWillOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return Client.Will.SetAsync(
            session => (TopicBodies.Will(
                topic, SerializerOf<T>(), body, options.GetValueOrDefault(), session, out int headerBytes), headerBytes),
            Timeout,
            cancellationToken);
    }

    /// <summary>Takes the will back; false when there was none.</summary>
    public ValueTask<bool> ClearWillAsync(CancellationToken cancellationToken = default) =>
        Client.Will.ClearAsync(Timeout, cancellationToken);
}
