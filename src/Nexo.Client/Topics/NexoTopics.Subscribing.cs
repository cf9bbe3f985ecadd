using System.Runtime.CompilerServices;

namespace Nexo.Client;

/// <content>Subscribing.</content>
public sealed partial class NexoTopics
{
    /// <summary>
    /// The messages of a filter, from the first <c>MoveNextAsync</c> on. It lasts until the loop is left, the token is cancelled, or the
    /// server ends it. A lost connection is bridged: what was missed is told by <see cref="TopicMessage{T}.Gap"/> and
    /// <see cref="TopicSubscribeOptions.OnGap"/>. A slow loop holds up nothing else; what becomes of its messages says
    /// <see cref="TopicSubscribeOptions.WhenSlow"/>.
    /// </summary>
    /// <param name="filter">Which topics; <c>$share/GROUP/FILTER</c> shares the messages with the others of the group.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IAsyncEnumerable<TopicMessage<T>> SubscribeAsync<T>(
        string filter, TopicSubscribeOptions? options = null, CancellationToken cancellationToken = default) =>
        SubscribeAsync<T>([filter], options, cancellationToken);

    /// <summary>The messages of several filters. One that matches more than one of them comes once.</summary>
    /// <inheritdoc cref="SubscribeAsync{T}(string, TopicSubscribeOptions?, CancellationToken)"/>
    public async IAsyncEnumerable<TopicMessage<T>> SubscribeAsync<T>(
        IReadOnlyCollection<string> filters,
        TopicSubscribeOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TopicSubscription<T> subscription =
            await OpenSubscriptionAsync<T>(filters, options, cancellationToken).ConfigureAwait(false);
        await using (subscription.ConfigureAwait(false))
        {
            await foreach (TopicMessage<T> message in subscription.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return message;
            }
        }
    }

    /// <summary>As the other one, with bytes as they are.</summary>
    /// <inheritdoc cref="SubscribeAsync{T}(string, TopicSubscribeOptions?, CancellationToken)"/>
    public IAsyncEnumerable<TopicMessage<ReadOnlyMemory<byte>>> SubscribeAsync(
        string filter, TopicSubscribeOptions? options = null, CancellationToken cancellationToken = default) =>
        SubscribeAsync<ReadOnlyMemory<byte>>([filter], options, cancellationToken);

    /// <summary>
    /// Has a handler called for each message of a filter, one after the other, in their order. The server is subscribed to when this
    /// returns. It lasts until the subscription is disposed, the token is cancelled, the server ends it, or the handler fails and there is
    /// no <see cref="TopicSubscribeOptions.OnError"/>; <see cref="TopicSubscription.Completion"/> tells.
    /// </summary>
    /// <param name="filter">Which topics; <c>$share/GROUP/FILTER</c> shares the messages with the others of the group.</param>
    /// <param name="handler">What is done about a message.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Ends it; the handler gets it too.</param>
    public ValueTask<TopicSubscription> SubscribeAsync<T>(
        string filter,
        Func<TopicMessage<T>, CancellationToken, ValueTask> handler,
        TopicSubscribeOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SubscribeAsync([filter], handler, options, cancellationToken);

    /// <summary>Has a handler called for each message of several filters. One that matches more than one of them comes once.</summary>
    /// <inheritdoc cref="SubscribeAsync{T}(string, Func{TopicMessage{T}, CancellationToken, ValueTask}, TopicSubscribeOptions?,
    /// CancellationToken)"/>
    public async ValueTask<TopicSubscription> SubscribeAsync<T>(
        IReadOnlyCollection<string> filters,
        Func<TopicMessage<T>, CancellationToken, ValueTask> handler,
        TopicSubscribeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        TopicSubscription<T> subscription =
            await OpenSubscriptionAsync<T>(filters, options, cancellationToken).ConfigureAwait(false);
        subscription.Handle(handler, cancellationToken);
        return subscription;
    }

    /// <summary>As <see cref="SubscribeAsync{T}(IReadOnlyCollection{string}, TopicSubscribeOptions?, CancellationToken)"/>, but the server
    /// is subscribed to when this returns: what is published after it comes, or is told as missed. Filters can be added and
    /// removed.</summary>
    public ValueTask<TopicSubscription<T>> OpenSubscriptionAsync<T>(
        IReadOnlyCollection<string> filters,
        TopicSubscribeOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filters);
        return TopicSubscription<T>.OpenAsync(this, filters, options, cancellationToken);
    }

    /// <summary>As <see cref="OpenSubscriptionAsync{T}(IReadOnlyCollection{string}, TopicSubscribeOptions?, CancellationToken)"/>, with one
    /// filter.</summary>
    public ValueTask<TopicSubscription<T>> OpenSubscriptionAsync<T>(
        string filter, TopicSubscribeOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenSubscriptionAsync<T>([filter], options, cancellationToken);
}
