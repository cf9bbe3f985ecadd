using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Pub/Sub: messages to whoever listens at that moment. Topics are levels divided by <c>/</c>; in filters <c>+</c> stands for one
/// level and <c>#</c> for all that follow. Thread-safe. A call fails with <see cref="NexoException"/>, or with
/// <see cref="OperationCanceledException"/> when its token was cancelled. What is passed in is encoded before the method returns, and
/// may be changed after. Bodies say what the client's serializer makes of them; <see cref="ReadOnlyMemory{T}"/> of bytes are sent as
/// they are.
/// </summary>
/// <example>
/// <code>
/// await client.Topics.PublishAsync("rooms/kitchen/temperature", 21.5);
///
/// await foreach (TopicMessage&lt;double&gt; message in client.Topics.SubscribeAsync&lt;double&gt;("rooms/+/temperature"))
/// {
///     Console.WriteLine($"{message.Topic}: {message.Body}");
/// }
/// </code>
/// </example>
public sealed partial class NexoTopics
{
    private readonly INexoSerializer _serializer;

    internal NexoTopics(NexoClient client, INexoSerializer serializer, TimeSpan timeout)
    {
        Client = client;
        Timeout = timeout;
        _serializer = serializer;
        Retained = new NexoRetained(this);
        Bindings = new NexoBindings(this);
    }

    /// <summary>Raised when messages that were published without confirmation (<see cref="PostAsync"/>) have failed, and when a will
    /// could not be set again after a lost connection; on a thread of the pool. What was on its way when a connection was lost is not
    /// told: <see cref="NexoClient.StateChanged"/> is.</summary>
    public event EventHandler<TopicPublishFailedEventArgs>? PublishFailed
    {
        add => Client.TopicFailures.Raised += value;
        remove => Client.TopicFailures.Raised -= value;
    }

    /// <summary>The last values of topics, which are kept for who subscribes later.</summary>
    public NexoRetained Retained { get; }

    /// <summary>What feeds queues and streams from topics, inside the server.</summary>
    public NexoBindings Bindings { get; }

    internal NexoClient Client { get; }

    internal TimeSpan Timeout { get; }

    /// <summary>The same with another deadline for its calls.</summary>
    public NexoTopics WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoTopics(Client, _serializer, timeout);
    }

    /// <summary>Publishes a message, and returns to how many it goes. A retained one is by then as durable as the server is set, and so
    /// is one that a binding has given to a queue or a stream. Allocates nothing of its own.</summary>
    /// <param name="topic">Where.</param>
    /// <param name="body">What it says.</param>
    /// <param name="options">How; not retained and without headers unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; the message may have been published.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.TopicInvalid"/>; <see cref="ErrorCode.RetainedFull"/>;
    /// <see cref="ErrorCode.BindingRefused"/>: it went to subscriptions, and a queue or a stream that is bound did not take
    /// it.</exception>
    public ValueTask<TopicPublishResult> PublishAsync<T>(
        string topic, T body, TopicPublishOptions? options = null, CancellationToken cancellationToken = default) =>
        PublishAsync(topic, body, options.GetValueOrDefault(), null, cancellationToken);

    /// <summary>Publishes many messages in one request. One answer for each, in their order.</summary>
    /// <param name="messages">1 to 65,536 messages. All must fit a frame.</param>
    /// <param name="cancellationToken">Ends the wait; they may have been published.</param>
    public ValueTask<IReadOnlyList<TopicPublishItem>> PublishBatchAsync<T>(
        IReadOnlyCollection<TopicPublication<T>> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var call = new CallRequest
        {
            Opcode = Opcode.TopicPublishBatch,
            Body = TopicBodies.Many(SerializerOf<T>(), messages),
        };
        return Client.CallAsync<TopicPublishItemsReader, IReadOnlyList<TopicPublishItem>>(
            call, new(messages.Count), Timeout, cancellationToken);
    }

    /// <summary>
    /// Ends when the server has taken everything that was published on this connection before, with and without confirmation, and
    /// <see cref="PublishFailed"/> has told what of it has failed by then. It says nothing of what was on its way when a connection was
    /// lost.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NexoException">There was no answer in time.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        await Client.PingAsync(cancellationToken).ConfigureAwait(false);
        await Client.TopicFailures.WhenToldAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Publishes a message without confirmation: returns when it is on its way, which is at once while there is room, and travels with
    /// whatever else is sent at that moment. Whoever publishes more than the connection takes waits here. A failure is told by
    /// <see cref="PublishFailed"/>; what was on its way when the connection is lost is lost.
    /// </summary>
    /// <param name="topic">Where.</param>
    /// <param name="body">What it says.</param>
    /// <param name="options">How; not retained and without headers unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="NexoException"><see cref="ClientErrorCode.DeadlineExceeded"/>: there was no connection, or no room on it, in
    /// time; it was not sent.</exception>
    public ValueTask PostAsync<T>(
        string topic, T body, TopicPublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ArgumentNullException.ThrowIfNull(topic);
        FrameBuffer notice = TopicBodies.One(
            topic, SerializerOf<T>(), body, options.GetValueOrDefault(), out int headerBytes, out bool hasTrace);
        using Activity? span = StartPost(topic);
        if (Client.TrySendNotice(Opcode.TopicPublish, notice, headerBytes, hasTrace ? null : NexoClient.TraceToJoin(span)))
        {
            return ValueTask.CompletedTask;
        }

        var call = new CallRequest
        {
            Opcode = Opcode.TopicPublish,
            Body = notice,
            HeaderBytes = headerBytes,
            HasTrace = hasTrace,
            IsNotice = true,
        };
        return WaitAsync(Client.CallAsync<EmptyReader, bool>(call, default, Timeout, cancellationToken));
    }

    /// <summary>As <see cref="PostAsync"/>, but false, and not sent, when there is no connection or no room on it at this
    /// moment.</summary>
    public bool TryPost<T>(string topic, T body, TopicPublishOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(topic);
        FrameBuffer notice = TopicBodies.One(
            topic, SerializerOf<T>(), body, options.GetValueOrDefault(), out int headerBytes, out bool hasTrace);
        using Activity? span = StartPost(topic);
        bool sent = Client.TrySendNotice(
            Opcode.TopicPublish, notice, headerBytes, hasTrace ? null : NexoClient.TraceToJoin(span));
        if (!sent)
        {
            RequestBodies.Return(notice);
        }

        return sent;
    }

    internal INexoSerializer SerializerOf<T>() =>
        typeof(T) == typeof(ReadOnlyMemory<byte>) ? RawSerializer.Instance : _serializer;

    /// <param name="topic">Where.</param>
    /// <param name="body">What it says.</param>
    /// <param name="options">How.</param>
    /// <param name="only">The connection over which it is sent, or not at all.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal ValueTask<TopicPublishResult> PublishAsync<T>(
        string topic, T body, in TopicPublishOptions options, Connection? only, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(topic);
        FrameBuffer request = TopicBodies.One(
            topic, SerializerOf<T>(), body, options, out int headerBytes, out bool hasTrace);
        var call = new CallRequest
        {
            Opcode = Opcode.TopicPublish,
            Body = request,
            HeaderBytes = headerBytes,
            HasTrace = hasTrace,
            Destination = topic,
            OnlyOn = only,
        };
        return Client.CallAsync<TopicPublishReader, TopicPublishResult>(call, default, Timeout, cancel);
    }

    internal ValueTask<TResult> CallAsync<TReader, TResult>(
        Opcode opcode, FrameBuffer? body, TReader reader, CancellationToken cancel, TimeSpan? timeout = null)
        where TReader : struct, IReplyReader<TResult> =>
        Client.CallAsync<TReader, TResult>(
            opcode, CallTraits.Idempotent, body, reader, timeout ?? Timeout, cancel);

    private static Activity? StartPost(string topic) =>
        ClientTelemetry.Source.HasListeners() ? CallMeasurement.StartPublish(topic) : null;

    private static async ValueTask WaitAsync(ValueTask<bool> sent) => await sent.ConfigureAwait(false);
}
