using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>What snapshots and backups need of the files, and what they no longer need.</content>
internal sealed partial class StreamFiles
{
    /// <summary>A backup begins, or ends: meanwhile no file is let go of.</summary>
    public void BeginCopies() => Interlocked.Increment(ref _copies);

    public void EndCopies() => Interlocked.Decrement(ref _copies);

    /// <summary>One more snapshot is there: files of streams that ended before the one before it are deleted.</summary>
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
    }

    private bool TryDeleteFiles(uint place)
    {
        string directory = DirectoryOf(place);
        try
        {
            foreach (string name in _disk.Disk.List(directory))
            {
                _disk.Disk.Delete($"{directory}/{name}");
            }

            return true;
        }
        catch (DiskException failure)
        {
            Tell(StorageLevel.Warning, directory, "deleted", failure);
            return false;
        }
    }
}
