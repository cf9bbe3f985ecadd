using HdrHistogram;

namespace Nexo.Cli.Bench;

/// <summary>Histograms of latencies in nanoseconds.</summary>
internal static class BenchLatency
{
    private const long NanosecondsMin = 128;
    private const long NanosecondsMax = 3_600_000_000_000;
    private const int SignificantDigits = 3;

    public static LongHistogram NewHistogram() => new(NanosecondsMin, NanosecondsMax, SignificantDigits);

    public static void Record(LongHistogram histogram, long nanoseconds, int count)
    {
        if (count > 0)
        {
            histogram.RecordValueWithCount(Math.Clamp(nanoseconds, 1, NanosecondsMax), count);
        }
    }

    public static double Microseconds(LongHistogram? latency, double percentile) =>
        latency is null || latency.TotalCount == 0
            ? 0
            : Math.Round(latency.GetValueAtPercentile(percentile) / 1e3, 1);

    public static double MeanMicroseconds(LongHistogram? latency) =>
        latency is null || latency.TotalCount == 0 ? 0 : Math.Round(latency.GetMean() / 1e3, 1);
}
