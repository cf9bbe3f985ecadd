using System.Collections.Immutable;

namespace Nexo.Storage;

/// <summary>What the log has done since it was opened, and what it holds.</summary>
public readonly record struct WalStats
{
    /// <summary>The length of <see cref="SyncBuckets"/>.</summary>
    public const int SyncBucketCount = Histogram.BucketCount;

    public long Commits { get; init; }

    public long Records { get; init; }

    /// <summary>Bytes of commits written, with headers and padding.</summary>
    public long Bytes { get; init; }

    public long Syncs { get; init; }

    /// <summary>How long syncs took, in microseconds, all together.</summary>
    public long SyncMicrosecondsTotal { get; init; }

    public long SyncMicrosecondsLast { get; init; }

    public long SyncMicrosecondsMax { get; init; }

    /// <summary>
    /// Syncs by duration: at index i those that took up to 2^i microseconds, and more than half of that; the last one has all longer
    /// ones too.
    /// </summary>
    public ImmutableArray<long> SyncBuckets { get; init; }

    /// <summary>Appended, and not yet handed to the operating system, in bytes.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Handed to the operating system, and not yet synced, in bytes.</summary>
    public long UnsyncedBytes { get; init; }

    /// <summary>Segments that hold records, the current one included.</summary>
    public int Segments { get; init; }

    /// <summary>Segments that are ready for use.</summary>
    public int SegmentsPrepared { get; init; }

    /// <summary>Bytes of all segment files.</summary>
    public long SegmentBytes { get; init; }

    public long SegmentsRecycled { get; init; }

    /// <summary>Mean of all syncs so far, in microseconds.</summary>
    public double SyncMicrosecondsMean => Syncs == 0 ? 0 : (double)SyncMicrosecondsTotal / Syncs;
}
