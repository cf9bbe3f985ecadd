namespace Nexo.Engine.Topics;

/// <summary>Where the messages of a topic go, as the filters stood when it was looked up. It never changes.</summary>
/// <param name="receivers">Subscriptions by filters of their own.</param>
/// <param name="groups">Shared groups, each of which gives a message to one member.</param>
/// <param name="bindings">What feeds queues and streams; those with the same target lie side by side.</param>
internal sealed class TopicRoute(ReceiverSet receivers, TopicGroup[] groups, TopicBinding[] bindings)
{
    public ReceiverSet Receivers { get; } = receivers;

    public TopicGroup[] Groups { get; } = groups;

    public TopicBinding[] Bindings { get; } = bindings;

    /// <summary>Of the topic's shard, when this was looked up.</summary>
    public long Generation { get; init; }

    /// <summary>Of the filters that begin with a wildcard.</summary>
    public long WideGeneration { get; init; }

    public bool IsDelivered => Receivers.Items.Length > 0 || Groups.Length > 0;
}
