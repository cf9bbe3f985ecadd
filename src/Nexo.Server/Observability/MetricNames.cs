namespace Nexo.Server.Observability;

/// <summary>
/// The names of all metrics, as dashboards and alerts know them: they are not renamed. The Prometheus form has underscores
/// for dots, the unit last, and <c>_total</c> on counters.
/// </summary>
public static class MetricNames
{
    public const string Meter = "Nexo";

    // Attributes, by OpenTelemetry's conventions for messaging.
    public const string Destination = "messaging.destination.name";
    public const string Group = "messaging.consumer.group.name";
    public const string MessagingSystem = "messaging.system";
    public const string Operation = "messaging.operation.name";
    public const string Namespace = "nexo.namespace";
    public const string Overflow = "otel.metric.overflow";

    public const string BuildInfo = "nexo.build_info";
    public const string Uptime = "nexo.uptime";
    public const string ResidentMemory = "nexo.process.resident_memory";
    public const string ManagedMemory = "nexo.process.managed_memory";
    public const string CpuTime = "nexo.process.cpu_time";

    public const string MemoryLevel = "nexo.memory.level";
    public const string MemoryUsed = "nexo.memory.used";
    public const string MemoryLimit = "nexo.memory.limit";
    public const string MemoryRefusing = "nexo.memory.refusing";
    public const string MemoryPart = "nexo.memory.part";
    public const string DiskLevel = "nexo.disk.level";
    public const string DiskUsed = "nexo.disk.used";
    public const string DiskLimit = "nexo.disk.limit";
    public const string DiskFree = "nexo.disk.free";
    public const string DiskFreeMin = "nexo.disk.free_min";

    public const string ConnectionsOpen = "nexo.connections.open";
    public const string ConnectionsAccepted = "nexo.connections.accepted";
    public const string ConnectionsRefused = "nexo.connections.refused";
    public const string ConnectionsCut = "nexo.connections.cut";
    public const string Requests = "nexo.requests";
    public const string RequestErrors = "nexo.request_errors";
    public const string SlowOperations = "nexo.slow_operations";
    public const string RequestBatchDuration = "nexo.request_batch.duration";
    public const string NetworkReceived = "nexo.network.received";
    public const string NetworkSent = "nexo.network.sent";

    public const string Reloads = "nexo.reload";

    public const string TlsPending = "nexo.tls.pending";
    public const string TlsHandshakes = "nexo.tls.handshakes";
    public const string TlsFailed = "nexo.tls.failed";
    public const string TlsTimedOut = "nexo.tls.timed_out";
    public const string TlsExpiry = "nexo.tls.certificate_expiry";

    public const string BackupLastSuccess = "nexo.backup.last_success";
    public const string BackupSize = "nexo.backup.size";
    public const string BackupsWritten = "nexo.backup.written";
    public const string BackupsFailed = "nexo.backup.failed";

    public const string LoginsAccepted = "nexo.logins.accepted";
    public const string LoginsFailed = "nexo.logins.failed";
    public const string LoginsThrottled = "nexo.logins.throttled";

    public const string UserLimitsRefused = "nexo.user_limits.refused";
    public const string UserLimitsHeld = "nexo.user_limits.held";

    public const string StoreEntries = "nexo.store.entries";
    public const string StoreEntriesWithExpiry = "nexo.store.entries_with_expiry";
    public const string StoreUsedMemory = "nexo.store.used_memory";
    public const string StoreAllocatedMemory = "nexo.store.allocated_memory";
    public const string StoreMemoryLimit = "nexo.store.memory_limit";
    public const string StoreHits = "nexo.store.hits";
    public const string StoreMisses = "nexo.store.misses";
    public const string StoreSets = "nexo.store.sets";
    public const string StoreDeletes = "nexo.store.deletes";
    public const string StoreExpired = "nexo.store.expired";
    public const string StoreEvicted = "nexo.store.evicted";
    public const string StoreRefused = "nexo.store.refused";
    public const string StoreWatchers = "nexo.store.watchers";

    public const string Queues = "nexo.queues";
    public const string QueueReady = "nexo.queue.ready";
    public const string QueueLeased = "nexo.queue.leased";
    public const string QueueDelayed = "nexo.queue.delayed";
    public const string QueueDead = "nexo.queue.dead";
    public const string QueueConsumers = "nexo.queue.consumers";
    public const string QueueMessages = "nexo.queue.messages";
    public const string QueueMemory = "nexo.queue.memory";
    public const string QueueDisk = "nexo.queue.disk";
    public const string QueuePushed = "nexo.queue.pushed";
    public const string QueueDelivered = "nexo.queue.delivered";
    public const string QueueRedelivered = "nexo.queue.redelivered";
    public const string QueueAcked = "nexo.queue.acked";
    public const string QueueNacked = "nexo.queue.nacked";
    public const string QueueLeasesExpired = "nexo.queue.leases_expired";
    public const string QueueDeadLettered = "nexo.queue.dead_lettered";
    public const string QueueDuplicates = "nexo.queue.duplicates";
    public const string QueueRejected = "nexo.queue.rejected";
    public const string QueueExpired = "nexo.queue.expired";
    public const string QueueWaitDuration = "nexo.queue.wait.duration";
    public const string QueueProcessDuration = "nexo.queue.process.duration";

    public const string PerQueueReady = "nexo.per_queue.ready";
    public const string PerQueueLeased = "nexo.per_queue.leased";
    public const string PerQueueDelayed = "nexo.per_queue.delayed";
    public const string PerQueueDead = "nexo.per_queue.dead";
    public const string PerQueueConsumers = "nexo.per_queue.consumers";
    public const string PerQueueMessageBytes = "nexo.per_queue.messages";
    public const string PerQueueOldestAge = "nexo.per_queue.oldest_age";
    public const string PerQueuePushed = "nexo.per_queue.pushed";
    public const string PerQueueDelivered = "nexo.per_queue.delivered";
    public const string PerQueueAcked = "nexo.per_queue.acked";
    public const string PerQueueDeadLettered = "nexo.per_queue.dead_lettered";
    public const string PerStreamRecords = "nexo.per_stream.records";
    public const string PerStreamData = "nexo.per_stream.data";
    public const string PerStreamAppended = "nexo.per_stream.appended";
    public const string PerStreamRead = "nexo.per_stream.read";
    public const string PerGroupLag = "nexo.per_group.lag";
    public const string PerGroupInFlight = "nexo.per_group.in_flight";
    public const string PerGroupMembers = "nexo.per_group.members";
    public const string PerGroupDone = "nexo.per_group.done";
    public const string PerGroupDeadLettered = "nexo.per_group.dead_lettered";
    public const string ObjectsLeftOut = "nexo.metrics.objects_left_out";

    public const string MqttPacketsReceived = "nexo.mqtt.packets_received";
    public const string MqttPacketsSent = "nexo.mqtt.packets_sent";
    public const string MqttRefusedConnects = "nexo.mqtt.refused_connects";
    public const string MqttRefusedMessages = "nexo.mqtt.refused_messages";
    public const string MqttTakenOver = "nexo.mqtt.taken_over";
    public const string MqttExpired = "nexo.mqtt.expired";

    public const string Sessions = "nexo.sessions";
    public const string SessionsConnected = "nexo.session.connected";
    public const string SessionSubscriptions = "nexo.session.subscriptions";
    public const string SessionMessages = "nexo.session.messages";
    public const string SessionBodies = "nexo.session.bodies";
    public const string SessionMemory = "nexo.session.memory";
    public const string SessionQueued = "nexo.session.queued";
    public const string SessionDropped = "nexo.session.dropped";
    public const string SessionExpired = "nexo.session.expired";
    public const string SessionsEnded = "nexo.session.ended";
    public const string SessionsTakenOver = "nexo.session.taken_over";

    public const string TopicSubscriptions = "nexo.topic.subscriptions";
    public const string TopicFilters = "nexo.topic.filters";
    public const string TopicsCached = "nexo.topic.cached";
    public const string TopicPublished = "nexo.topic.published";
    public const string TopicPublishedData = "nexo.topic.published_data";
    public const string TopicRefused = "nexo.topic.refused";
    public const string TopicUnheard = "nexo.topic.unheard";
    public const string TopicDelivered = "nexo.topic.delivered";
    public const string TopicDropped = "nexo.topic.dropped";
    public const string TopicEndedSlow = "nexo.topic.ended_slow";
    public const string TopicBuffered = "nexo.topic.buffered";
    public const string TopicRetained = "nexo.topic.retained";
    public const string TopicRetainedMemory = "nexo.topic.retained_memory";
    public const string TopicBindings = "nexo.topic.bindings";
    public const string TopicBound = "nexo.topic.bound";
    public const string TopicBindingRefused = "nexo.topic.binding_refused";
    public const string TopicWills = "nexo.topic.wills";

    public const string Streams = "nexo.streams";
    public const string StreamRecords = "nexo.stream.records";
    public const string StreamData = "nexo.stream.data";
    public const string StreamPending = "nexo.stream.pending";
    public const string StreamFailed = "nexo.stream.failed";
    public const string StreamReaders = "nexo.stream.readers";
    public const string StreamGroups = "nexo.stream.groups";
    public const string StreamAppended = "nexo.stream.appended";
    public const string StreamAppendedData = "nexo.stream.appended_data";
    public const string StreamRead = "nexo.stream.read";
    public const string StreamReadData = "nexo.stream.read_data";
    public const string StreamDuplicates = "nexo.stream.duplicates";
    public const string StreamConflicts = "nexo.stream.conflicts";
    public const string StreamTrimmed = "nexo.stream.trimmed";
    public const string StreamCompacted = "nexo.stream.compacted";
    public const string StreamSaved = "nexo.stream.saved";

    public const string Schedules = "nexo.schedules";
    public const string ScheduleRuns = "nexo.schedule.runs";
    public const string ScheduleFailed = "nexo.schedule.failed";
    public const string ScheduleMissed = "nexo.schedule.missed";

    public const string LogCommits = "nexo.log.commits";
    public const string LogRecords = "nexo.log.records";
    public const string LogWritten = "nexo.log.written";
    public const string LogSyncs = "nexo.log.syncs";
    public const string LogSyncDuration = "nexo.log.sync.duration";
    public const string LogCommitDuration = "nexo.log.commit.duration";
    public const string LogCommitSize = "nexo.log.commit.size";
    public const string LogSyncTime = "nexo.log.sync_time";
    public const string LogSyncTimeMax = "nexo.log.sync_time_max";
    public const string LogPending = "nexo.log.pending";
    public const string LogUnsynced = "nexo.log.unsynced";
    public const string LogSize = "nexo.log.size";
    public const string LogFailed = "nexo.log.failed";
    public const string LogFull = "nexo.log.full";
    public const string SnapshotsWritten = "nexo.snapshots.written";
    public const string SnapshotsFailed = "nexo.snapshots.failed";
    public const string SnapshotSize = "nexo.snapshots.last_size";
    public const string SnapshotTime = "nexo.snapshots.last_time";
    public const string RecoveryTime = "nexo.recovery.time";
    public const string RecoveryRecords = "nexo.recovery.records";
}
