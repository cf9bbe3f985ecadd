using System.Diagnostics.Metrics;
using Nexo.Storage;

namespace Nexo.Server.Observability;

/// <summary>
/// Histograms of one name, by tag. The server counts by itself, without an instrument: /metrics reads that; for exporters, which know
/// instruments only, <see cref="Replay()"/> tells an instrument what has been counted since the last time, off the paths that count.
/// </summary>
/// <param name="scale">What one of the counted values is in the unit.</param>
/// <param name="first">The lowest index of <see cref="Histogram"/> that is told apart.</param>
/// <param name="last">The highest one; above it there is infinity.</param>
/// <param name="read">All there are now.</param>
internal sealed class HistogramMetric(
    Meter meter,
    string name,
    string unit,
    string description,
    double scale,
    int first,
    int last,
    Func<IEnumerable<TaggedHistogram>> read)
{
    private readonly Histogram<double> _instrument = meter.CreateHistogram(
        name,
        unit,
        description,
        tags: null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [.. Enumerable.Range(first, last - first + 1).Select(i => (1L << i) * scale)],
        });

    // An instrument takes values one by one, some 50 ns each: what is more than that waits for the next time.
    private const long ReplayedMax = 4_000_000;

    private readonly Dictionary<string, HistogramSum> _told = [];

    public string Name => name;

    public string Unit => unit;

    public string Description => description;

    public double Scale => scale;

    public int First => first;

    public int Last => last;

    public IEnumerable<TaggedHistogram> Read() => read();

    /// <summary>The upper bound of an index, in the unit.</summary>
    public double BoundOf(int index) => (1L << index) * scale;

    /// <summary>Tells the instrument what is new, each value as the mean of those at its index.</summary>
    public void Replay()
    {
        if (!_instrument.Enabled)
        {
            return;
        }

        lock (_told)
        {
            long left = ReplayedMax;
            foreach (TaggedHistogram histogram in read())
            {
                Replay(histogram, ref left);
            }
        }
    }

    private void Replay(in TaggedHistogram histogram, ref long left)
    {
        string key = histogram.Tag.Value?.ToString() ?? string.Empty;
        if (!_told.TryGetValue(key, out HistogramSum? told))
        {
            _told[key] = told = new HistogramSum();
        }

        for (int i = 0; i < Histogram.BucketCount && left > 0; i++)
        {
            long count = histogram.Sum.CountAt(i) - told.CountAt(i);
            long sum = histogram.Sum.SumAt(i) - told.SumAt(i);
            long now = Math.Min(count, left);
            if (now > 0)
            {
                long ofSum = now == count ? sum : (long)((double)sum / count * now);
                Replay(histogram, i, now, ofSum);
                told.Add(i, now, ofSum);
                left -= now;
            }
        }
    }

    private void Replay(in TaggedHistogram histogram, int index, long count, long sum)
    {
        // Count and sum are not read at one moment, so the mean may be off: it stays where the values were counted.
        double low = index == 0 ? 0 : 1L << (index - 1);
        double mean = Math.Max((double)sum / count, low * (1 + 1e-9));
        double value = (index == Histogram.BucketCount - 1 ? mean : Math.Min(mean, 1L << index)) * scale;
        for (long i = 0; i < count; i++)
        {
            if (histogram.Tag.Key is null)
            {
                _instrument.Record(value);
            }
            else
            {
                _instrument.Record(value, histogram.Tag);
            }
        }
    }
}

/// <summary>What was counted under a tag; the default tag is none.</summary>
internal readonly record struct TaggedHistogram(KeyValuePair<string, object?> Tag, HistogramSum Sum);
