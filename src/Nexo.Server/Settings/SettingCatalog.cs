using Microsoft.Extensions.Logging;
using Nexo.Engine.Store;

namespace Nexo.Server.Settings;

/// <summary>
/// Every setting there is. File, environment, flags, <c>nexo config</c> and the documentation all come from here.
/// </summary>
internal static partial class SettingCatalog
{
    private const int Kb = 1_024;
    private const int Mb = 1_024 * Kb;
    private const int Gb = 1_024 * Mb;
    private const int Second = 1_000;
    private const int Minute = 60 * Second;
    private const int Hour = 60 * Minute;
    private const int ThreadsMax = 256;
    private const int PortMax = 65_535;

    // The store's fixed room beside a value (key, header) must fit into the smallest frame with room for a value.
    private const int FrameBytesMin = 128 * Kb;

    public static IReadOnlyList<Setting> All { get; } =
    [
        .. Network(), .. Connections(), .. Store(), .. Queues(), .. Topics(), .. Streams(), .. Gateways(),
        .. MqttConnections(), .. TlsOnPorts(), .. Http(), .. Security(), .. Pressure(), .. Log(), .. Observability(),
        .. Data(), .. Backup(),
    ];

    public static Setting? Find(string name) =>
        All.FirstOrDefault(setting => string.Equals(setting.Name, name, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<Setting> Network()
    {
        yield return Network("bind", SettingKinds.Address, n => n.Bind, (n, v) => n with { Bind = v }, "--bind",
            "Address to listen on, for all ports");
        yield return Network("port", SettingKinds.Integer(0, PortMax), n => n.Port, (n, v) => n with { Port = v }, "--port",
            "Port of the Nexo protocol; 0: choose a free one and print it");
        yield return Network("http-port", SettingKinds.Integer(NetworkOptions.HttpOff, PortMax),
            n => n.HttpPort, (n, v) => n with { HttpPort = v }, "--http-port",
            "Port of the HTTP API, health, metrics and the status page; 0: choose and print, -1: off");
        yield return Network("unix-socket", SettingKinds.SocketPath,
            n => n.UnixSocket, (n, v) => n with { UnixSocket = v }, "--unix-socket",
            "Path of a unix socket that speaks the Nexo protocol too; only the server's own user may connect");
        yield return Network("threads", SettingKinds.Integer(0, ThreadsMax),
            n => n.Threads, (n, v) => n with { Threads = v }, null,
            "Most event loops that serve sockets, of which more than one run only under load; 0: one for each processor");
        yield return Network("insecure", SettingKinds.Flag, n => n.Insecure, (n, v) => n with { Insecure = v }, "--insecure",
            "Listen where other machines can connect although no credentials are configured");
    }

    private static IEnumerable<Setting> Connections()
    {
        yield return Connections("max", SettingKinds.Integer(1, 1_000_000),
            c => c.ConnectionsMax, (c, v) => c with { ConnectionsMax = v },
            "Open connections; one more is told so and closed");
        yield return Connections("frame-bytes-max", SettingKinds.Size(FrameBytesMin, 512 * Mb),
            c => c.FrameBytesMax, (c, v) => c with { FrameBytesMax = v },
            "Largest frame; a value has 65 KiB less");
        yield return Connections("pre-auth-bytes-max", SettingKinds.Size(Kb, Mb),
            c => c.PreAuthBytesMax, (c, v) => c with { PreAuthBytesMax = v },
            "Largest frame of a client that has not logged in, and what waits for one that does not read");
        yield return Connections("hello-timeout", SettingKinds.Duration(100, 10 * Minute),
            c => c.HelloTimeoutMs, (c, v) => c with { HelloTimeoutMs = v },
            "How long a client may take to send HELLO");
        yield return Connections("ping-after-idle", SettingKinds.Duration(0, 24 * Hour),
            c => c.PingAfterIdleMs, (c, v) => c with { PingAfterIdleMs = v },
            "Silence after which the server sends a PING; 0: never");
        yield return Connections("idle-timeout", SettingKinds.Duration(0, 24 * Hour),
            c => c.IdleTimeoutMs, (c, v) => c with { IdleTimeoutMs = v },
            "Silence after which a connection is closed; 0: never");
        yield return Connections("in-flight-max", SettingKinds.Integer(1, 65_536),
            c => c.InFlightMax, (c, v) => c with { InFlightMax = v },
            "Requests and subscriptions open at once on one connection");
        yield return Connections("reply-bytes-max", SettingKinds.Size(64 * Kb, Gb),
            c => c.ReplyBytesMax, (c, v) => c with { ReplyBytesMax = v },
            "Replies that wait for a client; past it nothing more is read from that client");
        yield return Connections("send-stall", SettingKinds.Duration(100, Hour),
            c => c.SendStallMs, (c, v) => c with { SendStallMs = v },
            "How long a client may take nothing of what waits for it before it is cut");
        yield return Connections("stop-grace", SettingKinds.Duration(0, 10 * Minute),
            c => c.StopGraceMs, (c, v) => c with { StopGraceMs = v },
            "How long a stop waits for requests that are in flight");
        yield return Connections("watch-bytes-max", SettingKinds.Size(64 * Kb, Gb),
            c => c.WatchBytesMax, (c, v) => c with { WatchBytesMax = v },
            "Changes that wait for one slow WATCH; more are counted and reported as missed");
    }

    private static IEnumerable<Setting> Store()
    {
        yield return Store("durability",
            SettingKinds.Choice([
                ("auto", StoreDurability.Auto), ("memory", StoreDurability.Memory),
                ("interval", StoreDurability.Interval), ("fsync", StoreDurability.Fsync)]),
            s => s.Durability, (s, v) => s with { Durability = v },
            "What a write waits for. fsync: the disk. interval: nothing, and it is on disk within storage.sync-interval. "
            + "memory: nothing, and entries end with the process. auto: interval, or memory when data.directory is none");
        yield return Store("max-memory", SettingKinds.Size(0, 1L << 43), s => s.MaxMemory, (s, v) => s with { MaxMemory = v },
            "Memory for entries and the structures over them; 0: no limit");
        yield return Store("eviction",
            SettingKinds.Choice([("refuse", StoreEviction.Refuse), ("evict", StoreEviction.Evict)]),
            s => s.Eviction, (s, v) => s with { Eviction = v },
            "At store.max-memory: refuse writes with a typed error, or evict entries that were not used lately");
        yield return Store("shards", SettingKinds.Shards, s => s.Shards, (s, v) => s with { Shards = v },
            "Parts of the store with a lock each; 0: chosen from the number of cores");
    }

    private static IEnumerable<Setting> Queues()
    {
        yield return Queues("auto-create", SettingKinds.Flag, q => q.AutoCreate, (q, v) => q with { AutoCreate = v },
            "Whether a push or a consumer makes a queue that is not there, with the defaults; else it must be declared first");
        yield return Queues("durability",
            SettingKinds.Choice([
                ("auto", QueuesDurability.Auto), ("memory", QueuesDurability.Memory),
                ("interval", QueuesDurability.Interval), ("fsync", QueuesDurability.Fsync)]),
            q => q.Durability, (q, v) => q with { Durability = v },
            "What a push or an ack waits for, in queues that are not declared otherwise. fsync: the disk. interval: nothing, and "
            + "it is on disk within storage.sync-interval. memory: nothing, and messages end with the process. auto: fsync, or "
            + "memory when data.directory is none");
        yield return Queues("memory", SettingKinds.Size(Mb, 1L << 43),
            q => q.MemoryBytesMax, (q, v) => q with { MemoryBytesMax = v },
            "Waiting messages of all queues that are kept in memory; the others wait on disk, if there is one");
        yield return Queues("max", SettingKinds.Integer(1, 10_000_000), q => q.QueuesMax, (q, v) => q with { QueuesMax = v },
            "Queues there may be; one more is refused");
    }

    private static IEnumerable<Setting> Topics()
    {
        yield return Topics("durability",
            SettingKinds.Choice([
                ("auto", TopicsDurability.Auto), ("memory", TopicsDurability.Memory),
                ("interval", TopicsDurability.Interval), ("fsync", TopicsDurability.Fsync)]),
            t => t.Durability, (t, v) => t with { Durability = v },
            "What a retained publish, or a change of a binding, waits for. fsync: the disk. interval: nothing, and it is on disk "
            + "within storage.sync-interval. memory: nothing, and both end with the process. auto: fsync, or memory when "
            + "data.directory is none");
        yield return Topics("topic-bytes-max", SettingKinds.Integer(1, ushort.MaxValue),
            t => t.TopicBytesMax, (t, v) => t with { TopicBytesMax = v },
            "Longest topic, and longest filter without its share, in bytes of UTF-8");
        yield return Topics("levels-max", SettingKinds.Integer(1, ushort.MaxValue),
            t => t.LevelsMax, (t, v) => t with { LevelsMax = v }, "Levels of a topic or a filter");
        yield return Topics("filters-max", SettingKinds.Integer(1, 100_000_000),
            t => t.FiltersMax, (t, v) => t with { FiltersMax = v }, "Filters of all subscriptions; one more is refused");
        yield return Topics("filter-bytes-max", SettingKinds.Size(Mb, 1L << 43),
            t => t.FilterBytesMax, (t, v) => t with { FilterBytesMax = v }, "Memory of all filters; past it none is added");
        yield return Topics("filters-per-connection-max", SettingKinds.Integer(1, 100_000_000),
            t => t.FiltersPerConnectionMax, (t, v) => t with { FiltersPerConnectionMax = v },
            "Filters of all subscriptions of one connection");
        yield return Topics("cached-max", SettingKinds.Integer(16, 100_000_000),
            t => t.CachedMax, (t, v) => t with { CachedMax = v },
            "Topics whose receivers are remembered, and whose messages are counted");
        yield return Topics("retained-max", SettingKinds.Integer(0, 1_000_000_000),
            t => t.RetainedMax, (t, v) => t with { RetainedMax = v }, "Retained messages; one more is refused");
        yield return Topics("retained-bytes-max", SettingKinds.Size(0, 1L << 43),
            t => t.RetainedBytesMax, (t, v) => t with { RetainedBytesMax = v },
            "Retained messages with their topics and headers; more are refused");
        yield return Topics("bindings-max", SettingKinds.Integer(0, 1_000_000),
            t => t.BindingsMax, (t, v) => t with { BindingsMax = v }, "Bindings of topics to queues and streams");
        yield return Topics("outbox-bytes", SettingKinds.Size(4 * Kb, Gb),
            t => t.OutboxBytes, (t, v) => t with { OutboxBytes = v },
            "Messages that wait for a slow subscription which asks for no other room; what comes then is as it has chosen");
        yield return Topics("outbox-bytes-max", SettingKinds.Size(4 * Kb, Gb),
            t => t.OutboxBytesMax, (t, v) => t with { OutboxBytesMax = v }, "The most room that a subscription may ask for");
        yield return Topics("buffered-bytes-max", SettingKinds.Size(Mb, 1L << 43),
            t => t.BufferedBytesMax, (t, v) => t with { BufferedBytesMax = v },
            "Messages that wait for all slow subscriptions together, and large ones on their way to any; nobody gets all of it");
    }

    private static IEnumerable<Setting> Streams()
    {
        yield return Streams("durability",
            SettingKinds.Choice([
                ("auto", StreamsDurability.Auto), ("memory", StreamsDurability.Memory),
                ("interval", StreamsDurability.Interval), ("fsync", StreamsDurability.Fsync)]),
            s => s.Durability, (s, v) => s with { Durability = v },
            "What an append waits for, and readers with it, in streams that are not created otherwise. fsync: the disk. interval: "
            + "nothing, and it is on disk within storage.sync-interval. memory: nothing, and records end with the process. auto: "
            + "fsync, or memory when data.directory is none");
        yield return Streams("memory", SettingKinds.Size(Mb, 1L << 43),
            s => s.MemoryBytesMax, (s, v) => s with { MemoryBytesMax = v },
            "Records of all streams together where data.directory is none; past it appends are refused");
        yield return Streams("max", SettingKinds.Integer(1, 10_000_000),
            s => s.StreamsMax, (s, v) => s with { StreamsMax = v }, "Streams there may be; one more is refused");
        yield return Streams("producers-max", SettingKinds.Integer(1, 1_000_000),
            s => s.ProducersMax, (s, v) => s with { ProducersMax = v },
            "Idempotent producers that a stream remembers; for one more, the one that was silent longest is forgotten");
        yield return Streams("keys-max", SettingKinds.Integer(1, 256 * Mb),
            s => s.KeysMax, (s, v) => s with { KeysMax = v },
            "Keys of one stream of which versions can be expected; they are in memory, with 24 bytes or so each");
        yield return Streams("groups-max", SettingKinds.Integer(1, 100_000),
            s => s.GroupsPerStreamMax, (s, v) => s with { GroupsPerStreamMax = v }, "Groups of one stream; one more is refused");
        yield return Streams("group-window", SettingKinds.Integer(64, 1_000_000),
            s => s.GroupWindow, (s, v) => s with { GroupWindow = v },
            "Records of a group shared by key that are out, or wait for others of their key or their next try; past it none is read");
        yield return Streams("compaction-dirty-percent", SettingKinds.Integer(1, 100),
            s => s.CompactionDirtyPercent, (s, v) => s with { CompactionDirtyPercent = v },
            "A stream with compaction is compacted when so much of what can be, in percent, has come since the last time");
        yield return Streams("compaction-rate", SettingKinds.Size(Mb, 1L << 40),
            s => s.CompactionRate, (s, v) => s with { CompactionRate = v },
            "Bytes a second that compaction reads and writes, over all streams");
    }

    private static IEnumerable<Setting> Gateways()
    {
        yield return new Setting<int>("resp.port", SettingKinds.Integer(NetworkOptions.PortOff, PortMax),
            o => o.Resp.Port, (o, v) => o with { Resp = o.Resp with { Port = v } },
            "Port of the Redis protocol, by custom 6380; 0: choose a free one and print it, -1: off")
        {
            Flag = "--resp-port",
        };
        yield return new Setting<int>("mqtt.port", SettingKinds.Integer(NetworkOptions.PortOff, PortMax),
            o => o.Mqtt.Port, (o, v) => o with { Mqtt = o.Mqtt with { Port = v } },
            "Port of MQTT, by custom 1883; 0: choose a free one and print it, -1: off")
        {
            Flag = "--mqtt-port",
        };
        yield return Mqtt("durability",
            SettingKinds.Choice([
                ("auto", MqttDurability.Auto), ("memory", MqttDurability.Memory),
                ("interval", MqttDurability.Interval), ("fsync", MqttDurability.Fsync)]),
            m => m.Durability, (m, v) => m with { Durability = v },
            "What a message for a session that outlives its connection waits for. fsync: the disk. interval: nothing, and it is on disk "
            + "within storage.sync-interval. memory: nothing, and sessions end with the process. auto: fsync, or memory when "
            + "data.directory is none");
        yield return Mqtt("sessions-max", SettingKinds.Integer(0, 10_000_000),
            m => m.SessionsMax, (m, v) => m with { SessionsMax = v },
            "Sessions that outlive their connections; one more is refused");
        yield return Mqtt("session-messages-max", SettingKinds.Integer(1, 10_000_000),
            m => m.SessionMessagesMax, (m, v) => m with { SessionMessagesMax = v },
            "Messages of one session that its client has not acknowledged");
        yield return Mqtt("session-bytes-max", SettingKinds.Size(Kb, 8L * Kb * Gb),
            m => m.SessionBytesMax, (m, v) => m with { SessionBytesMax = v },
            "Their topics, headers and bodies");
        yield return Mqtt("sessions-bytes-max", SettingKinds.Size(Mb, 8L * Kb * Gb),
            m => m.SessionsBytesMax, (m, v) => m with { SessionsBytesMax = v },
            "Memory for messages of all sessions, one that several have counted once; past it new ones are dropped");
        yield return Mqtt("session-when-full",
            SettingKinds.Choice([("drop-oldest", MqttWhenFull.DropOldest), ("drop-newest", MqttWhenFull.DropNewest)]),
            m => m.SessionWhenFull, (m, v) => m with { SessionWhenFull = v },
            "What is dropped for a session that is full: the oldest that were not sent yet, or what comes");
        yield return Mqtt("session-expiry-max", SettingKinds.Duration(0, 24 * 24 * Hour),
            m => m.SessionExpiryMaxMs, (m, v) => m with { SessionExpiryMaxMs = v },
            "Longest time that a session waits for its client to come back; 0: as long as the client asks for");
    }

    private static IEnumerable<Setting> Log()
    {
        yield return new Setting<LogFormat>("log.format",
            SettingKinds.Choice([("text", LogFormat.Text), ("json", LogFormat.Json)]),
            o => o.Log.Format, (o, v) => o with { Log = o.Log with { Format = v } },
            "How the log is written to standard error: lines for people, or a JSON object a line")
        {
            Flag = "--log-format",
        };
        yield return new Setting<LogLevel>("log.level",
            SettingKinds.Choice([
                ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("information", LogLevel.Information),
                ("warning", LogLevel.Warning), ("error", LogLevel.Error), ("critical", LogLevel.Critical),
                ("none", LogLevel.None)]),
            o => o.Log.Level, (o, v) => o with { Log = o.Log with { Level = v } },
            "The least severe messages that are written")
        {
            Flag = "--log-level",
        };
    }

    private static IEnumerable<Setting> Data()
    {
        yield return new Setting<string?>("data.directory", SettingKinds.DataDirectory,
            o => o.DataDirectory, (o, v) => o with { DataDirectory = v },
            "Directory of what survives a restart, made when it is needed; none: nothing is on disk")
        {
            Flag = "--data",
        };
        yield return new Setting<IReadOnlyList<string>>("data.namespaces", SettingKinds.Namespaces,
            o => o.Namespaces, (o, v) => o with { Namespaces = v },
            "Namespaces besides the default one, each a broker of its own in namespaces/NAME of data.directory");
        yield return Storage("sync-interval", SettingKinds.Duration(10, Minute),
            s => s.SyncIntervalMs, (s, v) => s with { SyncIntervalMs = v },
            "How long a write that nobody waits for may stay unsynced");
        yield return Storage("segment-bytes", SettingKinds.Size(Mb, Gb),
            s => s.SegmentBytes, (s, v) => s with { SegmentBytes = v },
            "Size of a segment of the write-ahead log; one or two are kept ready");
        yield return Storage("pending-bytes-max", SettingKinds.Size(Mb, Gb),
            s => s.PendingBytesMax, (s, v) => s with { PendingBytesMax = v },
            "Records that wait to be written; past it connections that write are held until the disk has caught up");
        yield return Storage("snapshot-wal-bytes", SettingKinds.Size(Mb, 1L << 43),
            s => s.SnapshotWalBytes, (s, v) => s with { SnapshotWalBytes = v },
            "Growth of the log that begins a snapshot, never less than the size of the last one; bounds disk use and recovery");
        yield return Storage("snapshot-interval", SettingKinds.Duration(0, 24 * Hour),
            s => s.SnapshotIntervalMs, (s, v) => s with { SnapshotIntervalMs = v },
            "Time since the last snapshot that begins one, if anything was written; 0: never");
        yield return Storage("snapshot-rate", SettingKinds.Size(0, 1L << 43),
            s => s.SnapshotRate, (s, v) => s with { SnapshotRate = v },
            "Most bytes of a snapshot that are written in a second; 0: as fast as the disk takes them");
    }

    private static Setting<T> Storage<T>(
        string key,
        SettingKind<T> kind,
        Func<StorageOptions, T> get,
        Func<StorageOptions, T, StorageOptions> set,
        string description) => new(
        $"storage.{key}", kind, o => get(o.Storage), (o, v) => o with { Storage = set(o.Storage, v) }, description);

    private static Setting<T> Network<T>(
        string key,
        SettingKind<T> kind,
        Func<NetworkOptions, T> get,
        Func<NetworkOptions, T, NetworkOptions> set,
        string? flag,
        string description) => new(
        $"network.{key}", kind, o => get(o.Network), (o, v) => o with { Network = set(o.Network, v) }, description)
        {
            Flag = flag,
        };

    private static Setting<T> Connections<T>(
        string key,
        SettingKind<T> kind,
        Func<ConnectionOptions, T> get,
        Func<ConnectionOptions, T, ConnectionOptions> set,
        string description) => new(
        $"connections.{key}", kind, o => get(o.Connections),
        (o, v) => o with { Connections = set(o.Connections, v) }, description);

    private static Setting<T> Store<T>(
        string key,
        SettingKind<T> kind,
        Func<StoreOptions, T> get,
        Func<StoreOptions, T, StoreOptions> set,
        string description) => new(
        $"store.{key}", kind, o => get(o.Store), (o, v) => o with { Store = set(o.Store, v) }, description);

    private static Setting<T> Queues<T>(
        string key,
        SettingKind<T> kind,
        Func<QueuesOptions, T> get,
        Func<QueuesOptions, T, QueuesOptions> set,
        string description) => new(
        $"queues.{key}", kind, o => get(o.Queues), (o, v) => o with { Queues = set(o.Queues, v) }, description);

    private static Setting<T> Topics<T>(
        string key,
        SettingKind<T> kind,
        Func<TopicsOptions, T> get,
        Func<TopicsOptions, T, TopicsOptions> set,
        string description) => new(
        $"topics.{key}", kind, o => get(o.Topics), (o, v) => o with { Topics = set(o.Topics, v) }, description);

    private static Setting<T> Mqtt<T>(
        string key,
        SettingKind<T> kind,
        Func<MqttOptions, T> get,
        Func<MqttOptions, T, MqttOptions> set,
        string description) => new(
        $"mqtt.{key}", kind, o => get(o.Mqtt), (o, v) => o with { Mqtt = set(o.Mqtt, v) }, description);

    private static Setting<T> Streams<T>(
        string key,
        SettingKind<T> kind,
        Func<StreamsOptions, T> get,
        Func<StreamsOptions, T, StreamsOptions> set,
        string description) => new(
        $"streams.{key}", kind, o => get(o.Streams), (o, v) => o with { Streams = set(o.Streams, v) }, description);
}
