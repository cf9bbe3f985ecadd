using Nexo.Engine.Memory;

namespace Nexo.Engine.Sessions;

/// <summary>Every bound of the sessions.</summary>
public sealed record SessionLimits
{
    /// <summary>An expiry that never comes.</summary>
    public const uint Never = uint.MaxValue;

    public int SessionsMax { get; init; } = 100_000;

    /// <summary>Longest client id.</summary>
    public int ClientIdBytesMax { get; init; } = 1_024;

    public int SubscriptionsPerSessionMax { get; init; } = 10_000;

    /// <summary>Messages of one session that are not acknowledged.</summary>
    public int MessagesPerSessionMax { get; init; } = 100_000;

    /// <summary>Their topics, headers and bodies; one that several sessions have counts in each of them.</summary>
    public long BytesPerSessionMax { get; init; } = 64L * 1_024 * 1_024;

    /// <summary>Memory of the messages of all sessions, with its overhead; one that several sessions have counts once.</summary>
    public long BytesMax { get; init; } = 256L * 1_024 * 1_024;

    public SessionWhenFull WhenFull { get; init; } = SessionWhenFull.DropOldest;

    /// <summary>The longest expiry, in seconds: what asks for more gets this. <see cref="Never"/>: any.</summary>
    public uint ExpirySecondsMax { get; init; } = Never;

    /// <summary>If there is a log.</summary>
    public SessionDurability Durability { get; init; } = SessionDurability.Fsync;

    /// <summary>What the process may take.</summary>
    public MemoryCap Cap { get; init; } = MemoryCap.None;

    /// <summary>Sessions that end by themselves in one tick.</summary>
    internal int ExpiredPerTickMax { get; init; } = 1_024;

    /// <summary>Places of queues that one tick looks at for messages that have expired.</summary>
    internal int ExpiryLooksPerTickMax { get; init; } = 16_384;

    /// <summary>Messages that a slice of a snapshot holds.</summary>
    internal int SliceMessagesMax { get; init; } = 512;

    /// <summary>After so many bytes a slice of a snapshot ends.</summary>
    internal int SliceBytesMax { get; init; } = 256 * 1_024;

    /// <summary>Of the memory for messages; tests use small pages.</summary>
    internal int PageBytes { get; init; } = 64 * 1_024;
}
