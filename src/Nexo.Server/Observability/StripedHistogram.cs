using Nexo.Storage;

namespace Nexo.Server.Observability;

/// <summary>
/// A <see cref="Histogram"/> that many threads add to at once: each, or nearly each, has lines of the processor's cache of its own.
/// </summary>
internal sealed class StripedHistogram
{
    private const int StripesMax = 64;

    // Each stripe ends with as much as two lines that nobody uses: neighbours are fetched in pairs.
    private const int Stride = (2 * Histogram.BucketCount) + 16;

    private readonly long[] _cells;
    private readonly int _mask;

    public StripedHistogram()
    {
        int stripes = Math.Min(StripesMax, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount * 2));
        _cells = new long[(stripes * Stride) + Stride];
        _mask = stripes - 1;
    }

    public void Add(long value)
    {
        int stripe = Environment.CurrentManagedThreadId & _mask;
        int cell = (stripe * Stride) + (2 * Histogram.IndexOf(value));
        Interlocked.Increment(ref _cells[cell]);
        Interlocked.Add(ref _cells[cell + 1], value);
    }

    public HistogramSum Read()
    {
        var sum = new HistogramSum();
        for (int stripe = 0; stripe <= _mask; stripe++)
        {
            for (int i = 0; i < Histogram.BucketCount; i++)
            {
                int cell = (stripe * Stride) + (2 * i);
                sum.Add(i, Interlocked.Read(ref _cells[cell]), Interlocked.Read(ref _cells[cell + 1]));
            }
        }

        return sum;
    }
}
