namespace Nexo.Server;

/// <summary>What a publish that is kept, and a change of a binding, waits for before it is confirmed.</summary>
public enum TopicsDurability
{
    /// <summary><see cref="Fsync"/> where there is a data directory, else <see cref="Memory"/>.</summary>
    Auto,

    /// <summary>Nothing: retained messages and bindings end with the process.</summary>
    Memory,

    /// <summary>Nothing, and it is on disk within <see cref="StorageOptions.SyncIntervalMs"/>.</summary>
    Interval,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync,
}

/// <summary>Every bound of the topics that an operator sets.</summary>
public sealed record TopicsOptions
{
    /// <summary>Of retained messages and bindings; other messages are on their way only.</summary>
    public TopicsDurability Durability { get; init; } = TopicsDurability.Auto;

    /// <summary>Longest topic, and longest filter without its share.</summary>
    public int TopicBytesMax { get; init; } = 1_024;

    /// <summary>Levels of a topic or a filter.</summary>
    public int LevelsMax { get; init; } = 128;

    /// <summary>Filters of all subscriptions.</summary>
    public int FiltersMax { get; init; } = 5_000_000;

    /// <summary>Memory of all filters.</summary>
    public long FilterBytesMax { get; init; } = 1_024L * 1_024 * 1_024;

    /// <summary>Filters of all subscriptions of one connection.</summary>
    public int FiltersPerConnectionMax { get; init; } = 100_000;

    /// <summary>Topics whose receivers are remembered, and whose messages are counted.</summary>
    public int CachedMax { get; init; } = 262_144;

    public int RetainedMax { get; init; } = 1_000_000;

    /// <summary>Retained messages with their topics, headers and overhead.</summary>
    public long RetainedBytesMax { get; init; } = 256L * 1_024 * 1_024;

    public int BindingsMax { get; init; } = 10_000;

    /// <summary>Messages that wait for a subscription which asks for no other room.</summary>
    public int OutboxBytes { get; init; } = 8 * 1_024 * 1_024;

    /// <summary>The most room that a subscription may ask for.</summary>
    public int OutboxBytesMax { get; init; } = 64 * 1_024 * 1_024;

    /// <summary>Messages that wait for all subscriptions together.</summary>
    public long BufferedBytesMax { get; init; } = 256L * 1_024 * 1_024;
}
