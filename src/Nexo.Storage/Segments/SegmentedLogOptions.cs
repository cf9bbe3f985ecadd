namespace Nexo.Storage;

/// <summary>Sizes of a <see cref="SegmentedLog"/>. They may change from one opening to the next.</summary>
public sealed record SegmentedLogOptions
{
    /// <summary>Bytes at which a new segment is begun; a larger batch has one of its own.</summary>
    public long SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// How far the times of a segment's first records and of the next batch may be apart, ms; then a new segment is
    /// begun, so that retention by age lets go of old records in time.
    /// </summary>
    public long SegmentAgeMs { get; init; } = long.MaxValue;

    /// <summary>Files of dropped segments that are kept to be written over, at most.</summary>
    public int SparesMax { get; init; } = 1;

    /// <summary>Bytes from one entry of the index to the next, at first.</summary>
    public int IndexDistanceBytes { get; init; } = 4 * 1024;

    /// <summary>
    /// Entries of a segment's index, at most, of 24 bytes each: when they are reached, every second one goes and the
    /// distance doubles. So an index is small however large its segment.
    /// </summary>
    public int IndexEntriesMax { get; init; } = 2 * 1024;
}
