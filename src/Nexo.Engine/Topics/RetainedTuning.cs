namespace Nexo.Engine.Topics;

/// <summary>Sizes inside the retained messages that users do not set. Tests make them small, so that every border is crossed.</summary>
internal sealed record RetainedTuning
{
    /// <summary>Bytes of the arena's pages; a power of two, up to 1 MiB.</summary>
    public int PageBytes { get; init; } = 256 * 1_024;

    public int PageIdMax { get; init; } = int.MaxValue;

    public int IndexNodeBytes { get; init; } = 256;

    /// <summary>Looks at topics and ranges of filters under one hold of the lock.</summary>
    public int HoldLooksMax { get; init; } = 1_024;

    /// <summary>Messages that are removed, or copied for a snapshot, under one hold of the lock.</summary>
    public int HoldMessagesMax { get; init; } = 256;

    /// <summary>Bytes of messages after which a hold that copies them ends.</summary>
    public int HoldBytesMax { get; init; } = 256 * 1_024;

    /// <summary>Messages that one tick removes at most.</summary>
    public int TickStepsMax { get; init; } = 65_536;

    /// <summary>Due messages that a publish takes along, so that expiry keeps up with any rate of publishing.</summary>
    public int AssistSteps { get; init; } = 2;
}
