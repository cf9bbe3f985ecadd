namespace Nexo.Cli.Bench.Streams;

/// <summary>What a run of <c>bench stream</c> found.</summary>
internal sealed record StreamBenchResult
{
    public required StreamBenchSettings Settings { get; init; }

    public required StreamPhaseResult Append { get; init; }

    public required StreamPhaseResult Read { get; init; }

    /// <summary>Appending beside readers that follow; null: left out, since reading was not complete.</summary>
    public required StreamPhaseResult? Tail { get; init; }

    /// <summary>The server when all had been appended.</summary>
    public required StreamFigures Full { get; init; }

    /// <summary>The server at the end.</summary>
    public required StreamFigures End { get; init; }

    public required StreamTraffic Traffic { get; init; }

    /// <summary>Records that were confirmed and did not come; 0 when nobody waited for them.</summary>
    public required long Missing { get; init; }

    public required string ServerVersion { get; init; }

    /// <summary>True when it was ended early; the figures are those of the time until then.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Records that the server has beside those that it confirmed.</summary>
    public long Extra => Interrupted ? 0 : End.Records - Traffic.Confirmed;

    /// <summary>Processor time of this process over all phases.</summary>
    public TimeSpan ClientCpu => Append.ClientCpu + Read.ClientCpu + (Tail?.ClientCpu ?? TimeSpan.Zero);

    public double MegabytesPerSecond(StreamPhaseResult phase) => phase.PerSecond * Settings.Size / 1e6;
}
