namespace Nexo.Server;

/// <summary>The effective settings of one server. The defaults are those of a server without any configuration.</summary>
public sealed record NexoServerOptions
{
    public NetworkOptions Network { get; init; } = new();

    public ConnectionOptions Connections { get; init; } = new();

    public StoreOptions Store { get; init; } = new();

    public SecurityOptions Security { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    /// <summary>Directory of what must survive a restart; null: none is wanted.</summary>
    public string? DataDirectory { get; init; }
}
