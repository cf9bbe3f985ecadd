namespace Nexo.Storage;

/// <summary>
/// Checks snapshots and backups, and reads their records. Reads from the beginning to the end in pieces of 1 MiB; takes
/// memory for the largest block, whose length it believes only after its checksum and the length of the file.
/// </summary>
public static class SnapshotReader
{
    /// <summary>Checks every part.</summary>
    /// <param name="logId">The log that it must be of; null: any.</param>
    /// <param name="observer">Is told of the progress.</param>
    /// <exception cref="DiskException">There is no such file, or it cannot be opened.</exception>
    public static SnapshotReport Verify(
        IDisk disk, string path, ulong? logId = null, IStorageObserver? observer = null) =>
        Read(disk, path, sink: null, logId, observer);

    /// <summary>As the other one, of an open file.</summary>
    public static SnapshotReport Verify(IDiskFile file, ulong? logId = null, IStorageObserver? observer = null) =>
        Read(file, sink: null, logId, observer);

    /// <summary>
    /// Checks every part and gives each valid block's records to the sink. If the report is not good, the sink has got
    /// those before the fault: throw away what it made of them.
    /// </summary>
    /// <exception cref="DiskException">There is no such file, or it cannot be opened.</exception>
    public static SnapshotReport Read(
        IDisk disk, string path, IRecordSink? sink, ulong? logId = null, IStorageObserver? observer = null)
    {
        using IDiskFile file = disk.Open(path, forWriting: false);
        return Read(file, sink, logId, observer);
    }

    /// <summary>As the other one, of an open file.</summary>
    public static SnapshotReport Read(
        IDiskFile file, IRecordSink? sink, ulong? logId = null, IStorageObserver? observer = null) =>
        new SnapshotScan(file, sink, logId, observer).Run();
}
