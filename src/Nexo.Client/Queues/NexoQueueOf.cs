using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// A queue whose messages say <typeparamref name="T"/>, by the client's serializer; <see cref="ReadOnlyMemory{T}"/> of bytes is
/// sent as it is. Thread-safe; make one wherever it is needed, it costs next to nothing. What is passed in is encoded before the
/// method returns, and may be changed after.
/// </summary>
/// <example>
/// <code>
/// NexoQueue&lt;Email&gt; emails = client.Queue&lt;Email&gt;("emails");
/// await emails.PushAsync(new Email("ada@example.com", "Welcome"), new() { Delay = TimeSpan.FromMinutes(5) });
///
/// await foreach (QueueDelivery&lt;Email&gt; delivery in emails.ConsumeAsync(cancellationToken: stopping))
/// {
///     await SendAsync(delivery.Body);
///     await delivery.AckAsync();
/// }
/// </code>
/// </example>
public sealed partial class NexoQueue<T> : NexoQueue
{
    private const int PageMessages = 100;

    private DeliverySource? _pulled;

    internal NexoQueue(NexoClient client, string name, INexoSerializer serializer, TimeSpan timeout)
        : base(client, name, serializer, timeout) =>
        DeadLetters = new QueueDeadLetters<T>(this);

    /// <summary>What could not be worked off.</summary>
    public QueueDeadLetters<T> DeadLetters { get; }

    /// <summary>
    /// The same queue with another deadline for its calls, such as a long one for redriving many dead letters.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> leaves the end to the cancellation token.
    /// </summary>
    public NexoQueue<T> WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoQueue<T>(Client, Name, Serializer, timeout);
    }

    /// <summary>Pushes a message, and returns when it is as durable as the queue's definition says. Allocates nothing of its
    /// own.</summary>
    /// <param name="body">What it says.</param>
    /// <param name="options">How; of priority 0, at once and without headers unless it is given.</param>
    /// <param name="cancellationToken">Ends the wait; the message may have been pushed.</param>
    /// <exception cref="NexoException"><see cref="ErrorCode.QueueFull"/>, <see cref="ErrorCode.QueuePaused"/>,
    /// <see cref="ErrorCode.QueueNotFound"/>, or an option that the queue does not have.
    /// <see cref="NexoException.Retryable"/> is true, also when the answer was lost, if it has a dedup id.</exception>
    public ValueTask<QueuePushResult> PushAsync(
        T body, QueuePushOptions? options = null, CancellationToken cancellationToken = default)
    {
        QueuePushOptions given = options.GetValueOrDefault();
        return Client.CallAsync<PushReader, QueuePushResult>(
            PushBodies.One(this, Serializer, body, given), default, Timeout, cancellationToken);
    }

    /// <summary>Pushes many messages that are alike but for what they say. One answer for each, in their order.</summary>
    /// <param name="bodies">What they say. All must fit a frame.</param>
    /// <param name="options">How, for each of them.</param>
    /// <param name="allOrNone">True: when one is refused none is pushed, and the call fails with its error.</param>
    /// <param name="cancellationToken">Ends the wait; they may have been pushed.</param>
    [OverloadResolutionPriority(1)]
    public ValueTask<IReadOnlyList<QueuePushItem>> PushBatchAsync(
        IReadOnlyCollection<T> bodies,
        QueuePushOptions? options = null,
        bool allOrNone = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        QueuePushOptions given = options.GetValueOrDefault();
        return PushBatchAsync(
            bodies.Select(body => new QueueMessage<T>(body, given)), bodies.Count, allOrNone, cancellationToken);
    }

    /// <summary>Pushes many messages. One answer for each, in their order.</summary>
    /// <param name="messages">The messages. All must fit a frame.</param>
    /// <param name="allOrNone">True: when one is refused none is pushed, and the call fails with its error.</param>
    /// <param name="cancellationToken">Ends the wait; they may have been pushed.</param>
    public ValueTask<IReadOnlyList<QueuePushItem>> PushBatchAsync(
        IReadOnlyCollection<QueueMessage<T>> messages,
        bool allOrNone = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return PushBatchAsync(messages, messages.Count, allOrNone, cancellationToken);
    }

    /// <summary>
    /// The messages of the queue, as they come, from the first <c>MoveNextAsync</c> on. It lasts until the loop is left, the
    /// token is cancelled, or the server refuses it (the queue was deleted). A lost connection is bridged: what was not settled
    /// by then comes again, here or at another consumer, and what is left of it here can no longer be settled. Leases of
    /// messages that wait to be taken are extended meanwhile. When the loop ends, what was not settled is given back.
    /// </summary>
    /// <param name="options">How; 32 at once under the queue's lease unless it is given.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<QueueDelivery<T>> ConsumeAsync(
        QueueConsumeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        QueueConsumption<T> consumption = await QueueConsumption<T>
            .OpenAsync(this, options ?? new QueueConsumeOptions(), cancellationToken).ConfigureAwait(false);
        await using (consumption.ConfigureAwait(false))
        {
            while (await consumption.WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                while (consumption.TryTake(out QueueDelivery<T>? delivery))
                {
                    yield return delivery;
                }
            }
        }
    }

    /// <summary>Takes messages that are there, or waits for a first one. They are given back when the connection is lost.</summary>
    /// <param name="max">Most messages to take: 1 or more. They must fit a frame; fewer come if not.</param>
    /// <param name="wait">How long to wait for a first one, beyond what the call's deadline allows; not at all unless it is
    /// given.</param>
    /// <param name="lease">How long they belong to this consumer; the queue's lease unless it is given.</param>
    /// <param name="autoAck">True: they are settled by their delivery, and gone if nobody takes them any more when they
    /// come.</param>
    /// <param name="cancellationToken">Ends the wait; what comes too late is given back, unless it was settled by its
    /// delivery.</param>
    /// <returns>The messages; none when the wait is over.</returns>
    public ValueTask<IReadOnlyList<QueueDelivery<T>>> PullAsync(
        int max = 1,
        TimeSpan? wait = null,
        TimeSpan? lease = null,
        bool autoAck = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        uint leaseMs = WireTimes.MillisecondsShort(lease ?? TimeSpan.Zero, nameof(lease));
        var request = new QueuePullRequest
        {
            WaitMs = WireTimes.MillisecondsShort(wait ?? TimeSpan.Zero, nameof(wait)),
            MessagesMax = (uint)max,
            LeaseMs = leaseMs,
            Options = autoAck ? ConsumeOptions.SettledByDelivery : ConsumeOptions.None,
            Queue = NameBytes,
        };
        FrameBuffer body = RequestBodies.Rent();
        request.Write(body);
        DeliverySource source = _pulled ??= new DeliverySource(this);
        var reader = new PullReader<T>(source, Serializer, leaseMs);
        TimeSpan deadline = Timeout == System.Threading.Timeout.InfiniteTimeSpan ? Timeout : Timeout + (wait ?? TimeSpan.Zero);
        return Client.CallAsync<PullReader<T>, IReadOnlyList<QueueDelivery<T>>>(
            new CallRequest { Opcode = Opcode.QueuePull, Body = body, Late = source }, reader, deadline, cancellationToken);
    }

    /// <summary>Shows the messages of the queue, oldest first, without taking them, page after page.</summary>
    /// <param name="which">Those that are ready unless it is given.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<QueuedMessage<T>> PeekAsync(
        PeekWhich which = PeekWhich.Ready, CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => PeekPageAsync(which, cursor, PageMessages, cancel), cancellationToken);

    /// <summary>One page of what <see cref="PeekAsync"/> shows.</summary>
    /// <param name="which">Those that are ready unless it is given.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most messages of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<QueuedMessage<T>>> PeekPageAsync(
        PeekWhich which = PeekWhich.Ready,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageMessages,
        CancellationToken cancellationToken = default)
    {
        FrameBuffer body = RequestBodies.Rent();
        new QueuePeekRequest
        {
            Which = which,
            Limit = PageBodies.Limit(limit),
            Cursor = cursor.Span,
            Queue = NameBytes,
        }.Write(body);
        return CallAsync<QueuedReader<T>, NexoPage<QueuedMessage<T>>>(
            Opcode.QueuePeek, CallTraits.Idempotent, body, new(Serializer), cancellationToken);
    }

    private ValueTask<IReadOnlyList<QueuePushItem>> PushBatchAsync(
        IEnumerable<QueueMessage<T>> messages, int count, bool allOrNone, CancellationToken cancellationToken) =>
        Client.CallAsync<PushItemsReader, IReadOnlyList<QueuePushItem>>(
            PushBodies.Many(this, Serializer, messages, count, allOrNone),
            new PushItemsReader(count),
            Timeout,
            cancellationToken);
}
