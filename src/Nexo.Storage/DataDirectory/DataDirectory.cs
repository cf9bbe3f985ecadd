using System.Runtime.InteropServices;

namespace Nexo.Storage;

/// <summary>A data directory that this process has, until it is disposed of: locked, of a known format.</summary>
public sealed class DataDirectory : IDisposable
{
    /// <summary>Where the log's segments are.</summary>
    public const string LogDirectory = "wal";

    /// <summary>Where the snapshots are.</summary>
    public const string SnapshotDirectory = SnapshotFormat.Directory;

    /// <summary>What a repair has put aside; never read.</summary>
    public const string QuarantineDirectory = Quarantine.Directory;

    /// <summary>Where the data directories of namespaces are, which may be there before anything else is.</summary>
    public const string NamespacesDirectory = "namespaces";

    /// <summary>The file of users, which may be there before anything else is.</summary>
    public const string UsersName = "users.json";

    // Every file system of the ext family has it at its top.
    private const string LostAndFound = "lost+found";

    private readonly IDiskFile _lock;

    private DataDirectory(IDisk disk, IDiskFile held, ulong logId, bool created)
    {
        Disk = disk;
        _lock = held;
        LogId = logId;
        Created = created;
        Snapshots = new SnapshotSet(disk, logId);
    }

    public IDisk Disk { get; }

    /// <summary>What tells this directory's log from all others.</summary>
    public ulong LogId { get; }

    /// <summary>It was made just now, and is empty.</summary>
    public bool Created { get; }

    public SnapshotSet Snapshots { get; }

    /// <summary>Locks a data directory and checks what it is. Where there is none yet, it is made.</summary>
    /// <param name="create">False: it must be there; nothing but the lock file is written.</param>
    /// <param name="logId">For the one that is made; null: a random one.</param>
    /// <exception cref="DataDirectoryException">It cannot be had.</exception>
    public static DataDirectory Open(IDisk disk, bool create = true, ulong? logId = null)
    {
        IDiskFile? held = null;
        try
        {
            // Before anything is written: a stranger's directory gets not even a lock file.
            bool formatted = disk.Exists(FormatFile.Name);
            if (!formatted)
            {
                RefuseUnlessNew(disk, create);
                disk.CreateDirectory("");
            }

            held = LockFile.Take(disk);

            // Looked at again under the lock: another process may have made it meanwhile.
            if (disk.Exists(FormatFile.Name))
            {
                return new DataDirectory(disk, held, ReadFormat(disk), created: false);
            }

            RefuseUnlessNew(disk, create);
            ulong id = logId ?? RandomLogId();
            Make(disk, id);
            return new DataDirectory(disk, held, id, created: true);
        }
        catch (DataDirectoryException)
        {
            held?.Dispose();
            throw;
        }
        catch (DiskException exception)
        {
            held?.Dispose();
            throw new DataDirectoryException(
                DataDirectoryFault.Unusable,
                $"the data directory {disk.Root} cannot be used: {exception.Message}",
                cause: exception);
        }
    }

    /// <summary>Gives the directory up.</summary>
    public void Dispose() => _lock.Dispose();

    private static ulong ReadFormat(IDisk disk)
    {
        byte[] bytes;
        using (IDiskFile file = disk.Open(FormatFile.Name, forWriting: false))
        {
            bytes = new byte[FormatFile.BytesMax];
            bytes = bytes[..file.Read(bytes, 0)];
        }

        if (!FormatFile.TryDecode(bytes, out int version, out ulong logId))
        {
            throw version > FormatFile.Version
                ? new DataDirectoryException(
                    DataDirectoryFault.Newer,
                    $"the data directory {disk.Root} has format {version}; this program knows formats up to "
                    + $"{FormatFile.Version}: use the version of the program that wrote it, or a later one")
                : Damaged(disk, $"{FormatFile.Name} is not what was written");
        }

        IReadOnlyList<string> directories = disk.ListDirectories("");
        foreach (string needed in (ReadOnlySpan<string>)[LogDirectory, SnapshotDirectory])
        {
            if (!directories.Contains(needed))
            {
                throw Damaged(disk, $"its directory {needed} is missing");
            }
        }

        return logId;
    }

    private static void RefuseUnlessNew(IDisk disk, bool create)
    {
        DataDirectoryException? refusal = WhyNotNew(disk, create);

        // If it is there by now, another process makes it just now, and it was no stranger's.
        if (refusal is not null && !disk.Exists(FormatFile.Name))
        {
            throw refusal;
        }
    }

    private static DataDirectoryException? WhyNotNew(IDisk disk, bool create)
    {
        foreach (string ours in (ReadOnlySpan<string>)[LogDirectory, SnapshotDirectory])
        {
            if (disk.List(ours).Count > 0)
            {
                return Damaged(disk, $"{FormatFile.Name} is missing although there are files in {ours}");
            }
        }

        string? other = disk.List("").FirstOrDefault(
                name => name is not (LockFile.Name or FormatFile.UnfinishedName) && !name.StartsWith(UsersName, StringComparison.Ordinal))
            ?? disk.ListDirectories("").FirstOrDefault(
                name => name is not (LogDirectory or SnapshotDirectory or NamespacesDirectory or LostAndFound));
        if (other is not null)
        {
            return new DataDirectoryException(
                DataDirectoryFault.Foreign,
                $"{disk.Root} is no data directory of Nexo and not empty (it holds {other}): choose another one");
        }

        return create
            ? null
            : new DataDirectoryException(
                DataDirectoryFault.Missing, $"there is no data directory of Nexo at {disk.Root}");
    }

    // FORMAT comes last: where it is, the rest is.
    private static void Make(IDisk disk, ulong logId)
    {
        disk.CreateDirectory(LogDirectory);
        disk.CreateDirectory(SnapshotDirectory);
        disk.SyncDirectory("");
        if (disk.Exists(FormatFile.UnfinishedName))
        {
            disk.Delete(FormatFile.UnfinishedName);
        }

        using (IDiskFile file = disk.Create(FormatFile.UnfinishedName))
        {
            file.Write(FormatFile.Encode(logId), 0);
            file.Sync();
        }

        disk.Rename(FormatFile.UnfinishedName, FormatFile.Name);
        disk.SyncDirectory("");
    }

    private static ulong RandomLogId()
    {
        // As random as RandomNumberGenerator, without loading OpenSSL for it: 4 MB resident. Six bits of a Guid are fixed;
        // halves laid over each other leave none that is.
        ulong id = 0;
        while (id == 0)
        {
            var random = Guid.NewGuid();
            ReadOnlySpan<ulong> halves = MemoryMarshal.Cast<Guid, ulong>(new ReadOnlySpan<Guid>(in random));
            id = halves[0] ^ halves[1];
        }

        return id;
    }

    private static DataDirectoryException Damaged(IDisk disk, string reason) =>
        new(DataDirectoryFault.Damaged, $"the data directory {disk.Root} is damaged: {reason}; run nexo doctor on it");
}
