using Nexo.Cli.Queues;

namespace Nexo.Cli.Keeper;

/// <summary>One look of <c>nexo top</c>, and the one before it, which rates are counted from.</summary>
/// <param name="Lags">Null: the user may not look at all streams.</param>
/// <param name="Queues">The fullest ones; null likewise.</param>
internal sealed record TopLook(
    ServerFigures Before, ServerFigures Now, IReadOnlyList<GroupLag>? Lags, IReadOnlyList<TopQueue>? Queues)
{
    public double Rate(params ReadOnlySpan<string> names) => Now.Rate(Before, names);

    public long Lag => Lags?.Sum(lag => lag.Lag) ?? 0;

    /// <summary>Processors' worth of work.</summary>
    public double CpuPercent => Rate("server.cpu_ms") / 10;

    /// <summary>The figures for programs.</summary>
    public FactSheet Describe() => new FactSheet()
        .Text("server_version", Now.Text("server.version"))
        .Number("uptime_ms", Now.Number("server.uptime_ms"))
        .Number("resident_bytes", Now.Number("server.resident_bytes"))
        .Rate("cpu_percent", CpuPercent)
        .Number("connections", Now.Number("connections.open"))
        .Rate("requests_per_second", Rate("requests.total"))
        .Rate("errors_per_second", Rate("requests.errors"))
        .Rate("received_bytes_per_second", Rate("network.received_bytes"))
        .Rate("sent_bytes_per_second", Rate("network.sent_bytes"))
        .Number("disk_free_bytes", Now.Number("disk.free_bytes"))
        .Number("disk_size_bytes", Now.Number("disk.size_bytes"))
        .Text("log_state", Now.Text("storage.state"))
        .Number("log_size_bytes", Now.Number("log.size_bytes"))
        .Number("log_pending_bytes", Now.Number("log.pending_bytes"))
        .Rate("log_commits_per_second", Rate("log.commits"))
        .Rate("log_bytes_per_second", Rate("log.written_bytes"))
        .Number("log_sync_last_us", Now.Number("log.sync_last_us"))
        .Number("store_entries", Now.Number("store.entries"))
        .Number("store_used_bytes", Now.Number("store.used_bytes"))
        .Number("store_memory_bytes_max", Now.Number("store.memory_bytes_max"))
        .Rate("store_reads_per_second", Rate("store.hits", "store.misses"))
        .Rate("store_writes_per_second", Rate("store.sets", "store.deletes"))
        .Number("queues", Now.Number("queues.count"))
        .Number("queues_ready", Now.Number("queues.ready"))
        .Number("queues_leased", Now.Number("queues.leased"))
        .Number("queues_delayed", Now.Number("queues.delayed"))
        .Number("queues_dead", Now.Number("queues.dead"))
        .Number("queues_consumers", Now.Number("queues.consumers"))
        .Number("queues_memory_bytes", Now.Number("queues.memory_bytes"))
        .Rate("queues_pushed_per_second", Rate("queues.pushed"))
        .Rate("queues_delivered_per_second", Rate("queues.delivered"))
        .Rate("queues_acked_per_second", Rate("queues.acked"))
        .Number("topics_subscriptions", Now.Number("topics.subscriptions"))
        .Number("topics_retained", Now.Number("topics.retained"))
        .Number("topics_buffered_bytes", Now.Number("topics.buffered_bytes"))
        .Rate("topics_published_per_second", Rate("topics.published"))
        .Rate("topics_delivered_per_second", Rate("topics.delivered"))
        .Rate("topics_dropped_per_second", Rate("topics.dropped"))
        .Number("streams", Now.Number("streams.count"))
        .Number("streams_records", Now.Number("streams.records"))
        .Number("streams_bytes", Now.Number("streams.bytes"))
        .Number("streams_lag", Lag)
        .Rate("streams_appended_per_second", Rate("streams.appended"))
        .Rate("streams_read_per_second", Rate("streams.read"))
        .Number("sessions", Now.Number("sessions.count"))
        .Number("sessions_messages", Now.Number("sessions.messages"))
        .Rate("mqtt_received_per_second", Rate("mqtt.packets_received"))
        .Rate("mqtt_sent_per_second", Rate("mqtt.packets_sent"));
}

/// <summary>A queue with what waits in it.</summary>
internal sealed record TopQueue(string Name, long Ready, long Leased, long Delayed, long Dead);
