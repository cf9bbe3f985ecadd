using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>The directory of scheduled backups. A file in it has its name only when it is complete, on disk, and was read back.</summary>
internal sealed class BackupFolder(RealDisk disk) : IDisposable
{
    private const string LockName = ".nexo-lock";

    // Where drills are held: whatever is in it is of one that goes on, or of a process that has ended in the midst of one.
    private const string DrillsName = ".nexo-drills";

    // So much is given to the disk before it is synced: at the end there is little left to wait for, and the log's own syncs need not.
    private const long SyncEveryBytes = 32L * 1_024 * 1_024;

    private IDiskFile? _lock;

    public string Root => disk.Root;

    /// <summary>Of the whole file system; <see cref="long.MaxValue"/>: it cannot be told.</summary>
    public long SizeBytes => disk.SizeBytes;

    public string Drills => Path.Combine(disk.Root, DrillsName);

    /// <summary>Makes the directory if it is not there, and proves that it can be written to.</summary>
    /// <exception cref="DiskException">It cannot be, or another server writes its backups there, and would delete these.</exception>
    public void Prepare()
    {
        disk.CreateDirectory(string.Empty);
        _lock ??= disk.TryLock(LockName)
            ?? throw new DiskException(DiskError.Denied, "lock", LockName, new IOException("another server has its backups there"));
        DeleteDrills();
        foreach (string left in disk.List(string.Empty).Where(IsUnfinished).ToArray())
        {
            // Of a process that has ended in the midst of it.
            disk.Delete(left);
        }

        const string Trial = ".nexo-trial";
        disk.Create(Trial).Dispose();
        disk.Delete(Trial);
    }

    /// <summary>Takes away what drills have left.</summary>
    public void DeleteDrills()
    {
        if (Directory.Exists(Drills))
        {
            Directory.Delete(Drills, recursive: true);
        }
    }

    /// <summary>Looks whether there is room for about so many bytes, and some to spare for whoever else writes to that disk.</summary>
    /// <exception cref="DiskException">There is not: nothing is to be begun.</exception>
    public void RequireRoom(long bytes, long spare)
    {
        if (disk.FreeBytes - spare < bytes)
        {
            throw new DiskException(
                DiskError.Full, "write", Root, new IOException($"it takes about {bytes:N0} bytes, and {disk.FreeBytes:N0} are free"));
        }
    }

    public void Dispose() => _lock?.Dispose();

    /// <summary>Those of a namespace, the oldest first.</summary>
    public IReadOnlyList<BackupName> List(string @namespace) =>
    [
        .. disk.List(string.Empty)
            .Select(file => BackupName.TryParse(file, @namespace, out BackupName? name) ? name : null)
            .OfType<BackupName>()
            .OrderBy(name => name.At),
    ];

    /// <summary>Writes a backup to its end, and reads it back.</summary>
    /// <exception cref="DiskException">It could not be written; what was is gone.</exception>
    /// <exception cref="IOException">It is not what was written, or stands in the way of a full disk.</exception>
    public async Task<SnapshotReport> WriteAsync(Backup backup, BackupName name, CancellationToken cancel)
    {
        try
        {
            using (IDiskFile file = disk.Create(name.Unfinished))
            {
                await CopyAsync(backup, file, cancel);
            }

            SnapshotReport report = SnapshotReader.Verify(disk, name.Unfinished, observer: new StopObserver(cancel));
            if (!report.Ok)
            {
                throw new IOException($"what was read back is not what was written: {report.Reason} at offset {report.Offset}");
            }

            disk.Rename(name.Unfinished, name.File);
            disk.SyncDirectory(string.Empty);
            return report;
        }
        finally
        {
            if (disk.Exists(name.Unfinished))
            {
                disk.Delete(name.Unfinished);
            }
        }
    }

    /// <summary>
    /// Deletes the oldest of a namespace that are too many; says which. Those that are of times to come were made by a clock that was
    /// wrong: they go first, so that the one that was just made stays.
    /// </summary>
    /// <exception cref="DiskException">One could not be deleted.</exception>
    public IReadOnlyList<BackupName> Prune(string @namespace, int keep, DateTimeOffset now)
    {
        List<BackupName> there = [.. List(@namespace).OrderBy(name => name.At > now ? 0 : 1).ThenBy(name => name.At)];
        BackupName[] old = [.. there.Take(Math.Max(0, there.Count - keep))];
        foreach (BackupName name in old)
        {
            disk.Delete(name.File);
        }

        return old;
    }

    private static bool IsUnfinished(string file) =>
        file.StartsWith("nexo", StringComparison.Ordinal)
        && file.EndsWith($".backup{BackupName.UnfinishedExtension}", StringComparison.Ordinal);

    private static async Task CopyAsync(Backup backup, IDiskFile file, CancellationToken cancel)
    {
        long at = 0;
        long synced = 0;
        ReadOnlyMemory<byte> bytes;
        while (!(bytes = await backup.NextAsync(cancel)).IsEmpty)
        {
            if (backup.IsInTheWay)
            {
                throw new IOException("the disk of the data directory is full, and the backup holds back the log that could be freed");
            }

            file.Write(bytes.Span, at);
            at += bytes.Length;
            if (at - synced >= SyncEveryBytes)
            {
                file.Sync();
                synced = at;
            }
        }

        file.Sync();
    }
}
