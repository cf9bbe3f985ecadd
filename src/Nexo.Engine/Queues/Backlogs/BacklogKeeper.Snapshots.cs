using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <content>What snapshots and backups need of the files, and what they no longer need.</content>
internal sealed partial class BacklogKeeper
{
    /// <summary>
    /// Makes durable what was closed of a backlog; if its files cannot be made durable, now or later, a snapshot copies all of it, and
    /// nothing is pushed to the queue any more.
    /// </summary>
    /// <param name="isWhole">All is copied anyway.</param>
    /// <exception cref="DiskException">It is not durable now, and may be later.</exception>
    public void Checkpoint(Queue queue, BacklogKept kept, bool isWhole)
    {
        Backlog backlog = kept.Backlog;
        lock (_files)
        {
            if (backlog.IsDisposed)
            {
                return;
            }

            EnsureOpen(queue, backlog);
            if (!backlog.IsOpen)
            {
                return;
            }

            kept.IsOpen = true;
            try
            {
                kept.Checkpoint = backlog.Checkpoint();
                kept.IsCopied = isWhole;
            }
            catch (DiskException failure) when (backlog.HasFailed)
            {
                kept.IsCopied = true;
                queue.BreakBacklog(isUnreadable: false);
                if (backlog.TryTell())
                {
                    const string What = "made durable; its queue takes no more messages until the server is started anew";
                    Tell(StorageLevel.Error, backlog.Place, What, failure);
                }
            }
            finally
            {
                Note(queue, kept.Priority, backlog);
            }

            kept.CopyTo = kept.IsCopied ? backlog.EndOffset : kept.CopyFrom;
        }
    }

    /// <summary>Copies the next messages of a backlog as records of pushes; false: there are no more.</summary>
    public bool Copy(uint queue, BacklogKept kept, RecordBuffer buffer)
    {
        lock (_files)
        {
            if (kept.Backlog.IsDisposed)
            {
                return false;
            }

            var cursor = new SegmentCursor(kept.CopyFrom);
            byte[] bytes = new byte[CopyBytes];
            ReadOnlyMemory<byte> batches = kept.Backlog.ReadAt(ref cursor, ref bytes);
            kept.CopyFrom = cursor.Offset;
            while (Backlog.TrySplit(ref batches, out _, out ReadOnlyMemory<byte> payload))
            {
                BacklogCopies.Write(queue, kept.Priority, payload.Span, buffer);
            }

            return kept.CopyFrom < kept.CopyTo;
        }
    }

    /// <summary>A backup begins, or ends: meanwhile no file is let go of.</summary>
    public void BeginCopies() => Interlocked.Increment(ref _copies);

    public void EndCopies() => Interlocked.Decrement(ref _copies);

    /// <summary>Lets go of the files before an offset.</summary>
    public void Trim(Backlog backlog, long before)
    {
        lock (_files)
        {
            if (!backlog.IsDisposed && Volatile.Read(ref _copies) == 0)
            {
                try
                {
                    backlog.TrimBefore(before);
                }
                catch (DiskException failure)
                {
                    // They are still there; the other backlogs' are seen to.
                    Tell(StorageLevel.Warning, backlog.Place, "trimmed", failure);
                }
                finally
                {
                    // What is let go of is not written any more, or was written for it.
                    NoteLess(backlog);
                }
            }
        }
    }

    /// <summary>One more snapshot is there: files of backlogs that ended before the one before it are deleted.</summary>
    public void OnSnapshotKept()
    {
        lock (_files)
        {
            List<(uint Place, int Snapshots)> ended;
            lock (_gate)
            {
                ended = _ended;
                _ended = [];
            }

            foreach ((uint place, int snapshots) in ended)
            {
                bool isOver = snapshots + 1 >= SnapshotsKept && Volatile.Read(ref _copies) == 0 && TryDeleteFiles(place);
                lock (_gate)
                {
                    if (isOver)
                    {
                        _free.Push(place);
                    }
                    else
                    {
                        _ended.Add((place, snapshots + 1));
                    }
                }
            }
        }
    }

    private bool TryDeleteFiles(uint place)
    {
        try
        {
            string directory = Backlog.DirectoryOf(place);
            foreach (string name in _disk.Disk.List(directory))
            {
                _disk.Disk.Delete($"{directory}/{name}");
            }

            return true;
        }
        catch (DiskException failure)
        {
            Tell(StorageLevel.Warning, place, "deleted", failure);
            return false;
        }
    }

    private void Tell(StorageLevel level, uint place, string what, Exception failure) => _disk.Observer.Notice(
        level, $"the backlog {Backlog.DirectoryOf(place)} of a queue could not be {what}: {failure.Message}");
}
