namespace Nexo.Engine.Streams;

/// <summary>All streams at one look: some by name, the others summed up.</summary>
public sealed record StreamSurvey
{
    /// <summary>Of all, with what streams that are gone have counted.</summary>
    public required StreamStats Totals { get; init; }

    /// <summary>The oldest ones, oldest first.</summary>
    public required IReadOnlyList<(string Name, StreamStats Stats)> Named { get; init; }

    /// <summary>Those that are there and not among <see cref="Named"/>.</summary>
    public required StreamStats Rest { get; init; }

    /// <summary>How many <see cref="Rest"/> is of.</summary>
    public required int RestCount { get; init; }

    /// <summary>Groups of the oldest streams, the oldest first.</summary>
    public required IReadOnlyList<StreamGroupFigures> Groups { get; init; }

    /// <summary>Those that are not among <see cref="Groups"/>, without names.</summary>
    public required StreamGroupFigures GroupsRest { get; init; }

    /// <summary>How many <see cref="GroupsRest"/> is of.</summary>
    public required int GroupsRestCount { get; init; }
}

/// <summary>What a group has before it.</summary>
/// <param name="Lag">Offsets that are not done.</param>
/// <param name="InFlight">Records that are out.</param>
/// <param name="DeadLetters">Since the start of the server.</param>
public readonly record struct StreamGroupFigures(
    string Stream, string Group, long Lag, long InFlight, long Members, long Done, long DeadLetters)
{
    /// <summary>The sum, under the names of this one.</summary>
    public StreamGroupFigures Plus(StreamGroupFigures other) => this with
    {
        Lag = Lag + other.Lag,
        InFlight = InFlight + other.InFlight,
        Members = Members + other.Members,
        Done = Done + other.Done,
        DeadLetters = DeadLetters + other.DeadLetters,
    };
}
