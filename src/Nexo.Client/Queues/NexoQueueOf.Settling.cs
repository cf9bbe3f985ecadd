namespace Nexo.Client;

/// <content>Settling many at once.</content>
public sealed partial class NexoQueue<T>
{
    /// <summary>Acks many messages of this queue, up to 4,096 in one request. Single acks that are asked for together travel
    /// together too.</summary>
    /// <param name="deliveries">The messages.</param>
    /// <param name="cancellationToken">Ends the wait; they may have been acked.</param>
    /// <exception cref="NexoException">A request failed. Those of the requests before it are settled, the others can be tried
    /// again.</exception>
    public ValueTask<QueueSettleResult> AckAsync(
        IReadOnlyCollection<QueueDelivery> deliveries, CancellationToken cancellationToken = default) =>
        SettleBatch.RunAsync(this, deliveries, Settlement.Ack, cancellationToken);

    /// <summary>Nacks many messages of this queue, as <see cref="AckAsync"/> acks them.</summary>
    /// <param name="deliveries">The messages.</param>
    /// <param name="delay">When they come again: after the queue's backoff unless it is given; zero: at once.</param>
    /// <param name="reason">For people, at most 4,096 bytes; is kept with each of them.</param>
    /// <param name="cancellationToken">Ends the wait; they may have been nacked.</param>
    public ValueTask<QueueSettleResult> NackAsync(
        IReadOnlyCollection<QueueDelivery> deliveries,
        TimeSpan? delay = null,
        string? reason = null,
        CancellationToken cancellationToken = default) =>
        SettleBatch.RunAsync(this, deliveries, Settlement.Nack(delay, reason), cancellationToken);

    /// <summary>Gives many messages of this queue back, as ones that were not worked on.</summary>
    public ValueTask<QueueSettleResult> ReleaseAsync(
        IReadOnlyCollection<QueueDelivery> deliveries, CancellationToken cancellationToken = default) =>
        SettleBatch.RunAsync(this, deliveries, Settlement.Release, cancellationToken);

    /// <summary>Makes many messages of this queue dead letters.</summary>
    public ValueTask<QueueSettleResult> DeadLetterAsync(
        IReadOnlyCollection<QueueDelivery> deliveries, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return SettleBatch.RunAsync(this, deliveries, Settlement.DeadLetter(reason), cancellationToken);
    }
}
