namespace Nexo.Client;

/// <summary>A message on its way to its reader, or a gap without one.</summary>
internal readonly struct TopicDelivery
{
    public required TopicOpening Opening { get; init; }

    /// <summary>Topic, headers and body, one behind the other, owned by the process.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>A topic has at least one byte; 0: it is a gap alone.</summary>
    public int TopicBytes { get; init; }

    public int HeaderBytes { get; init; }

    public bool IsRetained { get; init; }

    /// <summary>What was missed before it.</summary>
    public TopicGap Gap { get; init; }

    public bool IsMessage => TopicBytes > 0;

    public NexoHeaders Headers => new(Bytes.Slice(TopicBytes, HeaderBytes));

    public ReadOnlyMemory<byte> Body => Bytes[(TopicBytes + HeaderBytes)..];
}

/// <summary>Takes the messages of a subscription, and its end. Called by the receiving thread, in order; must not run foreign
/// code.</summary>
internal interface ITopicReceiver
{
    /// <summary>How many messages a new opening may get at first.</summary>
    int Credits { get; }

    /// <summary>Takes a message, for which a credit of its opening is used, or a gap.</summary>
    void Take(in TopicDelivery delivery);

    /// <summary>Nothing comes any more.</summary>
    /// <param name="error">Why, unless it was to be so.</param>
    void End(NexoException? error);
}
