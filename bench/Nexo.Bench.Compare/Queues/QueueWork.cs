namespace Nexo.Bench.Compare.Queues;

/// <summary>What every queue is asked to do: the same for all.</summary>
internal sealed record QueueWork
{
    /// <summary>Bytes of a message; the first eight are the moment at which it was sent.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Messages that may be on their way without a confirm.</summary>
    public required int Window { get; init; }

    public required int Consumers { get; init; }

    /// <summary>Messages that one consumer may hold without having acknowledged them.</summary>
    public required int Prefetch { get; init; }

    /// <summary>How long is published, alone and again with the consumers beside it.</summary>
    public required double Seconds { get; init; }
}
