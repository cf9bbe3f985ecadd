using System.Reflection;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Mqtt;
using Nexo.Server.Mqtt.Codec;
using Nexo.Storage;

namespace Nexo.Server.Native;

/// <summary>What INFO tells: names are dotted by room, numbers are plain decimals with their unit last in the name.</summary>
internal static class ServerFacts
{
    /// <summary>The version that this binary was built as.</summary>
    public static string Version { get; } =
        typeof(ServerFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";

    /// <summary>The same without the commit, for people.</summary>
    public static string ShortVersion { get; } = Version.Split('+')[0];

    public static IReadOnlyCollection<KeyValuePair<string, string>> Gather(NativeServer server)
    {
        ConnectionCounters counters = server.Clients.Totals.Read();
        StoreStats store = server.Store.Stats;
        return
        [
            new("server.version", Version),
            new("server.id", server.ServerId.ToString()),
            new("server.namespace", server.Broker.Name),
            new("server.process_id", Environment.ProcessId.ToString()),
            Number("server.uptime_ms", (long)server.Clients.Uptime.TotalMilliseconds),
            Number("server.resident_bytes", Environment.WorkingSet),
            Number("server.cpu_ms", (long)Environment.CpuUsage.TotalTime.TotalMilliseconds),
            Number("connections.open", server.Clients.Count),
            Number("connections.accepted", server.Clients.Totals.Accepted),
            Number("connections.refused", server.Clients.Totals.Refused),
            Number("connections.cut", server.Clients.Totals.Cut),
            Number("requests.total", counters.Requests),
            Number("requests.errors", counters.Errors),
            Number("network.received_bytes", counters.BytesReceived),
            Number("network.sent_bytes", counters.BytesSent),
            .. StoreFacts(store),
            .. QueueFacts(server),
            .. TopicFacts(server),
            .. StreamFacts(server),
            .. MqttFacts(server.Mqtt),
            .. SessionFacts(server),
            .. ScheduleFacts(server.ScheduleTicker.Schedules),
            .. StorageFacts(server),
            .. server.Broker.Name == Namespaces.Default ? server.Facts.Gather() : [],
        ];
    }

    /// <summary>What a client may know that may not read the server's figures: what it talks to, and who it is.</summary>
    public static IReadOnlyCollection<KeyValuePair<string, string>> OfSelf(NativeConnection connection) =>
    [
        new("server.version", Version),
        Number("connection.id", connection.Id),
        new("connection.user", connection.User),
        new("connection.namespace", connection.Broker.Name),
    ];

    private static IEnumerable<KeyValuePair<string, string>> StorageFacts(NativeServer server)
    {
        Persistence persistence = server.Persistence;
        yield return new("storage.durability", server.Durability.ToString().ToLowerInvariant());
        if (persistence is not { Log: { } log, Directory: { } directory })
        {
            yield break;
        }

        WalStats stats = log.Stats;
        yield return new("storage.directory", directory.Disk.Root);
        yield return new("storage.state", log.Failure is not null ? "failed" : log.IsFull ? "full" : "ok");
        yield return Number("log.position", (long)log.AppendedLsn.Value);
        yield return Number("log.durable_position", (long)log.DurableLsn.Value);
        yield return Number("log.commits", stats.Commits);
        yield return Number("log.records", stats.Records);
        yield return Number("log.written_bytes", stats.Bytes);
        yield return Number("log.syncs", stats.Syncs);
        yield return Number("log.sync_mean_us", (long)stats.SyncMicrosecondsMean);
        yield return Number("log.sync_last_us", stats.SyncMicrosecondsLast);
        yield return Number("log.sync_max_us", stats.SyncMicrosecondsMax);
        yield return Number("log.pending_bytes", stats.PendingBytes);
        yield return Number("log.unsynced_bytes", stats.UnsyncedBytes);
        yield return Number("log.segments", stats.Segments);
        yield return Number("log.segments_prepared", stats.SegmentsPrepared);
        yield return Number("log.segments_recycled", stats.SegmentsRecycled);
        yield return Number("log.size_bytes", stats.SegmentBytes);
        foreach (KeyValuePair<string, string> fact in SnapshotFacts(server.Snapshots.Totals, persistence.Recovered))
        {
            yield return fact;
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> SnapshotFacts(
        SnapshotTotals totals, RecoveryResult? recovered) =>
    [
        Number("snapshots.written", totals.Written),
        Number("snapshots.failed", totals.Failed),
        Number("snapshots.last_position", (long)totals.LastPosition.Value),
        Number("snapshots.last_bytes", totals.LastBytes),
        Number("snapshots.last_at_ms", totals.LastAtMs),
        Number("snapshots.last_took_ms", (long)totals.LastTook.TotalMilliseconds),
        Number("recovery.took_ms", (long)(recovered?.Took.TotalMilliseconds ?? 0)),
        Number("recovery.snapshot_records", recovered?.SnapshotRecords ?? 0),
        Number("recovery.log_records", recovered?.LogRecords ?? 0),
    ];

    private static IEnumerable<KeyValuePair<string, string>> StoreFacts(StoreStats store) =>
    [
        Number("store.entries", store.Entries),
        Number("store.entries_with_expiry", store.EntriesWithExpiry),
        Number("store.used_bytes", store.UsedBytes),
        Number("store.allocated_bytes", store.AllocatedBytes),
        Number("store.memory_bytes_max", store.MemoryBytesMax),
        Number("store.hits", store.Hits),
        Number("store.misses", store.Misses),
        Number("store.sets", store.Sets),
        Number("store.deletes", store.Deletes),
        Number("store.expired", store.Expired),
        Number("store.evicted", store.Evicted),
        Number("store.refused", store.Refused),
        Number("store.watchers", store.Watchers),
        Number("store.shards", store.Shards),
    ];

    private static IEnumerable<KeyValuePair<string, string>> QueueFacts(NativeServer server)
    {
        QueueStats totals = server.Queues.Totals;
        return
        [
            new("queues.durability", server.QueuesDurability.ToString().ToLowerInvariant()),
            Number("queues.count", server.Queues.Count),
            Number("queues.ready", totals.Ready),
            Number("queues.leased", totals.Leased),
            Number("queues.delayed", totals.Delayed),
            Number("queues.dead", totals.Dead),
            Number("queues.consumers", totals.Consumers),
            Number("queues.message_bytes", totals.MessageBytes),
            Number("queues.memory_bytes", totals.MemoryBytes),
            Number("queues.disk_bytes", totals.DiskBytes),
            Number("queues.pushed", totals.Pushed),
            Number("queues.delivered", totals.Delivered),
            Number("queues.redelivered", totals.Redelivered),
            Number("queues.acked", totals.Acked),
            Number("queues.nacked", totals.Nacked),
            Number("queues.leases_expired", totals.LeasesExpired),
            Number("queues.dead_lettered", totals.DeadLettered),
            Number("queues.duplicates", totals.Duplicates),
            Number("queues.rejected", totals.Rejected),
            Number("queues.expired", totals.Expired),
        ];
    }

    private static IEnumerable<KeyValuePair<string, string>> TopicFacts(NativeServer server)
    {
        TopicStats stats = server.Topics.Stats;
        return
        [
            new("topics.durability", server.TopicsDurability.ToString().ToLowerInvariant()),
            Number("topics.subscriptions", stats.Subscriptions),
            Number("topics.filters", stats.Filters),
            Number("topics.cached", stats.Topics),
            Number("topics.published", stats.Published),
            Number("topics.published_bytes", stats.PublishedBytes),
            Number("topics.refused", stats.Refused),
            Number("topics.unheard", stats.Unheard),
            Number("topics.delivered", stats.Delivered),
            Number("topics.dropped", stats.Dropped),
            Number("topics.ended_slow", server.TopicBuffers.EndedSlow),
            Number("topics.buffered_bytes", server.TopicBuffers.Bytes),
            Number("topics.retained", stats.Retained),
            Number("topics.retained_bytes", stats.RetainedBytes),
            Number("topics.bindings", stats.Bindings),
            Number("topics.bound", stats.BindingTaken),
            Number("topics.binding_refused", stats.BindingRefused),
            Number("topics.wills", server.Topics.Wills.Count),
        ];
    }

    private static IEnumerable<KeyValuePair<string, string>> MqttFacts(MqttCounters counters)
    {
        MqttPacketType[] types = Enum.GetValues<MqttPacketType>();
        return
        [
            Number("mqtt.packets_received", types.Sum(counters.Received)),
            Number("mqtt.packets_sent", types.Sum(counters.Sent)),
            Number("mqtt.publishes_received", counters.Received(MqttPacketType.Publish)),
            Number("mqtt.publishes_sent", counters.Sent(MqttPacketType.Publish)),
            Number("mqtt.refused_connects", counters.RefusedConnects),
            Number("mqtt.refused_messages", counters.RefusedMessages),
            Number("mqtt.taken_over", counters.TakenOver),
            Number("mqtt.expired", counters.Expired),
        ];
    }

    private static IEnumerable<KeyValuePair<string, string>> SessionFacts(NativeServer server)
    {
        SessionStats stats = server.Sessions.Stats;
        return
        [
            new("sessions.durability", server.SessionsDurability.ToString().ToLowerInvariant()),
            Number("sessions.count", stats.Sessions),
            Number("sessions.connected", stats.Connected),
            Number("sessions.subscriptions", stats.Subscriptions),
            Number("sessions.messages", stats.Messages),
            Number("sessions.bodies", stats.Bodies),
            Number("sessions.memory_bytes", stats.Bytes),
            Number("sessions.queued", stats.Queued),
            Number("sessions.dropped", stats.Dropped),
            Number("sessions.expired", stats.Expired),
            Number("sessions.ended", stats.Ended),
            Number("sessions.taken_over", stats.TakenOver),
        ];
    }

    private static IEnumerable<KeyValuePair<string, string>> StreamFacts(NativeServer server)
    {
        StreamStats totals = server.Streams.Totals;
        return
        [
            new("streams.durability", server.StreamsDurability.ToString().ToLowerInvariant()),
            Number("streams.count", totals.Streams),
            Number("streams.records", totals.Records),
            Number("streams.bytes", totals.Bytes),
            Number("streams.pending_bytes", totals.PendingBytes),
            Number("streams.failed", totals.Failed),
            Number("streams.readers", totals.Readers),
            Number("streams.groups", totals.Groups),
            Number("streams.appended", totals.Appended),
            Number("streams.appended_bytes", totals.AppendedBytes),
            Number("streams.read", totals.Read),
            Number("streams.read_bytes", totals.ReadBytes),
            Number("streams.duplicates", totals.Duplicates),
            Number("streams.conflicts", totals.Conflicts),
            Number("streams.trimmed", totals.Trimmed),
            Number("streams.compacted", totals.Compacted),
            Number("streams.saved_bytes", totals.SavedBytes),
        ];
    }

    private static IEnumerable<KeyValuePair<string, string>> ScheduleFacts(ScheduleService schedules)
    {
        ScheduleStats stats = schedules.Stats;
        return
        [
            Number("schedules.count", stats.Count),
            Number("schedules.next_at_ms", schedules.NextAtMs),
            Number("schedules.runs", stats.Runs),
            Number("schedules.failed", stats.Failed),
            Number("schedules.missed", stats.Missed),
        ];
    }

    private static KeyValuePair<string, string> Number(string name, long value) => new(name, value.ToString());
}
