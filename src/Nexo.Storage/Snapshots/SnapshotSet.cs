using System.Globalization;

namespace Nexo.Storage;

/// <summary>The snapshots of a data directory. For one thread at a time.</summary>
/// <param name="disk">With a directory <c>snapshots</c>.</param>
/// <param name="logId">The log that they must be of.</param>
public sealed class SnapshotSet(IDisk disk, ulong logId)
{
    private readonly IDisk _disk = disk;
    private readonly ulong _logId = logId;

    // Checked since they were written, or since the start.
    private readonly HashSet<Lsn> _valid = [];

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
    /// <param name="observer">Is told of damaged ones, and of the progress.</param>
    /// <param name="sink">Sees the records on the way, those of damaged ones up to the damage too.</param>
    public SnapshotReport? FindNewestValid(IStorageObserver observer, IRecordSink? sink = null)
    {
        foreach (SnapshotFile snapshot in List())
        {
            SnapshotReport report = Check(snapshot, observer, sink);
            if (report.Ok)
            {
                return report;
            }
        }

        return null;
    }

    /// <summary>
    /// Moves those that were found damaged to the quarantine, before anything is written that they do not know of.
    /// </summary>
    /// <returns>Where they are now.</returns>
    /// <exception cref="DiskException">A file operation failed; do it again, nothing is lost.</exception>
    public IReadOnlyList<string> PutInvalidAside(IStorageObserver observer)
    {
        var kept = new List<string>();
        foreach (SnapshotFile snapshot in List())
        {
            if (_invalid.Contains(snapshot.Position))
            {
                string target = Quarantine.Take(_disk, snapshot.Path);
                _invalid.Remove(snapshot.Position);
                kept.Add(target);
                observer.Notice(StorageLevel.Warning, $"The snapshot {snapshot.Path} is kept as {target}.");
            }
        }

        return kept;
    }

    /// <summary>
    /// After one was written: deletes all but it and the newest valid one before it. That one is checked, if it was not
    /// yet: the log in front of it goes, and so it is what is left if the new one is damaged.
    /// </summary>
    /// <param name="written">The one that was written; what was known of another one of its position is void.</param>
    /// <param name="observer">Is told of damaged ones, and of the progress of a check.</param>
    /// <returns>
    /// The position of the older one that was kept: the log behind it is still needed. None: there are no two yet, and
    /// all of the log is needed, so that a damaged snapshot costs nothing but time.
    /// </returns>
    /// <exception cref="DiskException">A file operation failed.</exception>
    public Lsn DeleteOld(Lsn written, IStorageObserver observer)
    {
        _valid.Remove(written);
        _invalid.Remove(written);
        Lsn older = Lsn.None;
        bool deleted = false;
        foreach (SnapshotFile snapshot in List())
        {
            if (snapshot.Position >= written)
            {
                continue;
            }

            if (older == Lsn.None)
            {
                older = IsValid(snapshot, observer) ? snapshot.Position : Lsn.None;
                continue;
            }

            _disk.Delete(snapshot.Path);
            _valid.Remove(snapshot.Position);
            _invalid.Remove(snapshot.Position);
            deleted = true;
        }

        if (deleted)
        {
            _disk.SyncDirectory(SnapshotFormat.Directory);
        }

        return older;
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

    private bool IsValid(SnapshotFile snapshot, IStorageObserver observer) =>
        _valid.Contains(snapshot.Position)
        || (!_invalid.Contains(snapshot.Position) && Check(snapshot, observer).Ok);

    private SnapshotReport Check(SnapshotFile snapshot, IStorageObserver observer, IRecordSink? sink = null)
    {
        SnapshotReport report = Look(snapshot, observer, sink);
        if (report.Ok)
        {
            _valid.Add(snapshot.Position);
        }
        else
        {
            _invalid.Add(snapshot.Position);
            observer.Notice(StorageLevel.Error, $"The snapshot {report} is not used: {report.Fault}.");
        }

        return report;
    }

    private SnapshotReport Look(SnapshotFile snapshot, IStorageObserver observer, IRecordSink? sink)
    {
        SnapshotReport report;
        try
        {
            report = SnapshotReader.Read(_disk, snapshot.Path, sink, _logId, observer);
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
