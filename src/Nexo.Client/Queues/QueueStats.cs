using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>One line of a list of queues.</summary>
/// <param name="Name">The queue's name.</param>
/// <param name="Paused">What of it is paused.</param>
/// <param name="Ready">Messages that can be delivered now.</param>
/// <param name="Leased">Messages that a consumer has.</param>
/// <param name="Delayed">Messages whose time has not come.</param>
/// <param name="Dead">Dead letters that are kept with it.</param>
public sealed record QueueSummary(string Name, QueueFlow Paused, long Ready, long Leased, long Delayed, long Dead);

/// <summary>The figures of a queue at one moment. Totals count since the server's start.</summary>
public sealed record QueueStats
{
    /// <summary>Messages that can be delivered now.</summary>
    public long Ready { get; init; }

    /// <summary>Messages that a consumer has.</summary>
    public long Leased { get; init; }

    /// <summary>Messages whose time has not come.</summary>
    public long Delayed { get; init; }

    /// <summary>Dead letters that are kept with this queue.</summary>
    public long Dead { get; init; }

    /// <summary>How long the oldest ready message has been there; zero when there is none.</summary>
    public TimeSpan OldestAge { get; init; }

    /// <summary>Open consumers, waiting pulls included.</summary>
    public long Consumers { get; init; }

    /// <summary>Groups that have messages.</summary>
    public long Groups { get; init; }

    /// <summary>What is paused.</summary>
    public QueueFlow Paused { get; init; }

    /// <summary>Bytes of all messages that are not dead, wherever they are.</summary>
    public long MessageBytes { get; init; }

    /// <summary>Bytes of memory for its messages.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Bytes on disk of messages that are not in memory.</summary>
    public long DiskBytes { get; init; }

    /// <summary>Pushes that were accepted.</summary>
    public long Pushed { get; init; }

    /// <summary>Pushes that were answered as duplicates.</summary>
    public long Duplicates { get; init; }

    /// <summary>Pushes that were refused, because the queue was full or paused.</summary>
    public long Rejected { get; init; }

    /// <summary>Deliveries.</summary>
    public long Delivered { get; init; }

    /// <summary>Deliveries that were not a message's first.</summary>
    public long Redelivered { get; init; }

    /// <summary>Messages that were acked.</summary>
    public long Acked { get; init; }

    /// <summary>Messages that were nacked.</summary>
    public long Nacked { get; init; }

    /// <summary>Leases that ran out.</summary>
    public long LeasesExpired { get; init; }

    /// <summary>Messages that became dead letters.</summary>
    public long DeadLettered { get; init; }

    /// <summary>Messages whose life ended before they were settled.</summary>
    public long Expired { get; init; }

    /// <summary>Pushes per second over the last ten seconds or so.</summary>
    public double PushedPerSecond { get; init; }

    /// <summary>Deliveries per second over the last ten seconds or so.</summary>
    public double DeliveredPerSecond { get; init; }

    /// <summary>Acks per second over the last ten seconds or so.</summary>
    public double AckedPerSecond { get; init; }
}
