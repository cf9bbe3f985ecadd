namespace Nexo.Server;

/// <summary>The gateway for clients of Redis.</summary>
public sealed record RespOptions
{
    /// <summary>Port of RESP2 and RESP3; <see cref="NetworkOptions.PortOff"/>: none.</summary>
    public int Port { get; init; } = NetworkOptions.PortOff;
}
