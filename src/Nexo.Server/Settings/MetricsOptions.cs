namespace Nexo.Server;

/// <summary>What of the metrics is up to the keeper.</summary>
public sealed record MetricsOptions
{
    /// <summary>Queues, streams and groups, each, that have figures of their own.</summary>
    public int ObjectsMax { get; init; } = 200;
}
