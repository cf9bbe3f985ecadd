namespace Nexo.Client;

/// <summary>
/// Gets the messages of topics, one call for each; see <c>AddNexoSubscriber</c>. A message is not kept for later: when this throws, the
/// exception is logged, and the next message comes. What must not be lost goes to a queue, or is bound to one.
/// </summary>
/// <typeparam name="T">What the messages say.</typeparam>
public interface INexoTopicHandler<T>
{
    /// <summary>Handles one message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Is cancelled when the host stops.</param>
    Task HandleAsync(TopicMessage<T> message, CancellationToken cancellationToken);
}
