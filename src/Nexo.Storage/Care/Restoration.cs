namespace Nexo.Storage;

/// <summary>Makes a data directory of a backup: docs/storage-format.md, "A backup".</summary>
public static class Restoration
{
    private const int CopyBytes = 1_024 * 1_024;

    /// <summary>Checks the backup, copies it, checks the copy, and begins the log behind it.</summary>
    /// <param name="backup">Open, and anywhere.</param>
    /// <param name="target">Where nothing is yet. If this fails, or the process ends in it, throw away what is there.</param>
    /// <returns>The snapshot of the new directory, or what is wrong with the backup: then nothing was made.</returns>
    /// <exception cref="DataDirectoryException">The target cannot be had, or is not empty.</exception>
    /// <exception cref="DiskException">A file operation failed.</exception>
    public static async Task<SnapshotReport> RunAsync(
        IDiskFile backup, IDisk target, TimeProvider time, IStorageObserver observer)
    {
        SnapshotReport report = SnapshotReader.Verify(backup, observer: observer);
        if (!report.Ok)
        {
            return report;
        }

        using DataDirectory directory = DataDirectory.Open(target, create: true, report.LogId);
        if (!directory.Created)
        {
            throw new DataDirectoryException(
                DataDirectoryFault.Foreign, $"{target.Root} holds data already: choose another directory");
        }

        Copy(backup, target, SnapshotFormat.PathOf(report.Position));
        SnapshotReport copied = directory.Snapshots.FindNewestValid(observer)
            ?? throw new DiskException(DiskError.Io, "read back", SnapshotFormat.PathOf(report.Position));

        var next = new Lsn(report.Position.Value + 1);
        using Wal log = Wal.Open(target, report.LogId, WalTail.BeginAt(next), new WalOptions(), time, observer);
        await log.CloseAsync().ConfigureAwait(false);
        return copied;
    }

    private static void Copy(IDiskFile from, IDisk disk, string path)
    {
        byte[] buffer = new byte[CopyBytes];
        string unfinished = path + SnapshotFormat.UnfinishedExtension;
        using (IDiskFile copy = disk.Create(unfinished))
        {
            long length = from.Length;
            for (long at = 0; at < length; at += buffer.Length)
            {
                int count = from.Read(buffer, at);
                copy.Write(buffer.AsSpan(0, count), at);
            }

            copy.Sync();
        }

        disk.Rename(unfinished, path);
        disk.SyncDirectory(SnapshotFormat.Directory);
    }
}
