using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>What becomes of messages for which a subscription has no room.</summary>
public enum TopicWhenSlow : byte
{
    /// <summary>The oldest that wait make room.</summary>
    DropOldest = 0,

    /// <summary>The new ones are dropped.</summary>
    DropNewest = 1,

    /// <summary>The subscription ends.</summary>
    End = 2,
}

/// <summary>How a subscription wants its messages.</summary>
/// <param name="Owner">Whose it is, for limits and <paramref name="NotOwn"/>.</param>
/// <param name="Retained">The retained messages of its filters come first.</param>
/// <param name="NotOwn">Messages that its owner publishes do not come.</param>
/// <param name="WhenSlow">Told in lists; the sink is the one to do it.</param>
public readonly record struct TopicSubscribeOptions(TopicOwner Owner, bool Retained, bool NotOwn, TopicWhenSlow WhenSlow)
{
    /// <summary>
    /// Where its sink logs what it takes with a QoS above 0: a message for which there is no room is refused before anybody has it.
    /// Null: nowhere.
    /// </summary>
    public ILogWriter? Log { get; init; }

    /// <summary>Who publishes to it is not confirmed before that is durable.</summary>
    public bool WaitsForLog { get; init; }
}

/// <summary>
/// Where the messages of one subscription go. It never blocks and never refuses: what it has no room for it drops, by its own
/// rule, and counts.
/// </summary>
public interface ITopicSink
{
    /// <summary>
    /// What it has not sent, or its client has not given credits for, in bytes: of a shared group the member with the least gets
    /// the next message. <see cref="long.MaxValue"/>: it has no room.
    /// </summary>
    long Load { get; }

    /// <summary>
    /// Takes messages, in their order, by copying them. Called by one thread for one publisher and by several at once for several; for
    /// a shared group (<see cref="TopicRun.Share"/>) under the group's lock, so it calls nothing of the topics.
    /// </summary>
    /// <returns>How many messages were dropped by this, these or older ones.</returns>
    int Deliver(TopicRun run);

    /// <summary>Sends what it took: called once after a batch of <see cref="Deliver"/>.</summary>
    void Flush();
}
