namespace Nexo.Storage;

/// <content>Giving up the oldest segments.</content>
public sealed partial class SegmentedLog
{
    /// <summary>
    /// Gives up the segments that hold nothing from this offset on, for good: that survives a power loss at once. Their
    /// files are written over later, or deleted, when no reader is in them any more.
    /// </summary>
    /// <exception cref="DiskException">They are still there, or will be dropped at the next opening.</exception>
    /// <returns>The new <see cref="FirstOffset"/>: at most the offset asked for.</returns>
    public long TrimBefore(long offset)
    {
        lock (_writing)
        {
            lock (_gate)
            {
                // After a failed sync the word below could not be relied on.
                RequireUsable();
            }

            ClearLeaving();
            if (offset > WrittenOffset)
            {
                // Without room for the rest, what is written can go all the same: that makes room.
                TryWritePending();
            }

            BatchSegment[] gone;
            BatchSegment? first;
            long firstOffset;
            lock (_gate)
            {
                int count = 0;
                while (count < _segments.Length && IsBefore(_segments[count], offset))
                {
                    count++;
                }

                gone = _segments[..count];
                first = count < _segments.Length ? _segments[count] : null;
                firstOffset = first?.BaseOffset ?? _writtenOffset;
                if (count == 0 || firstOffset <= _trimmedBefore)
                {
                    return First;
                }
            }

            // First the word, then the deed: should names of deleted files come back, the next opening knows.
            MarkFirst(firstOffset);
            lock (_gate)
            {
                Array.ForEach(gone, segment => segment.Removed = true);
                _segments = _segments[gone.Length..];
                _saved -= gone.Sum(segment => segment.Saved);
                _trimmedBefore = firstOffset;
            }

            _leaving.AddRange(gone);
            ClearLeaving();
            CountFrom(first);
            return FirstOffset;
        }
    }

    private static bool IsBefore(BatchSegment segment, long offset) =>
        segment.EndOffset <= offset && segment.DataEnd != BatchSegmentHeader.Size;

    private void MarkFirst(long offset)
    {
        EnsureDirectory();
        string name = SegmentNames.First(offset);
        if (!_firsts.Contains(name))
        {
            if (!_disk.Exists(PathOf(name)))
            {
                _disk.Create(PathOf(name)).Dispose();
            }

            _firsts.Add(name);
        }

        SyncNames();
        while (_firsts.Count > 1)
        {
            _disk.Delete(PathOf(_firsts[0]));
            _firsts.RemoveAt(0);
        }
    }

    // Where the log's bytes begin now. If that cannot be read, whoever reads the segment will be told.
    private void CountFrom(BatchSegment? first)
    {
        try
        {
            if (first is not null)
            {
                EnsureHeader(first);
            }

            lock (_gate)
            {
                _bytesBefore = first?.Header?.BytesBefore ?? 0;
            }
        }
        catch (IOException)
        {
            // The count stays too high until the next trim.
        }
    }
}
