namespace Nexo.Server;

/// <summary>The HTTP API.</summary>
public sealed record HttpOptions
{
    /// <summary>Sites whose pages may use it, as <c>https://name</c>, with a port where it is not the usual one.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];
}
