namespace Nexo.Siege;

/// <summary>What a siege is run with.</summary>
internal sealed record SiegeOptions
{
    /// <summary>The program and its first arguments: the native binary, or <c>dotnet nexo.dll</c>.</summary>
    public required IReadOnlyList<string> Program { get; init; }

    /// <summary>Where data directories go.</summary>
    public required string Scratch { get; init; }

    /// <summary>What everything is drawn from.</summary>
    public int Seed { get; init; }

    /// <summary>Of one flood, of the fuzz run, or of the soak.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Connections of a flood, as a share of what it has by itself.</summary>
    public double Size { get; init; } = 1;

    public Action<string> Say { get; init; } = Console.Error.WriteLine;
}
