using Nexo.Server.Mqtt.Codec;

namespace Nexo.Server.Mqtt;

/// <summary>What a client takes, as it has said, and what the server keeps for it.</summary>
internal sealed record MqttDeliveryTerms
{
    public required MqttVersion Version { get; init; }

    /// <summary>Messages with QoS 1 and 2 that may be on their way at once.</summary>
    public required int ReceiveMaximum { get; init; }

    /// <summary>The largest packet; <see cref="long.MaxValue"/>: it has not said.</summary>
    public required long PacketBytesMax { get; init; }

    /// <summary>Aliases of topics that it takes.</summary>
    public required int AliasesMax { get; init; }

    /// <summary>Bytes of messages that wait for it.</summary>
    public required int WaitingBytesMax { get; init; }
}
