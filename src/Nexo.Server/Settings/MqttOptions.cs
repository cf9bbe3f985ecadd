namespace Nexo.Server;

/// <summary>What a message for a session that lasts waits for before its sender is told that it was taken.</summary>
public enum MqttDurability
{
    /// <summary><see cref="Fsync"/> where there is a data directory, else <see cref="Memory"/>.</summary>
    Auto,

    /// <summary>Nothing: sessions end with the process.</summary>
    Memory,

    /// <summary>Nothing, and it is on disk within <see cref="StorageOptions.SyncIntervalMs"/>.</summary>
    Interval,

    /// <summary>The sync of the commit that holds it.</summary>
    Fsync,
}

/// <summary>What becomes of a message for which a session has no room.</summary>
public enum MqttWhenFull
{
    /// <summary>The oldest that were not sent yet make room.</summary>
    DropOldest,

    /// <summary>The new one is dropped.</summary>
    DropNewest,
}

/// <summary>The gateway for clients of MQTT.</summary>
public sealed record MqttOptions
{
    /// <summary>Port of MQTT 3.1.1 and 5; <see cref="NetworkOptions.PortOff"/>: none.</summary>
    public int Port { get; init; } = NetworkOptions.PortOff;

    /// <summary>Of sessions that outlive their connections.</summary>
    public MqttDurability Durability { get; init; } = MqttDurability.Auto;

    /// <summary>Sessions that outlive their connections.</summary>
    public int SessionsMax { get; init; } = 100_000;

    /// <summary>Messages of one session that its client has not acknowledged.</summary>
    public int SessionMessagesMax { get; init; } = 100_000;

    /// <summary>Their topics, headers and bodies.</summary>
    public long SessionBytesMax { get; init; } = 64L * 1_024 * 1_024;

    /// <summary>Messages of all sessions together, one that several have counted once.</summary>
    public long SessionsBytesMax { get; init; } = 256L * 1_024 * 1_024;

    public MqttWhenFull SessionWhenFull { get; init; } = MqttWhenFull.DropOldest;

    /// <summary>The longest time that a session waits for its client, in milliseconds; 0: any.</summary>
    public int SessionExpiryMaxMs { get; init; }

    /// <summary>Whether the HTTP port takes MQTT over WebSocket, at <c>/mqtt</c>.</summary>
    public bool WebSocket { get; init; }

    /// <summary>Messages with QoS 2 of a client that it has not released; MQTT 5 clients are told it.</summary>
    public int ReceiveMaximum { get; init; } = 1_024;

    /// <summary>Messages with QoS 1 and 2 on their way to a client, if it does not ask for fewer.</summary>
    public int InFlightMax { get; init; } = 1_024;

    /// <summary>Aliases of topics that a client may set; and that it is given, if it takes them.</summary>
    public int TopicAliasesMax { get; init; } = 64;

    /// <summary>Longest time, in seconds, that an MQTT 5 client may be silent; it is told so. 0: as it likes.</summary>
    public int KeepAliveMaxSeconds { get; init; }
}
