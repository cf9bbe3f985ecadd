namespace Nexo.Server;

/// <summary>The gateway for clients of MQTT.</summary>
public sealed record MqttOptions
{
    /// <summary>Port of MQTT 3.1.1 and 5; <see cref="NetworkOptions.PortOff"/>: none.</summary>
    public int Port { get; init; } = NetworkOptions.PortOff;
}
