using Microsoft.Extensions.Logging;
using Nexo.Engine;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Mqtt;
using Nexo.Server.Mqtt.Sessions;
using Nexo.Server.Native;
using Nexo.Server.Resp;
using Nexo.Server.Topics;
using Nexo.Storage;

namespace Nexo.Server.Brokers;

/// <summary>
/// A broker, whole: store, queues, topics, streams, sessions and schedules by one clock, the log that they are kept in, and what the
/// connections of each protocol work with. Nothing in it knows of another one.
/// </summary>
internal sealed class Broker : IAsyncDisposable
{
    private readonly StoreTicker _storeTicker;
    private readonly QueueTicker _queueTicker;
    private readonly StreamTicker _streamTicker;
    private readonly SessionTicker _sessionTicker;

    public Broker(string name, BrokerSet all, BrokerSurroundings shared)
    {
        Name = name;
        All = all;
        Options = name == Namespaces.Default ? shared.Options : OptionsOf(name, shared.Options);
        ILoggerFactory logs = name == Namespaces.Default ? shared.Logs : new NamespaceLogs(shared.Logs, name);
        TimeProvider time = shared.Time;

        // One clock: deadlines of all parts go on together after a restart.
        Clock = new EngineClock(time);
        StoreLimits = BrokerLimits.Store(Options) with { Cap = shared.Cap };
        Store = new StoreService(StoreLimits, Clock);
        QueueLimits = BrokerLimits.Queues(Options) with { Cap = shared.Cap };
        Queues = new QueueService(QueueLimits, Clock);
        Streams = new StreamService(BrokerLimits.Streams(Options) with { Cap = shared.Cap }, Clock);
        Topics = new TopicService(
            BrokerLimits.Topics(Options) with { Cap = shared.Cap }, Clock, new TopicTargets(Queues, QueueLimits, Streams));
        Schedules = new ScheduleService(new ScheduleLimits(), Clock);
        Sessions = new SessionService(BrokerLimits.Sessions(Options) with { Cap = shared.Cap }, Clock);
        MqttSessions = new MqttSessions(Sessions, Topics, shared.Users, shared.Audit, name);

        // What survives a restart, in the order in which it is read back: the store brings the clock.
        Parts = new DurableParts(
        [
            new DurableStore(Store, Options), new DurableQueues(Queues), new DurableTopics(Topics), new DurableStreams(Streams),
            new DurableSchedules(Schedules), new DurableSessions(Sessions, MqttSessions),
        ]);
        Persistence = new Persistence(Options, Store, Parts, time, logs.CreateLogger<Persistence>());
        Snapshots = new SnapshotService(Persistence, Store, Parts, Options, time, logs.CreateLogger<SnapshotService>());
        Backups = new BackupService(Persistence, Parts, Options, time);

        _storeTicker = new StoreTicker(Store, Persistence, time);
        _queueTicker = new QueueTicker(Queues, Persistence, time);
        TopicTicker = new TopicTicker(Topics, Persistence, Clock, time);
        _streamTicker = new StreamTicker(Streams, Persistence, time);
        _sessionTicker = new SessionTicker(Sessions, Persistence, time);
        ScheduleTicker = new ScheduleTicker(
            Schedules, Queues, Clock, Persistence, time, logs.CreateLogger<ScheduleTicker>());

        Native = new NativeServer(this, shared.Clients, shared.Mqtt, shared.Facts);
        Resp = new RespServer(this, shared.Clients);
        Mqtt = new MqttServer(this, shared.Clients, shared.Mqtt);
    }

    /// <summary>Its namespace.</summary>
    public string Name { get; }

    /// <summary>It, and the others.</summary>
    public BrokerSet All { get; }

    /// <summary>Its settings: those of the server, but for the directory.</summary>
    public NexoServerOptions Options { get; }

    public EngineClock Clock { get; }

    public StoreLimits StoreLimits { get; }

    public StoreService Store { get; }

    public QueueLimits QueueLimits { get; }

    public QueueService Queues { get; }

    public StreamService Streams { get; }

    public TopicService Topics { get; }

    public ScheduleService Schedules { get; }

    /// <summary>Sessions of MQTT that outlive their connections.</summary>
    public SessionService Sessions { get; }

    /// <summary>The same, with their subscriptions.</summary>
    public MqttSessions MqttSessions { get; }

    /// <summary>All of these that are kept on disk.</summary>
    public DurableParts Parts { get; }

    public Persistence Persistence { get; }

    public SnapshotService Snapshots { get; }

    public BackupService Backups { get; }

    /// <summary>What is due of the topics, and how much goes on there.</summary>
    public TopicTicker TopicTicker { get; }

    /// <summary>The schedules, and what runs them.</summary>
    public ScheduleTicker ScheduleTicker { get; }

    /// <summary>What connections of the native protocol work with.</summary>
    public NativeServer Native { get; }

    /// <summary>What clients of Redis work with.</summary>
    public RespServer Resp { get; }

    /// <summary>What clients of MQTT work with.</summary>
    public MqttServer Mqtt { get; }

    /// <summary>True when connections may come: what it keeps has been read back, if it keeps anything.</summary>
    public bool IsOpen => Persistence is not { IsOn: true, Log: null };

    /// <summary>
    /// Whether what is to be kept is refused as on a full disk, or else after how many bytes; and whether room is to be made there.
    /// </summary>
    public void HoldGrowthOnDisk(bool isFull, long room, bool makeRoom)
    {
        Persistence.MustMakeRoom = makeRoom;
        Persistence.Log?.HoldGrowthAfter(isFull ? 0 : room);
        Queues.HoldsGrowth = isFull;
        Streams.HoldsGrowth = isFull;
    }

    /// <summary>Nothing happens by itself any more. May be called again.</summary>
    public void StopTicks()
    {
        _storeTicker.Dispose();
        _queueTicker.Dispose();
        TopicTicker.Dispose();
        _streamTicker.Dispose();
        _sessionTicker.Dispose();
        ScheduleTicker.Dispose();
    }

    /// <summary>Lets go of everything as a crash would, unless it was closed.</summary>
    public async ValueTask DisposeAsync()
    {
        StopTicks();
        Snapshots.Dispose();
        await Persistence.DisposeAsync();
        Sessions.Dispose();
        Topics.Dispose();
        Streams.Dispose();
        Queues.Dispose();
        Store.Dispose();
    }

    private static NexoServerOptions OptionsOf(string name, NexoServerOptions options) => options.DataDirectory is not { } directory
        ? options
        : options with
        {
            DataDirectory = Path.Combine(directory, DataDirectory.NamespacesDirectory, name),
            OpenDisk = null,
        };
}
