namespace Nexo.Storage;

/// <content>Beginning and ending segments, under the lock of those who write.</content>
public sealed partial class SegmentedLog
{
    private BatchSegment SegmentFor(in BatchHeader batch)
    {
        if (Active is { } active)
        {
            if (Fits(active.DataEnd, active.FirstTimestamp, batch))
            {
                return active;
            }

            Seal(active);
        }

        return Begin(batch.BaseOffset);
    }

    private bool Fits(long position, long? firstTimestamp, in BatchHeader batch) =>
        position == BatchSegmentHeader.Size
        || (position + batch.Bytes <= _options.SegmentBytes
            && (batch.Records == 0
                || firstTimestamp is not { } first
                || batch.FirstTimestamp < first
                || (ulong)(batch.FirstTimestamp - first) < (ulong)_options.SegmentAgeMs));

    private BatchSegment Begin(long baseOffset)
    {
        long bytesBefore = _segments is [.., var last] ? End(last) : 0;
        var header = new BatchSegmentHeader(_logId, baseOffset, bytesBefore, _writtenMaxTimestamp);
        var segment = new BatchSegment(_disk, _directory, new SegmentName(baseOffset))
        {
            DataEnd = BatchSegmentHeader.Size,
            IndexedFrom = BatchSegmentHeader.Size,
            Header = header,
        };
        IDiskFile file = _cache.Use(segment, Create(segment.Path));
        bool done = false;
        try
        {
            Span<byte> bytes = stackalloc byte[BatchSegmentHeader.Size];
            header.Encode(bytes);
            _cache.MarkWritten(segment);
            file.Write(bytes, 0);
            done = true;
        }
        finally
        {
            _cache.Release(segment);
            if (!done)
            {
                _cache.Forget(segment);
            }
        }

        lock (_gate)
        {
            segment.Index = NewIndex();
            _segments = [.. _segments, segment];
        }

        return segment;
    }

    private IDiskFile Create(string path)
    {
        EnsureDirectory();
        _namesChanged = true;

        // It is there if it could be created last time, but not written to.
        if (_disk.Exists(path))
        {
            return _disk.Open(path, forWriting: true);
        }

        if (_spares.Count == 0)
        {
            return _disk.Create(path);
        }

        _disk.Rename(PathOf(_spares[^1]), path);
        _spares.RemoveAt(_spares.Count - 1);
        return _disk.Open(path, forWriting: true);
    }

    // A log to which nothing was written yet has none: there may be many of those.
    private void EnsureDirectory()
    {
        if (_hasNoDirectory)
        {
            _disk.CreateDirectory(_directory);
            int parent = _directory.LastIndexOf('/');
            _disk.SyncDirectory(parent < 0 ? "" : _directory[..parent]);
            _hasNoDirectory = false;
        }
    }

    private void Seal(BatchSegment segment)
    {
        if (segment.DataEnd == BatchSegmentHeader.Size)
        {
            return;
        }

        IDiskFile file = _cache.Use(segment);
        try
        {
            _cache.MarkWritten(segment);
            long end = segment.DataEnd;
            if (IndexForFooter(segment, file) is { } index)
            {
                byte[] footer = new SegmentFooter(
                    _logId, segment.BaseOffset, segment.EndOffset, segment.DataEnd, _writtenMaxTimestamp).Encode(index);
                file.Write(footer, end);
                end += footer.Length;
            }

            if (file.Length != end)
            {
                file.SetLength(end);
            }

            lock (_gate)
            {
                segment.Sealed = true;
            }

            SyncIfCrowded(segment);
        }
        finally
        {
            _cache.Release(segment);
        }
    }

    // A segment with damage in it gets no footer: those who read the damaged part will meet it, and nobody else.
    private SegmentIndex? IndexForFooter(BatchSegment segment, IDiskFile file)
    {
        try
        {
            EnsureIndex(segment, file);
            return segment.Index;
        }
        catch (SegmentDamageException)
        {
            return null;
        }
    }

    private void SyncIfCrowded(BatchSegment segment)
    {
        if (_cache.IsCrowded)
        {
            SyncFile(segment);
        }
    }

    private void SyncFile(BatchSegment segment)
    {
        try
        {
            _cache.Sync(segment);
        }
        catch (DiskException failure)
        {
            Fail(failure);
            throw;
        }
    }

    private void SyncNames()
    {
        try
        {
            _disk.SyncDirectory(_directory);
        }
        catch (DiskException failure)
        {
            Fail(failure);
            throw;
        }
    }

    // Names of files that nobody reads any more become spare, or go.
    private void ClearLeaving()
    {
        for (int i = _leaving.Count - 1; i >= 0; i--)
        {
            BatchSegment segment = _leaving[i];
            lock (_gate)
            {
                if (segment.Pins > 0)
                {
                    continue;
                }
            }

            _cache.Forget(segment);
            try
            {
                Drop(segment.Name);
            }
            catch (DiskException)
            {
                // It stays in the list for the next time; at the latest the next opening drops it.
                return;
            }

            _leaving.RemoveAt(i);
        }
    }

    private void Drop(SegmentName name)
    {
        _namesChanged = true;
        string spare = SegmentNames.Spare(name.BaseOffset);
        if (_spares.Count >= _options.SparesMax || _spares.Contains(spare))
        {
            _disk.Delete(PathOf(name.FileName));
            return;
        }

        _disk.Rename(PathOf(name.FileName), PathOf(spare));
        _spares.Add(spare);
    }
}
