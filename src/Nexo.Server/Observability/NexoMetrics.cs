using System.Diagnostics.Metrics;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Server.Connections;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Mqtt;
using Nexo.Server.Mqtt.Codec;
using Nexo.Server.Native;
using Nexo.Server.Security;
using Nexo.Server.Tls;
using Nexo.Server.Topics;
using Nexo.Storage;

namespace Nexo.Server.Observability;

/// <summary>
/// The instruments. All of them observe counters that the rooms keep anyway, when somebody asks: a request pays nothing
/// for being measured.
/// </summary>
internal sealed partial class NexoMetrics : IDisposable
{
    private readonly Meter _meter;

    public NexoMetrics(NativeServer server, Authenticator authenticator, ReloadService reload, TlsGate? tls = null)
    {
        _meter = new Meter(MetricNames.Meter, ServerFacts.Version);
        Process(server);
        Connections(server.Clients);
        Logins(authenticator.Totals);
        Reloads(reload);
        if (tls is not null)
        {
            Tls(tls);
        }

        Store(server.Store);
        Queues(server.Queues);
        Topics(server.Topics, server.TopicBuffers);
        Streams(server.Streams);
        Mqtt(server.Mqtt);
        Sessions(server.Sessions);
        Schedules(server.ScheduleTicker.Schedules);
        if (server.Persistence.IsOn)
        {
            Log(server.Persistence);
            Snapshots(server.Persistence, server.Snapshots);
        }
    }

    /// <summary>All figures of now, as Prometheus reads them.</summary>
    public string Scrape() => PrometheusText.Scrape(_meter);

    public void Dispose() => _meter.Dispose();

    private void Process(NativeServer server)
    {
        KeyValuePair<string, object?> version = new("version", ServerFacts.ShortVersion);
        _meter.CreateObservableGauge(
            MetricNames.BuildInfo, () => new Measurement<long>(1, version), null, "The build that runs; always 1");
        _meter.CreateObservableGauge(
            MetricNames.Uptime, () => server.Clients.Uptime.TotalSeconds, "s", "Time since the start");
        Level(MetricNames.ResidentMemory, () => Environment.WorkingSet, "By", "Resident memory of the process");
        Level(MetricNames.ManagedMemory, () => GC.GetTotalMemory(false), "By", "Memory that the garbage collector manages");
        _meter.CreateObservableCounter(
            MetricNames.CpuTime, () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time used");
    }

    private void Connections(ClientConnections connections)
    {
        ConnectionTotals totals = connections.Totals;
        _meter.CreateObservableGauge(
            MetricNames.ConnectionsOpen,
            () => Enum.GetValues<ClientProtocol>().Select(protocol => new Measurement<long>(
                totals.Open(protocol), new KeyValuePair<string, object?>("protocol", protocol.ToString().ToLowerInvariant()))),
            null,
            "Connections that are open, by protocol");
        Count(MetricNames.ConnectionsAccepted, () => totals.Accepted, null, "Connections accepted");
        Count(MetricNames.ConnectionsRefused, () => totals.Refused, null, "Connections refused, being one too many");
        Count(MetricNames.ConnectionsCut, () => totals.Cut, null, "Connections that the server ended");
        Count(MetricNames.Requests, () => totals.Read().Requests, null, "Requests handled");
        Count(MetricNames.RequestErrors, () => totals.Read().Errors, null, "Requests answered with an error");
        Count(MetricNames.NetworkReceived, () => totals.Read().BytesReceived, "By", "Bytes received from clients");
        Count(MetricNames.NetworkSent, () => totals.Read().BytesSent, "By", "Bytes sent to clients");
    }

    private void Logins(LoginTotals logins)
    {
        Count(MetricNames.LoginsAccepted, () => logins.Accepted, null, "Credentials accepted");
        Count(MetricNames.LoginsFailed, () => logins.Failed, null, "Credentials that were wrong");
        Count(MetricNames.LoginsThrottled, () => logins.Throttled, null, "Logins told to try again later");
    }

    private void Reloads(ReloadService reload) => _meter.CreateObservableCounter(
        MetricNames.Reloads,
        () => new Measurement<long>[]
        {
            new(reload.Applied, new KeyValuePair<string, object?>("outcome", "applied")),
            new(reload.Refused, new KeyValuePair<string, object?>("outcome", "refused")),
        },
        null,
        "Files that were read anew, and whether they are in force");

    private void Tls(TlsGate tls)
    {
        Level(MetricNames.TlsPending, () => tls.Handshakes.Pending, null, "Connections that are not served yet");
        Count(MetricNames.TlsHandshakes, () => tls.Handshakes.Succeeded, null, "TLS handshakes that have ended well");
        Count(MetricNames.TlsFailed, () => tls.Handshakes.Failed, null, "Those that have not");
        Count(MetricNames.TlsTimedOut, () => tls.Handshakes.TimedOut, null, "Connections ended since they were slow to shake hands");
        Level(MetricNames.TlsExpiry, () => tls.Identity.NotAfter.ToUnixTimeSeconds(), "s", "When the certificate ends, in Unix time");
    }

    private void Store(StoreService store)
    {
        Level(MetricNames.StoreEntries, () => store.Stats.Entries, null, "Entries in the store");
        Level(MetricNames.StoreEntriesWithExpiry, () => store.Stats.EntriesWithExpiry, null, "Entries that will expire");
        Level(MetricNames.StoreUsedMemory, () => store.Stats.UsedBytes, "By", "Memory used by entries and their structures");
        Level(MetricNames.StoreAllocatedMemory, () => store.Stats.AllocatedBytes, "By", "Memory taken from the system for them");
        Level(MetricNames.StoreMemoryLimit, () => store.Stats.MemoryBytesMax, "By", "store.max-memory; 0: no limit");
        Level(MetricNames.StoreWatchers, () => store.Stats.Watchers, null, "Watches that are open");
        Count(MetricNames.StoreHits, () => store.Stats.Hits, null, "Reads that found their key");
        Count(MetricNames.StoreMisses, () => store.Stats.Misses, null, "Reads that did not");
        Count(MetricNames.StoreSets, () => store.Stats.Sets, null, "Writes that created or changed an entry");
        Count(MetricNames.StoreDeletes, () => store.Stats.Deletes, null, "Entries deleted by commands");
        Count(MetricNames.StoreExpired, () => store.Stats.Expired, null, "Entries that expired");
        Count(MetricNames.StoreEvicted, () => store.Stats.Evicted, null, "Entries evicted for memory");
        Count(MetricNames.StoreRefused, () => store.Stats.Refused, null, "Writes refused for memory");
    }

    private void Queues(QueueService queues)
    {
        Level(MetricNames.Queues, () => queues.Count, null, "Queues");
        Level(MetricNames.QueueReady, () => queues.Totals.Ready, null, "Messages that can be delivered");
        Level(MetricNames.QueueLeased, () => queues.Totals.Leased, null, "Messages that a consumer has");
        Level(MetricNames.QueueDelayed, () => queues.Totals.Delayed, null, "Messages whose time has not come");
        Level(MetricNames.QueueDead, () => queues.Totals.Dead, null, "Dead letters that are kept");
        Level(MetricNames.QueueConsumers, () => queues.Totals.Consumers, null, "Consumers");
        Level(MetricNames.QueueMessages, () => queues.Totals.MessageBytes, "By", "Bytes of messages, dead letters not counted");
        Level(MetricNames.QueueMemory, () => queues.Totals.MemoryBytes, "By", "Memory for messages");
        Level(MetricNames.QueueDisk, () => queues.Totals.DiskBytes, "By", "Messages that are on disk only");
        Count(MetricNames.QueuePushed, () => queues.Totals.Pushed, null, "Pushes that were accepted");
        Count(MetricNames.QueueDelivered, () => queues.Totals.Delivered, null, "Deliveries");
        Count(MetricNames.QueueRedelivered, () => queues.Totals.Redelivered, null, "Deliveries that were not a message's first");
        Count(MetricNames.QueueAcked, () => queues.Totals.Acked, null, "Messages that were settled as done");
        Count(MetricNames.QueueNacked, () => queues.Totals.Nacked, null, "Messages that were given back as failed");
        Count(MetricNames.QueueLeasesExpired, () => queues.Totals.LeasesExpired, null, "Leases that ran out");
        Count(MetricNames.QueueDeadLettered, () => queues.Totals.DeadLettered, null, "Messages that became dead letters");
        Count(MetricNames.QueueDuplicates, () => queues.Totals.Duplicates, null, "Pushes that were duplicates");
        Count(MetricNames.QueueRejected, () => queues.Totals.Rejected, null, "Pushes refused by a full or paused queue");
        Count(MetricNames.QueueExpired, () => queues.Totals.Expired, null, "Messages whose life ended unsettled");
    }

    private void Topics(TopicService topics, TopicBuffers buffers)
    {
        Level(MetricNames.TopicSubscriptions, () => topics.Stats.Subscriptions, null, "Subscriptions to topics");
        Level(MetricNames.TopicFilters, () => topics.Stats.Filters, null, "Filters of them");
        Level(MetricNames.TopicsCached, () => topics.Stats.Topics, null, "Topics that were published to lately");
        Level(MetricNames.TopicBuffered, () => buffers.Bytes, "By", "Room taken by messages that wait for slow subscriptions");
        Level(MetricNames.TopicRetained, () => topics.Stats.Retained, null, "Retained messages");
        Level(MetricNames.TopicRetainedMemory, () => topics.Stats.RetainedBytes, "By", "Memory for them");
        Level(MetricNames.TopicBindings, () => topics.Stats.Bindings, null, "Bindings of topics");
        Level(MetricNames.TopicWills, () => topics.Wills.Count, null, "Wills of connections, open and lost ones");
        Count(MetricNames.TopicPublished, () => topics.Stats.Published, null, "Messages published to topics");
        Count(MetricNames.TopicPublishedData, () => topics.Stats.PublishedBytes, "By", "Their topics, headers and bodies");
        Count(MetricNames.TopicRefused, () => topics.Stats.Refused, null, "Publishes refused");
        Count(MetricNames.TopicUnheard, () => topics.Stats.Unheard, null, "Messages that had no subscription and no binding");
        Count(MetricNames.TopicDelivered, () => topics.Stats.Delivered, null, "Messages times the subscriptions they went to");
        Count(MetricNames.TopicDropped, () => topics.Stats.Dropped, null, "Of those, what slow subscriptions did not get");
        Count(MetricNames.TopicEndedSlow, () => buffers.EndedSlow, null, "Subscriptions ended for being slow");
        Count(MetricNames.TopicBound, () => topics.Stats.BindingTaken, null, "Messages that targets of bindings have taken");
        Count(MetricNames.TopicBindingRefused, () => topics.Stats.BindingRefused, null, "Messages that they have refused");
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

    private void Sessions(SessionService sessions)
    {
        Level(MetricNames.Sessions, () => sessions.Stats.Sessions, null, "Sessions of MQTT that outlive their connections");
        Level(MetricNames.SessionsConnected, () => sessions.Stats.Connected, null, "Those of them with a connection");
        Level(MetricNames.SessionSubscriptions, () => sessions.Stats.Subscriptions, null, "Their subscriptions");
        Level(MetricNames.SessionMessages, () => sessions.Stats.Messages, null, "Messages that they have and that were not acknowledged");
        Level(MetricNames.SessionBodies, () => sessions.Stats.Bodies, null, "The same, one that several have counted once");
        Level(MetricNames.SessionMemory, () => sessions.Stats.Bytes, "By", "Memory for them");
        Count(MetricNames.SessionQueued, () => sessions.Stats.Queued, null, "Messages that came for sessions");
        Count(MetricNames.SessionDropped, () => sessions.Stats.Dropped, null, "Of those, what there was no room for");
        Count(MetricNames.SessionExpired, () => sessions.Stats.Expired, null, "Of those, what was not sent before its life was over");
        Count(MetricNames.SessionsEnded, () => sessions.Stats.Ended, null, "Sessions that nobody has come back for");
        Count(MetricNames.SessionsTakenOver, () => sessions.Stats.TakenOver, null, "Sessions that a new connection has taken from another");
    }

    private void Streams(StreamService streams)
    {
        Level(MetricNames.Streams, () => streams.Count, null, "Streams");
        Level(MetricNames.StreamRecords, () => streams.Totals.Records, null, "Offsets from their first to their next records");
        Level(MetricNames.StreamData, () => streams.Totals.Bytes, "By", "Records in files and in memory");
        Level(MetricNames.StreamPending, () => streams.PendingBytes, "By", "Records in the log that are not in files of streams yet");
        Level(MetricNames.StreamFailed, () => streams.Totals.Failed, null, "Streams whose files have failed: they take no records");
        Level(MetricNames.StreamReaders, () => streams.Totals.Readers, null, "Tails, and reads that wait");
        Level(MetricNames.StreamGroups, () => streams.Totals.Groups, null, "Groups of streams");
        Count(MetricNames.StreamAppended, () => streams.Totals.Appended, null, "Records appended");
        Count(MetricNames.StreamAppendedData, () => streams.Totals.AppendedBytes, "By", "Their bytes");
        Count(MetricNames.StreamRead, () => streams.Totals.Read, null, "Records given to readers and groups");
        Count(MetricNames.StreamReadData, () => streams.Totals.ReadBytes, "By", "Their bytes");
        Count(MetricNames.StreamDuplicates, () => streams.Totals.Duplicates, null, "Appends that were duplicates");
        Count(MetricNames.StreamConflicts, () => streams.Totals.Conflicts, null, "Appends that found another version than expected");
        Count(MetricNames.StreamTrimmed, () => streams.Totals.Trimmed, null, "Records that retention or a trim let go");
        Count(MetricNames.StreamCompacted, () => streams.Totals.Compacted, null, "Records that compaction removed");
        Level(MetricNames.StreamSaved, () => streams.Totals.SavedBytes, "By", "What files of streams have less since they were compacted");
    }

    private void Schedules(ScheduleService schedules)
    {
        Level(MetricNames.Schedules, () => schedules.Stats.Count, null, "Schedules");
        Count(MetricNames.ScheduleRuns, () => schedules.Stats.Runs, null, "Runs of schedules");
        Count(MetricNames.ScheduleFailed, () => schedules.Stats.Failed, null, "Runs whose push was refused");
        Count(MetricNames.ScheduleMissed, () => schedules.Stats.Missed, null, "Runs that were missed and dropped");
    }

    private void Log(Persistence persistence)
    {
        WalStats Stats() => persistence.Log?.Stats ?? default;
        Count(MetricNames.LogCommits, () => Stats().Commits, null, "Commits written to the log");
        Count(MetricNames.LogRecords, () => Stats().Records, null, "Records in them");
        Count(MetricNames.LogWritten, () => Stats().Bytes, "By", "Bytes written to the log, with headers and padding");
        Count(MetricNames.LogSyncs, () => Stats().Syncs, null, "Syncs of the log");
        _meter.CreateObservableCounter(
            MetricNames.LogSyncTime, () => Stats().SyncMicrosecondsTotal / 1e6, "s", "Time that they took");
        _meter.CreateObservableGauge(
            MetricNames.LogSyncTimeMax, () => Stats().SyncMicrosecondsMax / 1e6, "s", "The longest of them");
        Level(MetricNames.LogPending, () => Stats().PendingBytes, "By", "Records that wait to be written");
        Level(MetricNames.LogUnsynced, () => Stats().UnsyncedBytes, "By", "Records that were written and wait to be synced");
        Level(MetricNames.LogSize, () => Stats().SegmentBytes, "By", "All segments of the log on disk");
        Level(
            MetricNames.LogFailed,
            () => persistence.Log is { Failure: not null } ? 1 : 0,
            null,
            "1: writing failed, and writes are refused");
        Level(MetricNames.LogFull, () => persistence.Log is { IsFull: true } ? 1 : 0, null, "1: the disk is full");
    }

    private void Snapshots(Persistence persistence, SnapshotService snapshots)
    {
        Count(MetricNames.SnapshotsWritten, () => snapshots.Totals.Written, null, "Snapshots written");
        Count(MetricNames.SnapshotsFailed, () => snapshots.Totals.Failed, null, "Snapshots that could not be written");
        Level(MetricNames.SnapshotSize, () => snapshots.Totals.LastBytes, "By", "Size of the last snapshot");
        _meter.CreateObservableGauge(
            MetricNames.SnapshotTime, () => snapshots.Totals.LastTook.TotalSeconds, "s", "Time that the last one took");
        _meter.CreateObservableGauge(
            MetricNames.RecoveryTime,
            () => persistence.Recovered?.Took.TotalSeconds ?? 0,
            "s",
            "Time that the start took to read the data back");
        Level(
            MetricNames.RecoveryRecords,
            () => persistence.Recovered is { } recovered ? recovered.SnapshotRecords + recovered.LogRecords : 0,
            null,
            "Records that it read");
    }

    private void Level(string name, Func<long> read, string? unit, string description) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    private void Count(string name, Func<long> read, string? unit, string description) =>
        _meter.CreateObservableCounter(name, read, unit, description);
}
