namespace Nexo.Storage;

/// <content>What headers of segments tell: once they have been read, without a file.</content>
public sealed partial class SegmentedLog
{
    /// <summary>
    /// The first offset of the segment with which a time is reached, for <see cref="TrimBefore"/>: no record in the segments before has
    /// that time or a later one.
    /// </summary>
    /// <param name="time">Unix ms.</param>
    /// <exception cref="SegmentDamageException">The answer cannot be had from the files.</exception>
    public long OffsetForTime(long time)
    {
        while (true)
        {
            BatchSegment[] segments;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_segments.Length == 0 || time > _writtenMaxTimestamp)
                {
                    return Math.Max(First, _writtenOffset);
                }

                segments = _segments;
            }

            if (CountBefore(segments, time) is { } count)
            {
                return segments[Math.Max(0, count - 1)].BaseOffset;
            }
        }
    }

    // How many segments there are before the first of which all before it reach a time; null: some have been dropped meanwhile.
    private int? CountBefore(BatchSegment[] segments, long time)
    {
        int low = 0;
        int high = segments.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (HeaderOf(segments[middle]) is not { } header)
            {
                return null;
            }

            (low, high) = header.TimeBefore < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    // Null: it has been dropped.
    private BatchSegmentHeader? HeaderOf(BatchSegment segment)
    {
        lock (_gate)
        {
            if (segment.Header is { } known)
            {
                return known;
            }
        }

        return InUse(segment, (one, _) =>
        {
            EnsureHeader(one);
            return one.Header!.Value;
        });
    }
}
