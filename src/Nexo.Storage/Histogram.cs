using System.Numerics;

namespace Nexo.Storage;

/// <summary>
/// Counts values by their magnitude: at index i those up to 2^i and more than half of that, in the last one all larger ones too. One
/// thread at a time adds, be it by a lock; anybody reads meanwhile.
/// </summary>
public sealed class Histogram
{
    /// <summary>The number of indexes.</summary>
    public const int BucketCount = 28;

    // Count and sum of each, side by side: a value touches one line of the processor's cache.
    private readonly long[] _cells = new long[2 * BucketCount];

    /// <summary>Where a value is counted; less than 1 at index 0.</summary>
    public static int IndexOf(long value) =>
        value <= 1 ? 0 : Math.Min(64 - BitOperations.LeadingZeroCount((ulong)value - 1), BucketCount - 1);

    /// <summary>Counts a value.</summary>
    public void Add(long value)
    {
        int cell = 2 * IndexOf(value);
        Volatile.Write(ref _cells[cell], _cells[cell] + 1);
        Volatile.Write(ref _cells[cell + 1], _cells[cell + 1] + value);
    }

    /// <summary>How many values were counted at an index.</summary>
    public long CountAt(int index) => Volatile.Read(ref _cells[2 * index]);

    /// <summary>Their sum.</summary>
    public long SumAt(int index) => Volatile.Read(ref _cells[(2 * index) + 1]);
}

/// <summary>What several histograms have counted, at one moment or nearly so.</summary>
public sealed class HistogramSum
{
    private readonly long[] _counts = new long[Histogram.BucketCount];
    private readonly long[] _sums = new long[Histogram.BucketCount];

    /// <summary>Of all values.</summary>
    public long Count => _counts.Sum();

    /// <summary>Of all values.</summary>
    public long Sum => _sums.Sum();

    /// <summary>Adds what was counted elsewhere.</summary>
    public void Add(Histogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < Histogram.BucketCount; i++)
        {
            Add(i, other.CountAt(i), other.SumAt(i));
        }
    }

    /// <summary>Adds values of one index.</summary>
    public void Add(int index, long count, long sum)
    {
        _counts[index] += count;
        _sums[index] += sum;
    }

    /// <summary>How many values were counted at an index: see <see cref="Histogram"/>.</summary>
    public long CountAt(int index) => _counts[index];

    /// <summary>Their sum.</summary>
    public long SumAt(int index) => _sums[index];
}
