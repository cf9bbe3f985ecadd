namespace Nexo.Engine.Topics;

/// <summary>What a binding feeds. The numbers are on disk and on the wire: they never change their meaning.</summary>
public enum TopicTargetKind : byte
{
    None = 0,
    Queue = 1,
    Stream = 2,
}

/// <summary>What became of a message that a binding gave to its target.</summary>
/// <param name="Taken">False: the target is full, paused, gone, or does not take such a message.</param>
/// <param name="WaitsForLog">True when a confirm must wait for the log.</param>
public readonly record struct TopicTargetResult(bool Taken, bool WaitsForLog);

/// <summary>A message that a binding gives to its target; its bytes are borrowed for the call.</summary>
public readonly ref struct BoundMessage
{
    public TopicTargetKind Kind { get; init; }

    /// <summary>The queue's or the stream's name.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>True: the topic is the record's key in a stream, the message's group in a queue.</summary>
    public bool KeyByTopic { get; init; }

    /// <summary>As the publisher gave them; the target adds <c>nexo-topic</c>.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }
}

/// <summary>What topics know of queues and streams. Called under no lock of the topics', by many threads.</summary>
public interface ITopicTargets
{
    /// <summary>Whether a binding to this target can be made: it is there, or is made by itself.</summary>
    bool Exists(TopicTargetKind kind, ReadOnlySpan<byte> name);

    /// <param name="batch">
    /// The publisher's own, given with the message: gathers what is to be set going when his batch is done.
    /// </param>
    TopicTargetResult Push(in BoundMessage message, object? batch);
}
