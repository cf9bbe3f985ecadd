using System.Diagnostics.Metrics;
using Nexo.Server.Brokers;
using Nexo.Server.Mqtt;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Topics;

namespace Nexo.Server.Observability;

// What the brokers do: sums over all of them.
internal sealed partial class NexoMetrics
{
    private void Store()
    {
        Level(MetricNames.StoreEntries, _stores, static stats => stats.Entries, null, "Entries in the store");
        Level(MetricNames.StoreEntriesWithExpiry, _stores, static stats => stats.EntriesWithExpiry, null, "Entries that will expire");
        Level(MetricNames.StoreUsedMemory, _stores, static stats => stats.UsedBytes, "By", "Memory used by entries and their structures");
        Level(
            MetricNames.StoreAllocatedMemory, _stores, static stats => stats.AllocatedBytes, "By",
            "Memory taken from the system for them");
        Level(MetricNames.StoreMemoryLimit, _stores, static stats => stats.MemoryBytesMax, "By", "store.max-memory; 0: no limit");
        Level(MetricNames.StoreWatchers, _stores, static stats => stats.Watchers, null, "Watches that are open");
        Count(MetricNames.StoreHits, _stores, static stats => stats.Hits, null, "Reads that found their key");
        Count(MetricNames.StoreMisses, _stores, static stats => stats.Misses, null, "Reads that did not");
        Count(MetricNames.StoreSets, _stores, static stats => stats.Sets, null, "Writes that created or changed an entry");
        Count(MetricNames.StoreDeletes, _stores, static stats => stats.Deletes, null, "Entries deleted by commands");
        Count(MetricNames.StoreExpired, _stores, static stats => stats.Expired, null, "Entries that expired");
        Count(MetricNames.StoreEvicted, _stores, static stats => stats.Evicted, null, "Entries evicted for memory");
        Count(MetricNames.StoreRefused, _stores, static stats => stats.Refused, null, "Writes refused for memory");
    }

    private void Queues()
    {
        Level(MetricNames.Queues, () => _brokers.All.Sum(static broker => broker.Queues.Count), null, "Queues");
        Level(MetricNames.QueueReady, _queues, static survey => survey.Totals.Ready, null, "Messages that can be delivered");
        Level(MetricNames.QueueLeased, _queues, static survey => survey.Totals.Leased, null, "Messages that a consumer has");
        Level(MetricNames.QueueDelayed, _queues, static survey => survey.Totals.Delayed, null, "Messages whose time has not come");
        Level(MetricNames.QueueDead, _queues, static survey => survey.Totals.Dead, null, "Dead letters that are kept");
        Level(MetricNames.QueueConsumers, _queues, static survey => survey.Totals.Consumers, null, "Consumers");
        Level(
            MetricNames.QueueMessages, _queues, static survey => survey.Totals.MessageBytes, "By",
            "Bytes of messages, dead letters not counted");
        Level(MetricNames.QueueMemory, _queues, static survey => survey.Totals.MemoryBytes, "By", "Memory for messages");
        Level(MetricNames.QueueDisk, _queues, static survey => survey.Totals.DiskBytes, "By", "Messages that are on disk only");
        Count(MetricNames.QueuePushed, _queues, static survey => survey.Totals.Pushed, null, "Pushes that were accepted");
        Count(MetricNames.QueueDelivered, _queues, static survey => survey.Totals.Delivered, null, "Deliveries");
        Count(
            MetricNames.QueueRedelivered, _queues, static survey => survey.Totals.Redelivered, null,
            "Deliveries that were not a message's first");
        Count(MetricNames.QueueAcked, _queues, static survey => survey.Totals.Acked, null, "Messages that were settled as done");
        Count(MetricNames.QueueNacked, _queues, static survey => survey.Totals.Nacked, null, "Messages that were given back as failed");
        Count(MetricNames.QueueLeasesExpired, _queues, static survey => survey.Totals.LeasesExpired, null, "Leases that ran out");
        Count(
            MetricNames.QueueDeadLettered, _queues, static survey => survey.Totals.DeadLettered, null,
            "Messages that became dead letters");
        Count(MetricNames.QueueDuplicates, _queues, static survey => survey.Totals.Duplicates, null, "Pushes that were duplicates");
        Count(
            MetricNames.QueueRejected, _queues, static survey => survey.Totals.Rejected, null,
            "Pushes refused by a full or paused queue");
        Count(MetricNames.QueueExpired, _queues, static survey => survey.Totals.Expired, null, "Messages whose life ended unsettled");
    }

    private void Topics(TopicBuffers buffers)
    {
        Level(MetricNames.TopicSubscriptions, _topics, static stats => stats.Subscriptions, null, "Subscriptions to topics");
        Level(MetricNames.TopicFilters, _topics, static stats => stats.Filters, null, "Filters of them");
        Level(MetricNames.TopicsCached, _topics, static stats => stats.Topics, null, "Topics that were published to lately");
        Level(MetricNames.TopicBuffered, () => buffers.Bytes, "By", "Room taken by messages that wait for slow subscriptions");
        Level(MetricNames.TopicRetained, _topics, static stats => stats.Retained, null, "Retained messages");
        Level(MetricNames.TopicRetainedMemory, _topics, static stats => stats.RetainedBytes, "By", "Memory for them");
        Level(MetricNames.TopicBindings, _topics, static stats => stats.Bindings, null, "Bindings of topics");
        Level(
            MetricNames.TopicWills, () => _brokers.All.Sum(static broker => broker.Topics.Wills.Count), null,
            "Wills of connections, open and lost ones");
        Count(MetricNames.TopicPublished, _topics, static stats => stats.Published, null, "Messages published to topics");
        Count(MetricNames.TopicPublishedData, _topics, static stats => stats.PublishedBytes, "By", "Their topics, headers and bodies");
        Count(MetricNames.TopicRefused, _topics, static stats => stats.Refused, null, "Publishes refused");
        Count(MetricNames.TopicUnheard, _topics, static stats => stats.Unheard, null, "Messages that had no subscription and no binding");
        Count(MetricNames.TopicDelivered, _topics, static stats => stats.Delivered, null, "Messages times the subscriptions they went to");
        Count(MetricNames.TopicDropped, _topics, static stats => stats.Dropped, null, "Of those, what slow subscriptions did not get");
        Count(MetricNames.TopicEndedSlow, () => buffers.EndedSlow, null, "Subscriptions ended for being slow");
        Count(MetricNames.TopicBound, _topics, static stats => stats.BindingTaken, null, "Messages that targets of bindings have taken");
        Count(MetricNames.TopicBindingRefused, _topics, static stats => stats.BindingRefused, null, "Messages that they have refused");
    }

    private void Mqtt(MqttCounters counters)
    {
        _meter.CreateObservableCounter(
            MetricNames.MqttPacketsReceived, () => ByType(counters.Received), null, "Packets of MQTT that clients have sent, by type");
        _meter.CreateObservableCounter(
            MetricNames.MqttPacketsSent, () => ByType(counters.Sent), null, "Packets of MQTT that clients were sent, by type");
        Count(MetricNames.MqttRefusedConnects, () => counters.RefusedConnects, null, "Connects of MQTT that were refused");
        Count(MetricNames.MqttRefusedMessages, () => counters.RefusedMessages, null, "Messages of clients of MQTT that were refused");
        Count(MetricNames.MqttTakenOver, () => counters.TakenOver, null, "Connections of MQTT whose client has connected again");
        Count(MetricNames.MqttExpired, () => counters.Expired, null, "Messages whose life ended while they waited for a connection");
    }

    private static IEnumerable<Measurement<long>> ByType(Func<MqttPacketType, long> read) =>
        Enum.GetValues<MqttPacketType>().Where(static type => type != MqttPacketType.Reserved).Select(type => new Measurement<long>(
            read(type), new KeyValuePair<string, object?>("type", type.ToString().ToLowerInvariant())));

    private void Sessions()
    {
        Level(MetricNames.Sessions, _sessions, static stats => stats.Sessions, null, "Sessions of MQTT that outlive their connections");
        Level(MetricNames.SessionsConnected, _sessions, static stats => stats.Connected, null, "Those of them with a connection");
        Level(MetricNames.SessionSubscriptions, _sessions, static stats => stats.Subscriptions, null, "Their subscriptions");
        Level(
            MetricNames.SessionMessages, _sessions, static stats => stats.Messages, null,
            "Messages that they have and that were not acknowledged");
        Level(MetricNames.SessionBodies, _sessions, static stats => stats.Bodies, null, "The same, one that several have counted once");
        Level(MetricNames.SessionMemory, _sessions, static stats => stats.Bytes, "By", "Memory for them");
        Count(MetricNames.SessionQueued, _sessions, static stats => stats.Queued, null, "Messages that came for sessions");
        Count(MetricNames.SessionDropped, _sessions, static stats => stats.Dropped, null, "Of those, what there was no room for");
        Count(
            MetricNames.SessionExpired, _sessions, static stats => stats.Expired, null,
            "Of those, what was not sent before its life was over");
        Count(MetricNames.SessionsEnded, _sessions, static stats => stats.Ended, null, "Sessions that nobody has come back for");
        Count(
            MetricNames.SessionsTakenOver, _sessions, static stats => stats.TakenOver, null,
            "Sessions that a new connection has taken from another");
    }

    private void Streams()
    {
        Level(MetricNames.Streams, () => _brokers.All.Sum(static broker => broker.Streams.Count), null, "Streams");
        Level(
            MetricNames.StreamRecords, _streams, static survey => survey.Totals.Records, null,
            "Offsets from their first to their next records");
        Level(MetricNames.StreamData, _streams, static survey => survey.Totals.Bytes, "By", "Records in files and in memory");
        Level(
            MetricNames.StreamPending, () => _brokers.All.Sum(static broker => broker.Streams.PendingBytes), "By",
            "Records in the log that are not in files of streams yet");
        Level(
            MetricNames.StreamFailed, _streams, static survey => survey.Totals.Failed, null,
            "Streams whose files have failed: they take no records");
        Level(MetricNames.StreamReaders, _streams, static survey => survey.Totals.Readers, null, "Tails, and reads that wait");
        Level(MetricNames.StreamGroups, _streams, static survey => survey.Totals.Groups, null, "Groups of streams");
        Count(MetricNames.StreamAppended, _streams, static survey => survey.Totals.Appended, null, "Records appended");
        Count(MetricNames.StreamAppendedData, _streams, static survey => survey.Totals.AppendedBytes, "By", "Their bytes");
        Count(MetricNames.StreamRead, _streams, static survey => survey.Totals.Read, null, "Records given to readers and groups");
        Count(MetricNames.StreamReadData, _streams, static survey => survey.Totals.ReadBytes, "By", "Their bytes");
        Count(MetricNames.StreamDuplicates, _streams, static survey => survey.Totals.Duplicates, null, "Appends that were duplicates");
        Count(
            MetricNames.StreamConflicts, _streams, static survey => survey.Totals.Conflicts, null,
            "Appends that found another version than expected");
        Count(MetricNames.StreamTrimmed, _streams, static survey => survey.Totals.Trimmed, null, "Records that retention or a trim let go");
        Count(MetricNames.StreamCompacted, _streams, static survey => survey.Totals.Compacted, null, "Records that compaction removed");
        Level(
            MetricNames.StreamSaved, _streams, static survey => survey.Totals.SavedBytes, "By",
            "What files of streams have less since they were compacted");
    }

    private void Schedules()
    {
        Level(MetricNames.Schedules, _schedules, static stats => stats.Count, null, "Schedules");
        Count(MetricNames.ScheduleRuns, _schedules, static stats => stats.Runs, null, "Runs of schedules");
        Count(MetricNames.ScheduleFailed, _schedules, static stats => stats.Failed, null, "Runs whose push was refused");
        Count(MetricNames.ScheduleMissed, _schedules, static stats => stats.Missed, null, "Runs that were missed and dropped");
    }

    private void Log()
    {
        Count(MetricNames.LogCommits, _logs, static stats => stats.Commits, null, "Commits written to the log");
        Count(MetricNames.LogRecords, _logs, static stats => stats.Records, null, "Records in them");
        Count(MetricNames.LogWritten, _logs, static stats => stats.Bytes, "By", "Bytes written to the log, with headers and padding");
        Count(MetricNames.LogSyncs, _logs, static stats => stats.Syncs, null, "Syncs of the log");
        _meter.CreateObservableCounter(
            MetricNames.LogSyncTime, () => _logs.Value.Sum(static stats => stats.SyncMicrosecondsTotal) / 1e6, "s", "Time that they took");
        _meter.CreateObservableGauge(
            MetricNames.LogSyncTimeMax, () => _logs.Value.Max(static stats => stats.SyncMicrosecondsMax) / 1e6, "s", "The longest of them");
        Level(MetricNames.LogPending, _logs, static stats => stats.PendingBytes, "By", "Records that wait to be written");
        Level(MetricNames.LogUnsynced, _logs, static stats => stats.UnsyncedBytes, "By", "Records that were written and wait to be synced");
        Level(MetricNames.LogSize, _logs, static stats => stats.SegmentBytes, "By", "All segments of the log on disk");
        Level(
            MetricNames.LogFailed,
            () => _brokers.All.Any(static broker => broker.Persistence.Log is { Failure: not null }) ? 1 : 0,
            null,
            "1: writing failed, and writes are refused");
        Level(
            MetricNames.LogFull,
            () => _brokers.All.Any(static broker => broker.Persistence.Log is { IsFull: true }) ? 1 : 0,
            null,
            "1: the disk is full");
    }

    private void Snapshots()
    {
        IReadOnlyList<Broker> all = _brokers.All;
        Count(MetricNames.SnapshotsWritten, () => all.Sum(static broker => broker.Snapshots.Totals.Written), null, "Snapshots written");
        Count(
            MetricNames.SnapshotsFailed,
            () => all.Sum(static broker => broker.Snapshots.Totals.Failed),
            null,
            "Snapshots that could not be written");
        Level(
            MetricNames.SnapshotSize, () => all.Sum(static broker => broker.Snapshots.Totals.LastBytes), "By",
            "Size of the last snapshot");
        _meter.CreateObservableGauge(
            MetricNames.SnapshotTime,
            () => all.Max(static broker => broker.Snapshots.Totals.LastTook).TotalSeconds,
            "s",
            "Time that the last one took");
        _meter.CreateObservableGauge(
            MetricNames.RecoveryTime,
            () => all.Max(static broker => broker.Persistence.Recovered?.Took ?? TimeSpan.Zero).TotalSeconds,
            "s",
            "Time that the start took to read the data back");
        Level(
            MetricNames.RecoveryRecords,
            () => all.Sum(static broker => broker.Persistence.Recovered is { } read ? read.SnapshotRecords + read.LogRecords : 0),
            null,
            "Records that it read");
    }
}
