using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>What snapshots and backups need of the files, and what they no longer need.</content>
internal sealed partial class StreamFiles
{
    /// <summary>A backup begins, or ends: meanwhile no file is let go of.</summary>
    public void BeginCopies()
    {
        lock (_copying)
        {
            _copies++;
        }
    }

    public void EndCopies()
    {
        lock (_copying)
        {
            _copies--;
        }
    }

    /// <summary>Does something that must not be seen in the midst of a backup; false: one is being made.</summary>
    public bool TryBesideCopies(Action work)
    {
        lock (_copying)
        {
            if (_copies > 0)
            {
                return false;
            }

            work();
            return true;
        }
    }

    /// <summary>One more snapshot is there: files of streams that ended before the one before it are deleted.</summary>
    public void OnSnapshotKept()
    {
        List<(uint Place, int Snapshots)> ended;
        lock (_gate)
        {
            ended = _ended;
            _ended = [];
        }

        // Not under the lock of the files: nobody else comes to these, and there may be many.
        foreach ((uint place, int snapshots) in ended)
        {
            bool isOver = snapshots + 1 >= SnapshotsKept && !AreCopied && TryDeleteFiles(place);
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

    /// <summary>
    /// Deletes all that is in a place, so that nothing of it comes back after a power loss: who has it next would take it for its own.
    /// </summary>
    /// <exception cref="DiskException">Some of it may be there still.</exception>
    public void DeleteFiles(uint place)
    {
        string directory = DirectoryOf(place);
        foreach (string name in _disk.Disk.List(directory))
        {
            _disk.Disk.Delete($"{directory}/{name}");
        }

        try
        {
            _disk.Disk.SyncDirectory(directory);
        }
        catch (DiskException failure) when (failure.Error == DiskError.NotFound)
        {
            // Nothing was ever written there.
        }
    }

    private bool TryDeleteFiles(uint place)
    {
        try
        {
            DeleteFiles(place);
            return true;
        }
        catch (DiskException failure)
        {
            Tell(StorageLevel.Warning, DirectoryOf(place), "deleted", failure);
            return false;
        }
    }
}
