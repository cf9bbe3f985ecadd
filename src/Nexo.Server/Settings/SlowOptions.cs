namespace Nexo.Server;

/// <summary>When an operation is slow.</summary>
public sealed record SlowOptions
{
    /// <summary>From so many milliseconds on; 0: none is.</summary>
    public int ThresholdMs { get; init; } = 100;
}
