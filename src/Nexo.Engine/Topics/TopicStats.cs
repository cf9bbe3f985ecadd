namespace Nexo.Engine.Topics;

/// <summary>Counters and sizes of all topics. Counters are since the start.</summary>
public sealed record TopicStats
{
    /// <summary>Topics that were published to lately: those whose receivers are remembered.</summary>
    public long Topics { get; init; }

    public long Subscriptions { get; init; }

    public long Filters { get; init; }

    /// <summary>Those of them with a wildcard.</summary>
    public long WildcardFilters { get; init; }

    /// <summary>Groups of shared subscriptions, each with its filter.</summary>
    public long SharedGroups { get; init; }

    /// <summary>Memory of the structures over all filters.</summary>
    public long FilterBytes { get; init; }

    /// <summary>Messages that were published.</summary>
    public long Published { get; init; }

    /// <summary>Bytes of their topics, headers and bodies.</summary>
    public long PublishedBytes { get; init; }

    /// <summary>Publishes that were refused, and went to nobody.</summary>
    public long Refused { get; init; }

    /// <summary>Messages that had neither a subscription nor a binding.</summary>
    public long Unheard { get; init; }

    /// <summary>Messages given to subscriptions, those that they dropped later among them.</summary>
    public long Delivered { get; init; }

    /// <summary>Messages that subscriptions had no room for, or that nobody of a group was left for.</summary>
    public long Dropped { get; init; }

    public long Retained { get; init; }

    public long RetainedBytes { get; init; }

    public long Bindings { get; init; }

    public long BindingTaken { get; init; }

    public long BindingRefused { get; init; }

    /// <summary>Wills that were published.</summary>
    public long WillsPublished { get; init; }
}

/// <summary>A topic that was published to lately.</summary>
/// <param name="Topic">Its bytes; not to be changed.</param>
/// <param name="Subscriptions">Who gets its messages; a shared group counts once.</param>
/// <param name="Messages">Published since it is remembered.</param>
/// <param name="Bytes">Of their topics, headers and bodies.</param>
public readonly record struct TopicSummary(ReadOnlyMemory<byte> Topic, long Subscriptions, long Messages, long Bytes);
