using System.Diagnostics.Metrics;
using Nexo.Engine.Queues;
using Nexo.Engine.Streams;

namespace Nexo.Server.Observability;

// Queues, streams and groups by name: the oldest ones, up to metrics.objects-max of each kind, and the sum of the others.
internal sealed partial class NexoMetrics
{
    private static readonly KeyValuePair<string, object?> Overflow = new(MetricNames.Overflow, true);

    private void Objects()
    {
        QueueLevel(MetricNames.PerQueueReady, static stats => stats.Ready, null, "Messages of a queue that can be delivered");
        QueueLevel(MetricNames.PerQueueLeased, static stats => stats.Leased, null, "Messages of a queue that a consumer has");
        QueueLevel(MetricNames.PerQueueDelayed, static stats => stats.Delayed, null, "Messages of a queue whose time has not come");
        QueueLevel(MetricNames.PerQueueDead, static stats => stats.Dead, null, "Dead letters of a queue");
        QueueLevel(MetricNames.PerQueueConsumers, static stats => stats.Consumers, null, "Consumers of a queue");
        QueueLevel(
            MetricNames.PerQueueMessageBytes, static stats => stats.MessageBytes, "By", "Messages of a queue, dead letters not counted");
        QueueCount(MetricNames.PerQueuePushed, static stats => stats.Pushed, "Pushes that a queue has accepted");
        QueueCount(MetricNames.PerQueueDelivered, static stats => stats.Delivered, "Deliveries of a queue");
        QueueCount(MetricNames.PerQueueAcked, static stats => stats.Acked, "Messages of a queue that were settled as done");
        QueueCount(MetricNames.PerQueueDeadLettered, static stats => stats.DeadLettered, "Messages of a queue that became dead letters");
        _meter.CreateObservableGauge(
            MetricNames.PerQueueOldestAge,
            () => PerQueue(static stats => stats.OldestAgeMs).Select(
                static one => new Measurement<double>(one.Value * Milliseconds, one.Tags)),
            "s",
            "Since the oldest message of a queue came that can be delivered");
        StreamLevel(MetricNames.PerStreamRecords, static stats => stats.Records, null, "Offsets of a stream from its first to its next");
        StreamLevel(MetricNames.PerStreamData, static stats => stats.Bytes, "By", "Records of a stream in files and in memory");
        StreamCount(MetricNames.PerStreamAppended, static stats => stats.Appended, "Records appended to a stream");
        StreamCount(MetricNames.PerStreamRead, static stats => stats.Read, "Records of a stream given to readers and groups");
        GroupLevel(MetricNames.PerGroupLag, static group => group.Lag, "Records that a group has not done");
        GroupLevel(MetricNames.PerGroupInFlight, static group => group.InFlight, "Records that members of a group have");
        GroupLevel(MetricNames.PerGroupMembers, static group => group.Members, "Members of a group");
        GroupCount(MetricNames.PerGroupDone, static group => group.Done, "Records that a group has done");
        GroupCount(MetricNames.PerGroupDeadLettered, static group => group.DeadLetters, "Records of a group that became dead letters");
        _meter.CreateObservableGauge(
            MetricNames.ObjectsLeftOut,
            () => new Measurement<long>[]
            {
                new(_queues.Value.Sum(static survey => survey.RestCount), Kind("queue")),
                new(_streams.Value.Sum(static survey => survey.RestCount), Kind("stream")),
                new(_streams.Value.Sum(static survey => survey.GroupsRestCount), Kind("group")),
            },
            null,
            "Queues, streams and groups that are told as a sum only, being more than metrics.objects-max");
    }

    private void QueueLevel(string name, Func<QueueStats, long> read, string? unit, string description) =>
        _meter.CreateObservableGauge(name, () => PerQueue(read), unit, description);

    private void QueueCount(string name, Func<QueueStats, long> read, string description) =>
        CountEach(name, () => PerQueue(read), description);

    private void StreamLevel(string name, Func<StreamStats, long> read, string? unit, string description) =>
        _meter.CreateObservableGauge(name, () => PerStream(read), unit, description);

    private void StreamCount(string name, Func<StreamStats, long> read, string description) =>
        CountEach(name, () => PerStream(read), description);

    private void GroupLevel(string name, Func<StreamGroupFigures, long> read, string description) =>
        _meter.CreateObservableGauge(name, () => PerGroup(read), null, description);

    private void GroupCount(string name, Func<StreamGroupFigures, long> read, string description) =>
        CountEach(name, () => PerGroup(read), description);

    private IEnumerable<Measurement<long>> PerQueue(Func<QueueStats, long> read)
    {
        QueueSurvey[] all = _queues.Value;
        for (int i = 0; i < all.Length; i++)
        {
            KeyValuePair<string, object?> broker = NamespaceOf(i);
            foreach ((string name, QueueStats stats) in all[i].Named)
            {
                yield return new Measurement<long>(read(stats), broker, Destination(name));
            }
        }

        if (all.Any(static survey => survey.RestCount > 0))
        {
            yield return new Measurement<long>(all.Sum(survey => read(survey.Rest)), Overflow);
        }
    }

    private IEnumerable<Measurement<long>> PerStream(Func<StreamStats, long> read)
    {
        StreamSurvey[] all = _streams.Value;
        for (int i = 0; i < all.Length; i++)
        {
            KeyValuePair<string, object?> broker = NamespaceOf(i);
            foreach ((string name, StreamStats stats) in all[i].Named)
            {
                yield return new Measurement<long>(read(stats), broker, Destination(name));
            }
        }

        if (all.Any(static survey => survey.RestCount > 0))
        {
            yield return new Measurement<long>(all.Sum(survey => read(survey.Rest)), Overflow);
        }
    }

    private IEnumerable<Measurement<long>> PerGroup(Func<StreamGroupFigures, long> read)
    {
        StreamSurvey[] all = _streams.Value;
        for (int i = 0; i < all.Length; i++)
        {
            KeyValuePair<string, object?> broker = NamespaceOf(i);
            foreach (StreamGroupFigures group in all[i].Groups)
            {
                KeyValuePair<string, object?> name = new(MetricNames.Group, group.Group);
                yield return new Measurement<long>(read(group), broker, Destination(group.Stream), name);
            }
        }

        if (all.Any(static survey => survey.GroupsRestCount > 0))
        {
            yield return new Measurement<long>(all.Sum(survey => read(survey.GroupsRest)), Overflow);
        }
    }

    private void CountEach(string name, Func<IEnumerable<Measurement<long>>> read, string description)
    {
        var rest = new RestCounter();
        _meter.CreateObservableCounter(name, () => rest.Hold(read()), null, description);
    }

    private KeyValuePair<string, object?> NamespaceOf(int broker) => new(MetricNames.Namespace, _brokers.All[broker].Name);

    private static KeyValuePair<string, object?> Destination(string name) => new(MetricNames.Destination, name);

    private static KeyValuePair<string, object?> Kind(string kind) => new("kind", kind);

    /// <summary>
    /// The count of those without a name must not fall when one of them gets a name or goes: a reader would take it for a new start
    /// of the server. What it would fall by is added from then on.
    /// </summary>
    private sealed class RestCounter
    {
        private readonly Lock _gate = new();
        private long _counted;
        private long _lost;

        public IReadOnlyList<Measurement<long>> Hold(IEnumerable<Measurement<long>> measurements)
        {
            lock (_gate)
            {
                return [.. measurements.Select(Hold)];
            }
        }

        private Measurement<long> Hold(Measurement<long> measurement)
        {
            if (measurement.Tags is not [{ Key: MetricNames.Overflow }])
            {
                return measurement;
            }

            _lost += Math.Max(0, _counted - measurement.Value);
            _counted = measurement.Value;
            return new Measurement<long>(_counted + _lost, Overflow);
        }
    }
}
