namespace Nexo.Storage;

/// <content>Making it durable.</content>
public sealed partial class SegmentedLog
{
    // A disk writes sectors whole: what comes behind a checkpoint begins in a sector of its own.
    private const int SectorBytes = 512;

    /// <summary>
    /// Writes what is pending and makes everything so far survive a power loss. Appends, reads and flushes go on during
    /// the sync. Only what the write-ahead log still has may be missing in the answer: recycle that log up to the
    /// answer's offset only when the answer itself is durable.
    /// </summary>
    /// <param name="onlyWritten">
    /// Not what is pending, for which the disk has no room: the answer ends before it, and its owner has to keep it elsewhere. Where
    /// there is not even room to begin a sector, it is the last one that was made.
    /// </param>
    /// <exception cref="DiskException">It is not durable. After a failed sync none is made any more.</exception>
    public SegmentedLogCheckpoint Checkpoint(bool onlyWritten = false)
    {
        lock (_checkpointing)
        {
            SegmentedLogCheckpoint checkpoint;
            List<BatchSegment> written;
            bool names;
            lock (_writing)
            {
                if (!onlyWritten)
                {
                    WritePending();
                }

                try
                {
                    Pad();
                }
                catch (DiskException failure) when (onlyWritten && failure.Error == DiskError.Full)
                {
                    lock (_gate)
                    {
                        return _checkpoint;
                    }
                }

                lock (_gate)
                {
                    RequireUsable();
                    checkpoint = _segments is [.., var last]
                        ? new(_writtenOffset, last.BaseOffset, last.DataEnd, _writtenMaxTimestamp)
                        : new(_writtenOffset, 0, 0, _writtenMaxTimestamp);
                    written = SegmentsFrom(_checkpoint.NextOffset);
                    written.ForEach(Pin);
                }

                names = _namesChanged;
                _namesChanged = false;
            }

            try
            {
                written.ForEach(SyncFile);
                if (names)
                {
                    SyncNames();
                }
            }
            finally
            {
                written.ForEach(Unpin);
            }

            lock (_gate)
            {
                _checkpoint = checkpoint;
            }

            return checkpoint;
        }
    }

    /// <summary>
    /// Takes back what has been appended since the last checkpoint, from an offset on; what lies before the checkpoint
    /// stands. Nobody may be reading.
    /// </summary>
    /// <returns>The offset of the next record: lower than asked for if a batch would have been cut in two.</returns>
    public long TruncateAfter(long offset)
    {
        lock (_writing)
        {
            WritePending();
            BatchSegment segment;
            lock (_gate)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(offset, Math.Max(_checkpoint.NextOffset, First));
                if (offset >= _nextOffset)
                {
                    return _nextOffset;
                }

                segment = _segments[LastSegment(_segments, offset)];
                if (SegmentsFrom(segment.BaseOffset).Exists(one => one.Pins > 0))
                {
                    throw new InvalidOperationException("The log is being read.");
                }
            }

            IDiskFile file = _cache.Use(segment);
            try
            {
                (long position, long end) = Locate(segment, file, offset);
                DropBehind(segment);
                Cut(segment, position, end, TimeAt(segment, file, position));
                return end;
            }
            finally
            {
                _cache.Release(segment);
            }
        }
    }

    private List<BatchSegment> SegmentsFrom(long offset)
    {
        List<BatchSegment> found = [];
        for (int i = _segments.Length - 1; i >= 0 && _segments[i].EndOffset >= offset; i--)
        {
            found.Add(_segments[i]);
        }

        return found;
    }

    private void Pad()
    {
        if (Active is not { } active || active.DataEnd % SectorBytes == 0 || !_cache.NeedsSync(active))
        {
            return;
        }

        int bytes = (int)(SectorBytes - (active.DataEnd % SectorBytes));
        bytes += bytes < BatchHeader.Size ? SectorBytes : 0;
        Span<byte> padding = stackalloc byte[bytes];
        padding.Clear();
        new BatchHeader
        {
            BaseOffset = _writtenOffset,
            Offsets = 0,
            Records = 0,
            Flags = BatchHeader.PaddingFlag,
        }.Seal(padding);
        IDiskFile file = _cache.Use(active);
        try
        {
            _cache.MarkWritten(active);
            file.Write(padding, active.DataEnd);
            lock (_gate)
            {
                active.DataEnd += bytes;
            }
        }
        catch (DiskException failure) when (failure.Error != DiskError.Full)
        {
            Fail(failure);
            throw;
        }
        finally
        {
            _cache.Release(active);
        }
    }

    private void DropBehind(BatchSegment segment)
    {
        while (_segments[^1] != segment)
        {
            BatchSegment last = _segments[^1];
            lock (_gate)
            {
                last.Removed = true;
                _segments = _segments[..^1];
            }

            _cache.Forget(last);
            try
            {
                Drop(last.Name);
            }
            catch (DiskException failure)
            {
                Fail(failure);
                throw;
            }
        }
    }

    private void Cut(BatchSegment segment, long position, long offset, long time)
    {
        SegmentIndex index = NewIndex();
        lock (_gate)
        {
            index.AddBefore(position, segment.Index!);
            segment.Sealed = false;
            segment.DataEnd = position;
            segment.EndOffset = offset;
            segment.Index = index;
            segment.FirstTimestamp = position == BatchSegmentHeader.Size ? null : segment.FirstTimestamp;
            _writtenOffset = offset;
            _nextOffset = offset;
            _writtenMaxTimestamp = time;
            _maxTimestamp = time;
            _version++;
        }
    }
}
