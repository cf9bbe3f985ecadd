using Nexo.Server.Pressure;
using Nexo.Storage;

namespace Nexo.Server;

/// <summary>The effective settings of one server. The defaults are those of a server without any configuration.</summary>
public sealed record NexoServerOptions
{
    public NetworkOptions Network { get; init; } = new();

    public ConnectionOptions Connections { get; init; } = new();

    public StoreOptions Store { get; init; } = new();

    public QueuesOptions Queues { get; init; } = new();

    public TopicsOptions Topics { get; init; } = new();

    public StreamsOptions Streams { get; init; } = new();

    public HttpOptions Http { get; init; } = new();

    public RespOptions Resp { get; init; } = new();

    public MqttOptions Mqtt { get; init; } = new();

    public TlsOptions Tls { get; init; } = new();

    public StorageOptions Storage { get; init; } = new();

    public BackupOptions Backup { get; init; } = new();

    public PressureOptions Pressure { get; init; } = new();

    public SecurityOptions Security { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    public SlowOptions Slow { get; init; } = new();

    public OtlpOptions Otlp { get; init; } = new();

    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>
    /// Directory of what survives a restart, from the working directory; null: nothing is to be on disk. It is made and
    /// locked only when something is to be durable: see <see cref="KeepsData"/>.
    /// </summary>
    public string? DataDirectory { get; init; } = "nexo-data";

    /// <summary>The namespaces besides the default one: a broker of its own each, in a directory of its own below the other's.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Where the file of users is, or would be; null: there can be none.</summary>
    public string? UsersFilePath => Security.UsersFile
        ?? (DataDirectory is { } directory ? Path.Combine(directory, Nexo.Server.Security.UsersFile.Name) : null);

    /// <summary>The disk of the data directory, for tests; null: the machine's.</summary>
    internal Func<IDisk>? OpenDisk { get; init; }

    /// <summary>What memory there is, for tests; null: the machine's.</summary>
    internal IMachineMemory? Machine { get; init; }

    /// <summary>What the data directory takes, for tests; null: what it does, on the machine's disk.</summary>
    internal IMachineDisk? Disk { get; init; }

    /// <summary>The store's durability with <see cref="StoreDurability.Auto"/> decided.</summary>
    public StoreDurability EffectiveDurability => Store.Durability != StoreDurability.Auto ? Store.Durability
        : DataDirectory is null ? StoreDurability.Memory
        : StoreDurability.Interval;

    /// <summary>True when the store is logged, so that entries survive a restart.</summary>
    public bool KeepsStore => EffectiveDurability != StoreDurability.Memory;

    /// <summary>The queues' default durability with <see cref="QueuesDurability.Auto"/> decided.</summary>
    public QueuesDurability EffectiveQueuesDurability => Queues.Durability != QueuesDurability.Auto ? Queues.Durability
        : DataDirectory is null ? QueuesDurability.Memory
        : QueuesDurability.Fsync;

    /// <summary>True when queues are to survive a restart unless they are declared otherwise.</summary>
    public bool KeepsQueues => EffectiveQueuesDurability != QueuesDurability.Memory;

    /// <summary>What of the topics is kept, with <see cref="TopicsDurability.Auto"/> decided.</summary>
    public TopicsDurability EffectiveTopicsDurability => Topics.Durability != TopicsDurability.Auto ? Topics.Durability
        : DataDirectory is null ? TopicsDurability.Memory
        : TopicsDurability.Fsync;

    /// <summary>True when retained messages and bindings survive a restart.</summary>
    public bool KeepsTopics => EffectiveTopicsDurability != TopicsDurability.Memory;

    /// <summary>The streams' default durability with <see cref="StreamsDurability.Auto"/> decided.</summary>
    public StreamsDurability EffectiveStreamsDurability => Streams.Durability != StreamsDurability.Auto ? Streams.Durability
        : DataDirectory is null ? StreamsDurability.Memory
        : StreamsDurability.Fsync;

    /// <summary>True when streams are to survive a restart unless they are created otherwise.</summary>
    public bool KeepsStreams => EffectiveStreamsDurability != StreamsDurability.Memory;

    /// <summary>What of sessions of MQTT is kept, with <see cref="MqttDurability.Auto"/> decided.</summary>
    public MqttDurability EffectiveMqttDurability => Mqtt.Durability != MqttDurability.Auto ? Mqtt.Durability
        : DataDirectory is null ? MqttDurability.Memory
        : MqttDurability.Fsync;

    /// <summary>True when sessions of MQTT survive a restart.</summary>
    public bool KeepsSessions => EffectiveMqttDurability != MqttDurability.Memory;

    /// <summary>True when there is a log, and so a data directory is needed.</summary>
    public bool KeepsData => KeepsStore || KeepsQueues || KeepsTopics || KeepsStreams
        || (KeepsSessions && (Mqtt.Port != NetworkOptions.PortOff || Mqtt.WebSocket));
}
