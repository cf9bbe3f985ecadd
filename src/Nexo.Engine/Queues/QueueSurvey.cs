namespace Nexo.Engine.Queues;

/// <summary>All queues at one look: some by name, the others summed up.</summary>
public sealed record QueueSurvey
{
    /// <summary>Of all, with what queues that are gone have counted.</summary>
    public required QueueStats Totals { get; init; }

    /// <summary>The oldest ones, oldest first.</summary>
    public required IReadOnlyList<(string Name, QueueStats Stats)> Named { get; init; }

    /// <summary>Those that are there and not among <see cref="Named"/>.</summary>
    public required QueueStats Rest { get; init; }

    /// <summary>How many <see cref="Rest"/> is of.</summary>
    public required int RestCount { get; init; }
}
