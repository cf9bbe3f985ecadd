namespace Nexo.Storage;

/// <content>Finding batches. The file of the segment is in use by the caller.</content>
public sealed partial class SegmentedLog
{
    // Makes the index of a segment whole, and finds where its batches end.
    private void EnsureIndex(BatchSegment segment, IDiskFile file)
    {
        long end;
        bool atFooter;
        lock (_gate)
        {
            if (segment.IsIndexed)
            {
                return;
            }

            atFooter = segment.Sealed;
            end = segment.Index is null ? segment.DataEnd : segment.IndexedFrom;
        }

        EnsureHeader(segment);
        if (atFooter && SegmentFooter.TryRead(
                file, _logId, segment.BaseOffset, segment.EndOffset, out SegmentIndex? read) is { } footer)
        {
            lock (_gate)
            {
                segment.DataEnd = footer.DataEnd;
                segment.Index = read;
                segment.IndexedFrom = BatchSegmentHeader.Size;
            }

            return;
        }

        SegmentIndex index = Scan(segment, file, ref end);
        lock (_gate)
        {
            if (segment.IsIndexed)
            {
                return;
            }

            // What has been written meanwhile is in an index that begins where the scan ends.
            if (segment.Index is { } newer)
            {
                index.AddBefore(long.MaxValue, newer);
            }

            segment.Index = index;
            segment.IndexedFrom = BatchSegmentHeader.Size;
            segment.DataEnd = segment.DataEnd < 0 ? end : segment.DataEnd;
        }
    }

    // With an unknown end (-1) up to the segment's last offset.
    private SegmentIndex Scan(BatchSegment segment, IDiskFile file, ref long end)
    {
        long length = file.Length;
        if (end > length)
        {
            throw new SegmentDamageException(
                segment.Path, length, $"it is shorter than the {end} bytes that were written");
        }

        SegmentIndex index = NewIndex();
        long time = segment.Header!.Value.TimeBefore;
        using var scanner = new BatchScanner(file, BatchSegmentHeader.Size, end < 0 ? length : end, segment.BaseOffset);
        while (end >= 0 || scanner.Offset < segment.EndOffset)
        {
            long position = scanner.Position;
            if (!scanner.Next(out BatchHeader batch))
            {
                break;
            }

            index.Add(new(batch.BaseOffset, position, time));
            time = batch.Records > 0 ? Math.Max(time, batch.MaxTimestamp) : time;
        }

        if (end < 0 && scanner.Offset != segment.EndOffset)
        {
            throw new SegmentDamageException(
                segment.Path,
                scanner.Position,
                $"offset {scanner.Offset} follows, but the next segment begins at {segment.EndOffset}");
        }

        end = end < 0 ? scanner.Position : end;
        return index;
    }

    private void EnsureHeader(BatchSegment segment)
    {
        lock (_gate)
        {
            if (segment.Header is not null)
            {
                return;
            }
        }

        IDiskFile file = _cache.Use(segment);
        try
        {
            BatchSegmentHeader header = BatchSegmentHeader.Read(file, _logId, segment.BaseOffset);
            lock (_gate)
            {
                segment.Header = header;
            }
        }
        finally
        {
            _cache.Release(segment);
        }
    }

    // The batch with this offset, which the segment has: where it begins, and its base.
    private (long Position, long BaseOffset) Locate(BatchSegment segment, IDiskFile file, long offset)
    {
        TryEnsureIndex(segment, file);
        SegmentIndex.Entry? entry;
        long end;
        lock (_gate)
        {
            entry = segment.Index?.FindOffset(offset);
            end = segment.DataEnd;
        }

        if (offset == segment.BaseOffset)
        {
            return (BatchSegmentHeader.Size, offset);
        }

        using BatchScanner scanner = ScannerFrom(segment, file, entry, end);
        while (scanner.Next(out BatchHeader batch))
        {
            if (batch.EndOffset > offset)
            {
                return (scanner.Position - batch.Bytes, batch.BaseOffset);
            }
        }

        throw new SegmentDamageException(segment.Path, end, $"it ends before offset {offset}");
    }

    // If there is damage somewhere in the segment, what lies before it can be found all the same.
    private void TryEnsureIndex(BatchSegment segment, IDiskFile file)
    {
        try
        {
            EnsureIndex(segment, file);
        }
        catch (SegmentDamageException)
        {
            lock (_gate)
            {
                if (segment.DataEnd < 0)
                {
                    throw;
                }
            }
        }
    }

    private static BatchScanner ScannerFrom(
        BatchSegment segment, IDiskFile file, SegmentIndex.Entry? entry, long end) =>
        entry is { } at
            ? new BatchScanner(file, at.Position, end, at.Offset)
            : new BatchScanner(file, BatchSegmentHeader.Size, end, segment.BaseOffset);
}
