namespace Nexo.Storage;

/// <summary>
/// Makes a damaged directory one that a server starts on, by giving up what cannot be had: only for somebody who has been told
/// what that is and has agreed. Whatever is changed or removed is kept in <c>quarantine/</c>.
/// </summary>
public static class Repair
{
    /// <summary>Puts aside what an examination found to be damaged.</summary>
    /// <returns>Where the originals are now.</returns>
    /// <exception cref="DiskException">A file operation failed; do it again, nothing is lost.</exception>
    public static IReadOnlyList<string> Run(DataDirectory directory, Examination found, IStorageObserver observer)
    {
        var kept = new List<string>();
        IDisk disk = directory.Disk;
        foreach (string snapshot in found.DamagedSnapshots)
        {
            kept.Add(Quarantine.Take(disk, snapshot));
        }

        // Behind a cut there may be another damage, in what was further back.
        var cuts = new HashSet<(string, long)>();
        for (Examination now = found; now.Damage is { } damage; now = LookAgain(directory, observer))
        {
            // The same place again: what is in front of it ends before the newest snapshot, and nothing can follow it.
            bool isUseless = !cuts.Add((damage.Path, damage.Offset));
            kept.AddRange(isUseless ? WalRepair.TakeAll(disk) : WalRepair.CutAt(disk, damage));
            if (!disk.List(DataDirectory.LogDirectory).Any(name => SegmentHeader.TryParseName(name, out _)))
            {
                BeginAnew(directory, observer);
            }
        }

        return kept;
    }

    // The damaged snapshots are gone: one that cannot be read now must not be taken for one that is not there.
    private static Examination LookAgain(DataDirectory directory, IStorageObserver observer)
    {
        var now = Examination.Run(directory, observer);
        return now.DamagedSnapshots.Count == 0
            ? now
            : throw new DiskException(DiskError.Io, "read", now.DamagedSnapshots[0]);
    }

    // All of the log is gone: it begins behind the newest snapshot, or from the beginning.
    private static void BeginAnew(DataDirectory directory, IStorageObserver observer)
    {
        Lsn position = directory.Snapshots.List().Select(snapshot => snapshot.Position).FirstOrDefault();
        WalTail tail = WalTail.BeginAt(new Lsn(position.Value + 1));
        using Wal log = Wal.Open(
            directory.Disk, directory.LogId, tail, new WalOptions(), TimeProvider.System, observer);
    }
}
