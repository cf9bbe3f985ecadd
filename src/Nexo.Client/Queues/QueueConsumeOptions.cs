namespace Nexo.Client;

/// <summary>How messages are consumed.</summary>
public sealed record QueueConsumeOptions
{
    /// <summary>How many messages the server may have given that are not settled: 1 to 100,000. More make a busy consumer
    /// quicker, fewer share the work more evenly.</summary>
    public int Prefetch { get; init; } = 32;

    /// <summary>How long a delivered message belongs to this consumer: 1 s to 12 h. The queue's unless it is
    /// given.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>True: a message is settled by its delivery, at most once; there is nothing to ack, and what is on its way
    /// when a connection or this process ends is lost.</summary>
    public bool AutoAck { get; init; }

    /// <summary>
    /// True: the leases of messages that were taken are extended until they are settled, as those of messages that still
    /// wait to be taken always are. Then every message must be settled, or it is kept for as long as this goes on.
    /// </summary>
    public bool KeepLeases { get; init; }

    /// <summary>
    /// True, the default: when the consumption ends, what was taken and not settled is given back as well. False: it
    /// stays with whoever took it, and can be settled while its lease lasts.
    /// </summary>
    public bool ReleaseAtEnd { get; init; } = true;
}
