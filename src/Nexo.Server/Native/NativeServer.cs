using Nexo.Engine;
using Nexo.Engine.Queues;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Mqtt;
using Nexo.Server.Observability;
using Nexo.Server.Security;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>What the native connections work with.</summary>
internal sealed class NativeServer
{
    public NativeServer(Broker broker, ClientConnections clients, MqttCounters mqtt, FactBoard facts)
    {
        NexoServerOptions options = broker.Options;
        Broker = broker;
        Clients = clients;
        StoreLimits = broker.StoreLimits;
        Store = broker.Store;
        QueueLimits = broker.QueueLimits;
        Queues = broker.Queues;
        Topics = broker.Topics;
        TopicTicker = broker.TopicTicker;
        TopicsOptions = options.Topics;
        TopicsDurability = options.EffectiveTopicsDurability;
        Streams = broker.Streams;
        StreamsDurability = options.EffectiveStreamsDurability;
        Sessions = broker.Sessions;
        SessionsDurability = options.EffectiveMqttDurability;
        Clock = broker.Clock;
        ScheduleTicker = broker.ScheduleTicker;
        Persistence = broker.Persistence;
        Snapshots = broker.Snapshots;
        Backups = broker.Backups;
        Mqtt = mqtt;
        Facts = facts;
        Durability = options.EffectiveDurability;
        QueuesDurability = options.EffectiveQueuesDurability;
    }

    /// <summary>What they are connections to.</summary>
    public Broker Broker { get; }

    /// <summary>The connections, and those of other protocols.</summary>
    public ClientConnections Clients { get; }

    public ConnectionOptions Options => Clients.Options;

    public StoreLimits StoreLimits { get; }

    public StoreService Store { get; }

    public QueueLimits QueueLimits { get; }

    public QueueService Queues { get; }

    public TopicService Topics { get; }

    /// <summary>What waits for slow subscriptions to topics.</summary>
    public TopicBuffers TopicBuffers => Clients.TopicBuffers;

    /// <summary>What is due of the topics, and how much goes on there.</summary>
    public TopicTicker TopicTicker { get; }

    public TopicsOptions TopicsOptions { get; }

    /// <summary>What retained messages and bindings wait for.</summary>
    public TopicsDurability TopicsDurability { get; }

    public StreamService Streams { get; }

    /// <summary>What streams wait for that are not created otherwise.</summary>
    public StreamsDurability StreamsDurability { get; }

    /// <summary>Sessions of MQTT that outlive their connections.</summary>
    public SessionService Sessions { get; }

    /// <summary>What messages for them wait for.</summary>
    public MqttDurability SessionsDurability { get; }

    /// <summary>What INFO tells of the server beyond this.</summary>
    public FactBoard Facts { get; }

    /// <summary>What connections of MQTT have done.</summary>
    public MqttCounters Mqtt { get; }

    /// <summary>The engine's clock.</summary>
    public EngineClock Clock { get; }

    /// <summary>The schedules, and what runs them.</summary>
    public ScheduleTicker ScheduleTicker { get; }

    public Persistence Persistence { get; }

    public SnapshotService Snapshots { get; }

    public BackupService Backups { get; }

    /// <summary>What a write of the store waits for that asks for nothing.</summary>
    public StoreDurability Durability { get; }

    /// <summary>True when it waits for the disk.</summary>
    public bool WritesWait => Durability == StoreDurability.Fsync;

    /// <summary>True when the store is logged.</summary>
    public bool KeepsStore => Durability != StoreDurability.Memory;

    /// <summary>What queues wait for that are not declared otherwise.</summary>
    public QueuesDurability QueuesDurability { get; }

    public IAuthenticator Authenticator => Clients.Authenticator;

    /// <summary>New at every start, so that clients notice a restart.</summary>
    public Guid ServerId => Clients.ServerId;

    /// <summary>The clock of time-outs.</summary>
    public TimeProvider Time => Clients.Time;

    /// <summary>What HELLO is answered with.</summary>
    public HelloReply Welcome() => new()
    {
        Version = ProtocolVersion.V1,
        ServerId = ServerId,
        ServerVersion = ServerFacts.Version,
        FrameBytesMax = (uint)Options.FrameBytesMax,
        InFlightMax = (uint)Options.InFlightMax,
        KeyBytesMax = (uint)StoreLimits.KeyBytesMax,
        ValueBytesMax = (uint)StoreLimits.ValueBytesMax,
        IdleTimeoutMs = (uint)Options.IdleTimeoutMs,
        Namespace = Broker.Name == Namespaces.Default ? null : Broker.Name,
    };
}
