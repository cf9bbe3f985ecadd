namespace Nexo.Cli.Queues;

/// <summary>What becomes of a message that was shown.</summary>
internal enum ConsumeSettling
{
    /// <summary>It is done.</summary>
    Ack,

    /// <summary>It is given back when the command ends.</summary>
    GiveBack,

    /// <summary>It has failed.</summary>
    Nack,

    /// <summary>It is a dead letter.</summary>
    DeadLetter,
}

/// <summary>What <c>consume</c> is to do.</summary>
internal sealed record ConsumeSettings
{
    /// <summary>Ends after so many.</summary>
    public required long CountMax { get; init; }

    /// <summary>Waits for what is still to come, without an end.</summary>
    public required bool Follow { get; init; }

    /// <summary>How long to wait for a first message; null: not at all.</summary>
    public required TimeSpan? Wait { get; init; }

    public required ConsumeSettling Settling { get; init; }

    /// <summary>Why messages are nacked, or are dead letters.</summary>
    public required string? Reason { get; init; }

    /// <summary>When nacked messages come again; null: as the queue says.</summary>
    public required TimeSpan? Delay { get; init; }

    /// <summary>A shell command that works on each message; null: they are printed.</summary>
    public required string? Exec { get; init; }

    /// <summary>Bodies as they are, with nothing between them.</summary>
    public required bool Raw { get; init; }

    /// <summary>Messages that may be here at once.</summary>
    public required int Prefetch { get; init; }

    public required TimeSpan? Lease { get; init; }
}
