using System.Globalization;

namespace Nexo.Storage;

/// <summary>The snapshots of a data directory. For one thread at a time.</summary>
/// <param name="disk">With a directory <c>snapshots</c>.</param>
/// <param name="logId">The log that they must be of.</param>
public sealed class SnapshotSet(IDisk disk, ulong logId)
{
    private readonly IDisk _disk = disk;
    private readonly ulong _logId = logId;

    // Found damaged: they do not count among those that are kept.
    private readonly HashSet<Lsn> _invalid = [];

    /// <summary>Finished snapshots, newest first.</summary>
    public IReadOnlyList<SnapshotFile> List()
    {
        var found = new List<SnapshotFile>();
        foreach (string name in _disk.List(SnapshotFormat.Directory))
        {
            if (TryParse(name, out Lsn position))
            {
                found.Add(new SnapshotFile(position, SnapshotFormat.PathOf(position)));
            }
        }

        found.Sort((left, right) => right.Position.CompareTo(left.Position));
        return found;
    }

    /// <summary>
    /// Checks the snapshots from the newest on until one is valid; null: none is. Those that are not are told to the
    /// observer, and do not count as kept ones later.
    /// </summary>
    public SnapshotReport? FindNewestValid(IStorageObserver observer)
    {
        foreach (SnapshotFile snapshot in List())
        {
            SnapshotReport report = Check(snapshot, observer);
            if (report.Ok)
            {
                return report;
            }

            _invalid.Add(snapshot.Position);
            observer.Notice(StorageLevel.Error, $"The snapshot {report} is not used: {report.Fault}.");
        }

        return null;
    }

    /// <summary>
    /// Deletes all but the newest two, not counting those that were found to be damaged; they go with the others.
    /// </summary>
    /// <returns>
    /// The position of the older one that was kept: the log behind it is still needed. None: there are no two yet, and
    /// all of the log is needed, so that a damaged snapshot costs nothing but time.
    /// </returns>
    public Lsn DeleteOld()
    {
        const int Kept = 2;
        int kept = 0;
        Lsn oldest = Lsn.None;
        bool deleted = false;
        foreach (SnapshotFile snapshot in List())
        {
            if (kept < Kept)
            {
                if (!_invalid.Contains(snapshot.Position))
                {
                    kept++;
                    oldest = snapshot.Position;
                }
            }
            else
            {
                _disk.Delete(snapshot.Path);
                _invalid.Remove(snapshot.Position);
                deleted = true;
            }
        }

        if (deleted)
        {
            _disk.SyncDirectory(SnapshotFormat.Directory);
        }

        return kept == Kept ? oldest : Lsn.None;
    }

    /// <summary>Deletes what writers that did not finish have left. Only where no writer is at work.</summary>
    public void DeleteUnfinished()
    {
        foreach (string name in _disk.List(SnapshotFormat.Directory))
        {
            if (name.EndsWith(SnapshotFormat.UnfinishedExtension, StringComparison.Ordinal))
            {
                _disk.Delete($"{SnapshotFormat.Directory}/{name}");
            }
        }
    }

    private static bool TryParse(string name, out Lsn position)
    {
        const int Digits = 16;
        position = default;
        if (name.Length != Digits + SnapshotFormat.Extension.Length
            || !name.EndsWith(SnapshotFormat.Extension, StringComparison.Ordinal)
            || name.AsSpan(0, Digits).ContainsAnyInRange('A', 'F')
            || !ulong.TryParse(name.AsSpan(0, Digits), NumberStyles.AllowHexSpecifier, null, out ulong value))
        {
            return false;
        }

        position = new Lsn(value);
        return true;
    }

    private SnapshotReport Check(SnapshotFile snapshot, IStorageObserver observer)
    {
        SnapshotReport report;
        try
        {
            report = SnapshotReader.Verify(_disk, snapshot.Path, _logId, observer);
        }
        catch (DiskException exception)
        {
            string reason = $"cannot be opened ({exception.Message})";
            return new SnapshotReport(snapshot.Path, 0, default, 0, 0, 0, SnapshotFault.Unreadable, 0, reason);
        }

        return report.Ok && report.Position != snapshot.Position
            ? report with
            {
                Fault = SnapshotFault.Damaged,
                Offset = 24,
                Reason = $"its position is {report.Position.Value:x16}, which is not its name",
            }
            : report;
    }
}
