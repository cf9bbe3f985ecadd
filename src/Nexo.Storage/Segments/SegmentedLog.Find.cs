namespace Nexo.Storage;

/// <content>Offsets by time and by size, for readers and for retention.</content>
public sealed partial class SegmentedLog
{
    /// <summary>
    /// The first offset of the first batch with which a time is reached: no record before it, as long as records have
    /// been kept, has that time or a later one. <see cref="NextOffset"/> if none has.
    /// </summary>
    /// <param name="time">Unix ms.</param>
    /// <exception cref="SegmentDamageException">The answer cannot be had from the file.</exception>
    public long OffsetAtTime(long time)
    {
        while (true)
        {
            BatchSegment[] segments;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (time > _writtenMaxTimestamp)
                {
                    return PendingAtTime(time);
                }

                segments = _segments;
            }

            if (CountWhile(segments, (_, header) => header.TimeBefore < time) is not { } count)
            {
                continue;
            }

            if (count == 0)
            {
                return FirstOffset;
            }

            if (InUse(segments[count - 1], (segment, file) => SegmentAtTime(segment, file, time)) is { } offset)
            {
                return Math.Max(offset, FirstOffset);
            }
        }
    }

    /// <summary>
    /// The first offset of the segment that holds an offset: up to there <see cref="TrimBefore"/> lets go of what is before it. What is
    /// not in a segment yet has its own.
    /// </summary>
    public long SegmentStart(long offset)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_segments.Length == 0 || offset >= _writtenOffset)
            {
                // Where the log goes on from an earlier checkpoint than it was trimmed to, it is not written that far again yet.
                return Math.Max(First, Math.Min(offset, _writtenOffset));
            }

            return _segments[LastSegment(_segments, offset)].BaseOffset;
        }
    }

    /// <summary>
    /// The offset from which on no more than so many bytes follow, for <see cref="TrimBefore"/>: the first offset of a
    /// segment, and of the last one if even that has more.
    /// </summary>
    public long OffsetForBytes(long bytes)
    {
        while (true)
        {
            BatchSegment[] segments;
            long end;
            bool isSaved;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                segments = _segments;
                isSaved = _saved != 0;
                if (segments.Length == 0)
                {
                    return First;
                }

                end = End(segments[^1]) + _pendingBytes;
            }

            // What those from each one on have saved.
            long[]? saved = isSaved ? new long[segments.Length] : null;
            for (int i = segments.Length - 1; saved is not null && i >= 0; i--)
            {
                saved[i] = segments[i].Saved + (i + 1 < saved.Length ? saved[i + 1] : 0);
            }

            if (CountWhile(segments, (at, header) => end - header.BytesBefore - (saved?[at] ?? 0) > bytes) is { } count)
            {
                return segments[Math.Min(count, segments.Length - 1)].BaseOffset;
            }
        }
    }

    private long PendingAtTime(long time)
    {
        foreach (PendingBuffer buffer in _pending)
        {
            ReadOnlySpan<byte> batches = buffer.Batches[buffer.Written..];
            while (batches.Length > 0)
            {
                BatchHeader batch = Decode(batches);
                if (batch.Records > 0 && batch.MaxTimestamp >= time)
                {
                    return batch.BaseOffset;
                }

                batches = batches[batch.Bytes..];
            }
        }

        return _nextOffset;
    }

    private long SegmentAtTime(BatchSegment segment, IDiskFile file, long time)
    {
        EnsureIndex(segment, file);
        SegmentIndex.Entry? entry;
        long end;
        lock (_gate)
        {
            entry = segment.Index!.FindTime(time);
            end = segment.DataEnd;
        }

        using BatchScanner scanner = ScannerFrom(segment, file, entry, end);
        while (scanner.Next(out BatchHeader batch))
        {
            if (batch.Records > 0 && batch.MaxTimestamp >= time)
            {
                return batch.BaseOffset;
            }
        }

        return scanner.Offset;
    }

    // The highest time before the batch that begins here.
    private long TimeAt(BatchSegment segment, IDiskFile file, long position)
    {
        using var scanner = new BatchScanner(file, BatchSegmentHeader.Size, position, segment.BaseOffset);
        long time = segment.Header!.Value.TimeBefore;
        while (scanner.Next(out BatchHeader batch))
        {
            time = batch.Records > 0 ? Math.Max(time, batch.MaxTimestamp) : time;
        }

        return time;
    }

    // How many segments there are before the first whose header does not hold; null: some have been dropped meanwhile.
    private int? CountWhile(BatchSegment[] segments, Func<int, BatchSegmentHeader, bool> holds)
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

            (low, high) = holds(middle, header) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private T? InUse<T>(BatchSegment segment, Func<BatchSegment, IDiskFile, T> work)
        where T : struct
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (segment.Removed)
            {
                return null;
            }

            Pin(segment);
        }

        try
        {
            IDiskFile file = _cache.Use(segment);
            try
            {
                return work(segment, file);
            }
            finally
            {
                _cache.Release(segment);
            }
        }
        finally
        {
            Unpin(segment);
        }
    }
}
