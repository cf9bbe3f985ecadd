using Nexo.Server.Connections;
using Nexo.Storage;

namespace Nexo.Server.Observability;

// How long things take.
internal sealed partial class NexoMetrics
{
    private const double Microseconds = 1e-6;
    private const double Milliseconds = 1e-3;

    // From 8 µs to 16 s by powers of two; from 1 ms to 18 h; from 512 bytes to 64 MiB.
    private const int ShortFirst = 3;
    private const int ShortLast = 24;
    private const int LongLast = 26;
    private const int SizeFirst = 9;
    private const int SizeLast = 26;

    private readonly List<HistogramMetric> _histograms = [];

    /// <summary>Tells exporters what histograms have counted: before they collect.</summary>
    public void ReplayHistograms()
    {
        foreach (HistogramMetric histogram in _histograms)
        {
            histogram.Replay();
        }
    }

    private void Histograms(ClientConnections clients)
    {
        Short(
            MetricNames.RequestBatchDuration,
            "Time from the reading of requests to their answers, without the wait for the disk, by protocol",
            () => clients.BatchTimes.Read());
        _histograms.Add(new HistogramMetric(
            _meter, MetricNames.QueueWaitDuration, "s", "Time that messages were ready before they were delivered",
            Milliseconds, 0, LongLast, () => OfAll(broker => broker.Queues.WaitTimes())));
        _histograms.Add(new HistogramMetric(
            _meter, MetricNames.QueueProcessDuration, "s", "Time from the delivery of messages to their acks",
            Milliseconds, 0, LongLast, () => OfAll(broker => broker.Queues.WorkTimes())));
        if (!_brokers.All.Any(broker => broker.Persistence.IsOn))
        {
            return;
        }

        Short(
            MetricNames.LogSyncDuration, "Time that syncs of the log took",
            () => OfAll(broker => SumOf(broker.Persistence.Log?.SyncTimes)));
        Short(
            MetricNames.LogCommitDuration, "Time that commits took to be written to the log, without their syncs",
            () => OfAll(broker => SumOf(broker.Persistence.Log?.CommitTimes)));
        _histograms.Add(new HistogramMetric(
            _meter, MetricNames.LogCommitSize, "By", "Size of commits, with headers and padding",
            1, SizeFirst, SizeLast, () => OfAll(broker => SumOf(broker.Persistence.Log?.CommitSizes))));
    }

    private void Short(string name, string description, Func<IEnumerable<TaggedHistogram>> read) => _histograms.Add(
        new HistogramMetric(_meter, name, "s", description, Microseconds, ShortFirst, ShortLast, read));

    private IEnumerable<TaggedHistogram> OfAll(Func<Brokers.Broker, HistogramSum> read)
    {
        var sum = new HistogramSum();
        foreach (HistogramSum one in _brokers.All.Select(read))
        {
            for (int i = 0; i < Histogram.BucketCount; i++)
            {
                sum.Add(i, one.CountAt(i), one.SumAt(i));
            }
        }

        return [new TaggedHistogram(default, sum)];
    }

    private static HistogramSum SumOf(Histogram? histogram)
    {
        var sum = new HistogramSum();
        if (histogram is not null)
        {
            sum.Add(histogram);
        }

        return sum;
    }
}
