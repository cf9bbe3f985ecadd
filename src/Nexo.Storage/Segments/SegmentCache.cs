namespace Nexo.Storage;

/// <summary>
/// What all segmented logs of a process share: the open files, with the indexes that were read from them. A file that
/// is not in use is closed when there are too many; one that has unsynced writes never is, for the kernel tells of a
/// write that failed only to those who have the file open. Thread-safe.
/// </summary>
/// <param name="filesMax">Open files, unless more are in use at the same time.</param>
public sealed class SegmentCache(int filesMax = 256)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<BatchSegment> _idle = new();
    private int _open;
    private int _dirty;

    /// <summary>Files that are open.</summary>
    public int OpenFiles
    {
        get
        {
            lock (_gate)
            {
                return _open;
            }
        }
    }

    /// <summary>Whether so many files wait for a sync that the next writer should do its own.</summary>
    internal bool IsCrowded
    {
        get
        {
            lock (_gate)
            {
                return _dirty > filesMax / 2;
            }
        }
    }

    /// <summary>Gives the file until <see cref="Release"/>.</summary>
    /// <param name="segment">Whose file it is.</param>
    /// <param name="created">The file, if it has just been created; else it is opened if need be.</param>
    internal IDiskFile Use(BatchSegment segment, IDiskFile? created = null)
    {
        IDiskFile? opened = created;
        IDiskFile? file = TryUse(segment, ref opened);
        if (file is null)
        {
            // Without the lock: a disk that is slow is not to hold up those whose files are open.
            opened = segment.Disk.Open(segment.Path, forWriting: true);
            file = TryUse(segment, ref opened);
        }

        // Somebody else may have been faster.
        opened?.Dispose();
        return file!;
    }

    // Null: it is not open, and none was given.
    private IDiskFile? TryUse(BatchSegment segment, ref IDiskFile? opened)
    {
        lock (_gate)
        {
            if (segment.File is null)
            {
                if (opened is null)
                {
                    return null;
                }

                segment.File = opened;
                opened = null;
                _open++;
            }

            segment.Uses++;
            Unlist(segment);
            CloseIdle();
            return segment.File;
        }
    }

    internal void Release(BatchSegment segment)
    {
        lock (_gate)
        {
            segment.Uses--;
            List(segment);
            CloseIdle();
        }
    }

    /// <summary>The file, which is in use, is about to be written to.</summary>
    internal void MarkWritten(BatchSegment segment)
    {
        lock (_gate)
        {
            _dirty += segment.Writes == segment.Synced ? 1 : 0;
            segment.Writes++;
        }
    }

    internal bool NeedsSync(BatchSegment segment)
    {
        lock (_gate)
        {
            return segment.Writes != segment.Synced;
        }
    }

    /// <summary>Syncs the file, if it has writes that need it.</summary>
    internal void Sync(BatchSegment segment)
    {
        long writes;
        lock (_gate)
        {
            writes = segment.Writes;
            if (writes == segment.Synced)
            {
                return;
            }
        }

        IDiskFile file = Use(segment);
        try
        {
            file.Sync();
            lock (_gate)
            {
                if (segment.Synced < writes)
                {
                    segment.Synced = writes;
                    _dirty -= segment.Writes == writes ? 1 : 0;
                }
            }
        }
        finally
        {
            Release(segment);
        }
    }

    /// <summary>The segment is given up: its file is closed, synced or not.</summary>
    internal void Forget(BatchSegment segment)
    {
        lock (_gate)
        {
            Unlist(segment);
            _dirty -= segment.Writes == segment.Synced ? 0 : 1;
            segment.Synced = segment.Writes;
            Close(segment);
        }
    }

    private void List(BatchSegment segment)
    {
        bool mayClose = segment.File is not null && segment.Uses == 0 && segment.Writes == segment.Synced;
        if (mayClose && segment.Idle.List is null)
        {
            _idle.AddLast(segment.Idle);
        }
    }

    private void Unlist(BatchSegment segment)
    {
        if (segment.Idle.List is not null)
        {
            _idle.Remove(segment.Idle);
        }
    }

    private void CloseIdle()
    {
        while (_open > filesMax && _idle.First?.Value is { } oldest)
        {
            Unlist(oldest);
            Close(oldest);
        }
    }

    private void Close(BatchSegment segment)
    {
        if (segment.File is { } file)
        {
            segment.File = null;
            segment.Index = null;
            _open--;
            file.Dispose();
        }
    }
}
