using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <summary>Every bound of the topics.</summary>
public sealed record TopicLimits
{
    /// <summary>Longest topic, and longest filter without its share.</summary>
    public int TopicBytesMax { get; init; } = 1_024;

    /// <summary>Levels of a topic or a filter.</summary>
    public int LevelsMax { get; init; } = 128;

    /// <summary>Longest body. A frame of 16 MiB holds one with its topic and headers.</summary>
    public int BodyBytesMax { get; init; } = (16 * 1_024 * 1_024) - (256 * 1_024);

    /// <summary>Longest header block.</summary>
    public int HeaderBytesMax { get; init; } = 65_535;

    /// <summary>Filters of all subscriptions.</summary>
    public int FiltersMax { get; init; } = 5_000_000;

    /// <summary>Filters of all subscriptions with one owner, which is a connection.</summary>
    public int FiltersPerOwnerMax { get; init; } = 100_000;

    /// <summary>Memory of all filters; what a change may take at most is to be there before it begins.</summary>
    public long FilterBytesMax { get; init; } = 1_024L * 1_024 * 1_024;

    /// <summary>Topics whose receivers are remembered, and whose messages are counted.</summary>
    public int CachedMax { get; init; } = 262_144;

    /// <summary>
    /// Subscriptions in the remembered sets of receivers, and groups and bindings of topics, 8 bytes each; topics with the same
    /// receivers have one set. What is beyond is looked up for every message.
    /// </summary>
    public long CachedReceiversMax { get; init; } = 8 * 1_024 * 1_024;

    public int RetainedMax { get; init; } = 1_000_000;

    /// <summary>Retained messages with their topics, headers and overhead.</summary>
    public long RetainedBytesMax { get; init; } = 256L * 1_024 * 1_024;

    /// <summary>The longest time to live.</summary>
    public long TtlMsMax { get; init; } = 100L * 365 * 24 * 3_600 * 1_000;

    /// <summary>Of retained messages and bindings, if there is a log.</summary>
    public TopicDurability Durability { get; init; } = TopicDurability.Fsync;

    public int BindingsMax { get; init; } = 10_000;

    /// <summary>Name of a binding.</summary>
    public int NameBytesMax { get; init; } = 255;

    /// <summary>Longest topic, headers and body of a will, together.</summary>
    public int WillBytesMax { get; init; } = 128 * 1_024;

    /// <summary>Wills of all connections, and those that wait for their delay.</summary>
    public long WillsBytesMax { get; init; } = 64 * 1_024 * 1_024;

    /// <summary>Session id of a will.</summary>
    public int WillSessionBytesMax { get; init; } = 64;

    /// <summary>The longest delay of a will.</summary>
    public long WillDelayMsMax { get; init; } = 24L * 3_600 * 1_000;

    /// <summary>Subscriptions that one turn of a fan-out delivers to; the others follow in turns of their own.</summary>
    public int FanOutMax { get; init; } = 1_024;

    /// <summary>What the process may take.</summary>
    public MemoryCap Cap { get; init; } = MemoryCap.None;

    internal RetainedTuning RetainedTuning { get; init; } = new();
}
