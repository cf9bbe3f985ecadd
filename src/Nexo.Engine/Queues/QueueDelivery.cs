namespace Nexo.Engine.Queues;

/// <summary>
/// A message on its way to a consumer; its bytes are borrowed for the call. Moments are Unix milliseconds of the wall
/// clock.
/// </summary>
public ref struct QueueDelivery
{
    public ulong MessageId { get; init; }

    /// <summary>What settles it, and nobody can guess; 0: it was settled by its delivery.</summary>
    public ulong Lease { get; init; }

    public long EnqueuedAtMs { get; init; }

    public long LeaseEndsAtMs { get; init; }

    /// <summary>1 for the first delivery.</summary>
    public uint Attempt { get; init; }

    public readonly bool IsRedelivered => Attempt > 1;

    public int Priority { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>As it was pushed; see <see cref="QueueMessage.Headers"/>.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }
}

/// <summary>
/// The consumer's side of a subscription or of a pull. <see cref="Deliver"/> is called under a queue's lock: copy, do not block,
/// do not call the queues. <see cref="Flush"/> is called without any lock, once after one or more deliveries.
/// </summary>
public interface IQueueSink
{
    /// <summary>
    /// True while the consumer's connection does not take what it was sent: nothing more is delivered until <see
    /// cref="QueueConsumer.Resume"/>.
    /// </summary>
    bool IsCongested { get; }

    /// <summary>Bytes that the next deliveries of this call may still have; a first one always fits.</summary>
    void Deliver(in QueueDelivery delivery);

    /// <summary>Sends what was delivered.</summary>
    void Flush();

    /// <summary>The queue was deleted: no more comes. Called without any lock.</summary>
    void OnEnd(QueueStatus why);
}

/// <summary>Takes delivered messages of a pull, under a lock; see <see cref="IQueueSink.Deliver"/>.</summary>
public interface IQueueDeliveries
{
    /// <summary>False: it does not fit any more and stays in the queue; the first one always fits.</summary>
    bool Add(in QueueDelivery delivery);
}

/// <summary>How a consumer takes messages.</summary>
public sealed record QueueConsumerOptions
{
    /// <summary>True: settling a message gives its credit back, so credits are what may be unsettled at once.</summary>
    public bool CreditsAreUnsettled { get; init; }

    /// <summary>True: a message is settled by its delivery (at most once).</summary>
    public bool SettledByDelivery { get; init; }

    /// <summary>0: the queue's.</summary>
    public long LeaseMs { get; init; }

    /// <summary>
    /// It only pulls, and may be idle for long: it counts as a consumer while one of its pulls waits or it has unsettled messages.
    /// </summary>
    public bool PullsOnly { get; init; }
}
