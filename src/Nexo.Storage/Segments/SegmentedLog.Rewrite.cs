namespace Nexo.Storage;

/// <content>
/// Writing segments anew, with less in them, while everybody reads and writes. The new one is a file of its own, in which the
/// offsets are those that there were; it counts from the moment when its name is durable, and the old files go when no
/// reader is in them any more.
/// </content>
public sealed partial class SegmentedLog
{
    /// <summary>Bytes of the segment that is written to; 0: there is none.</summary>
    public long ActiveBytes
    {
        get
        {
            lock (_gate)
            {
                return Active is { } active ? active.DataEnd : 0;
            }
        }
    }

    /// <summary>The offset behind the last segment that was written anew; 0: none was.</summary>
    public long RewrittenTo
    {
        get
        {
            lock (_gate)
            {
                return Array.FindLast(_segments, segment => segment.Name.IsRewritten)?.EndOffset ?? 0;
            }
        }
    }

    /// <summary>Where the last segment begins: those before it are never added to. 0: there is none.</summary>
    public long LastSegmentBase
    {
        get
        {
            lock (_gate)
            {
                return _segments is [.., var last] ? last.BaseOffset : 0;
            }
        }
    }

    /// <summary>The segment that holds an offset, unless it is the last one.</summary>
    /// <exception cref="IOException">A header cannot be read.</exception>
    public SegmentFacts? SegmentAt(long offset)
    {
        while (true)
        {
            BatchSegment segment;
            BatchSegment next;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                int at = _segments.Length == 0 ? -1 : LastSegment(_segments, offset);
                if (at < 0 || at + 1 >= _segments.Length || offset < _segments[at].BaseOffset)
                {
                    return null;
                }

                (segment, next) = (_segments[at], _segments[at + 1]);
            }

            if (BytesBefore(segment) is { } before && BytesBefore(next) is { } end)
            {
                return new SegmentFacts(segment.BaseOffset, next.BaseOffset, end - before - segment.Saved);
            }
        }
    }

    /// <summary>Bytes of the segments from the one that holds an offset to the one that holds another, without this one.</summary>
    /// <exception cref="IOException">A header cannot be read.</exception>
    public long BytesBetween(long offset, long endOffset)
    {
        while (true)
        {
            BatchSegment first;
            BatchSegment last;
            long saved = 0;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_segments.Length == 0 || offset >= endOffset)
                {
                    return 0;
                }

                int from = LastSegment(_segments, offset);
                int to = LastSegment(_segments, endOffset);
                (first, last) = (_segments[from], _segments[to]);
                for (int i = from; i < to; i++)
                {
                    saved += _segments[i].Saved;
                }
            }

            if (BytesBefore(first) is { } before && BytesBefore(last) is { } end)
            {
                return end - before - saved;
            }
        }
    }

    /// <summary>
    /// Begins to write the segments from one offset to another anew, as one. The owner has seen to it that no checkpoint
    /// that he may give again lies in or before them: such a one would say another length.
    /// </summary>
    /// <returns>Null: there are no such segments any more.</returns>
    /// <exception cref="IOException">A header cannot be read, or the file not be begun.</exception>
    public SegmentRewrite? BeginRewrite(long offset, long endOffset)
    {
        BatchSegment first;
        BatchSegment next;
        lock (_gate)
        {
            RequireUsable();
            if (FindRun(offset, endOffset) is not { } run)
            {
                return null;
            }

            (first, next) = (_segments[run.Start.Value], _segments[run.End.Value]);
        }

        if (BytesBefore(first) is not { } || BytesBefore(next) is not { } end)
        {
            return null;
        }

        BatchSegmentHeader header = first.Header!.Value;
        string path = PathOf(SegmentNames.Temporary(offset));
        if (_disk.Exists(path))
        {
            _disk.Delete(path);
        }

        return new SegmentRewrite(this, _disk.Create(path), header, endOffset, end - header.BytesBefore, NewIndex());
    }

    internal void DeleteRewrite(string path) => _disk.Delete(path);

    /// <summary>The new segment is durable, but for its name.</summary>
    internal bool Replace(SegmentRewrite rewrite)
    {
        BatchSegmentHeader header = rewrite.Header;
        var name = new SegmentName(header.BaseOffset, rewrite.EndOffset, rewrite.BytesBefore - rewrite.DataEnd);
        var segment = new BatchSegment(_disk, _directory, name)
        {
            EndOffset = rewrite.EndOffset,
            Sealed = true,
            DataEnd = rewrite.DataEnd,
            Header = header,
        };
        lock (_writing)
        {
            lock (_gate)
            {
                RequireUsable();
                if (FindRun(header.BaseOffset, rewrite.EndOffset) is null)
                {
                    return false;
                }
            }

            if (_disk.Exists(segment.Path))
            {
                return false;
            }

            _disk.Rename(rewrite.Path, segment.Path);
            SyncNames();
            lock (_gate)
            {
                Range run = FindRun(header.BaseOffset, rewrite.EndOffset)!.Value;
                BatchSegment[] old = _segments[run];
                Array.ForEach(old, one => one.Removed = true);
                _segments = [.. _segments[..run.Start], segment, .. _segments[run.End..]];
                _saved += segment.Saved - old.Sum(one => one.Saved);
                _leaving.AddRange(old);
            }

            ClearLeaving();
            return true;
        }
    }

    // The segments that make up exactly these offsets, none of them the last. Under the gate.
    private Range? FindRun(long offset, long endOffset)
    {
        int from = _segments.Length == 0 ? -1 : LastSegment(_segments, offset);
        int to = from < 0 ? -1 : LastSegment(_segments, endOffset);
        return to > from && _segments[from].BaseOffset == offset && _segments[to].BaseOffset == endOffset ? from..to : null;
    }

    // Null: it is none of the log's any more.
    private long? BytesBefore(BatchSegment segment) => HeaderOf(segment)?.BytesBefore;
}
