using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// Writes one snapshot, slice by slice, not faster than it may: first <see cref="Scan"/>, then <see cref="Complete"/>.
/// Between them the log must become durable: the snapshot may hold changes that were made meanwhile, and may be kept only
/// once the log cannot lose them.
/// </summary>
internal sealed class SnapshotJob(
    DataDirectory directory,
    Wal log,
    DurableParts parts,
    long bytesPerSecondMax,
    TimeProvider time,
    IStorageObserver notices,
    CancellationToken stop) : IRecordSink, IStorageObserver, IDisposable
{
    private Pace _pace = new(bytesPerSecondMax, time);
    private SnapshotWriter? _writer;

    /// <summary>Segments of the log that the snapshot made unnecessary.</summary>
    public int SegmentsFreed { get; private set; }

    /// <summary>The first record that is needed now that the snapshot is there; none: all are.</summary>
    public Lsn Needed { get; private set; }

    /// <summary>Goes over everything.</summary>
    /// <exception cref="DiskException">A file operation failed.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public void Scan()
    {
        using DurableSnapshot snapshot = parts.BeginSnapshot(log.AppendedLsn, isWhole: false);
        _writer = new SnapshotWriter(directory.Disk, directory.LogId, snapshot.Position, time);
        while (snapshot.MoveNext(this))
        {
            stop.ThrowIfCancellationRequested();
            Pause(_writer.Bytes);
        }
    }

    /// <summary>
    /// Makes it durable, and frees what it makes unnecessary: once the one before it is known to be valid, which is
    /// read for that if nobody has since it was written.
    /// </summary>
    /// <exception cref="DiskException">A file operation failed.</exception>
    /// <exception cref="OperationCanceledException">The server stops: the snapshot is there, nothing was freed.</exception>
    public SnapshotReport Complete()
    {
        SnapshotReport written = _writer!.Complete();
        _pace = new Pace(bytesPerSecondMax, time);
        Lsn older = directory.Snapshots.DeleteOld(written.Position, this);
        Needed = older == Lsn.None ? Lsn.None : new Lsn(older.Value + 1);
        if (Needed != Lsn.None)
        {
            SegmentsFreed = log.Recycle(Needed);
            parts.OnSnapshotKept(older);
        }

        return written;
    }

    void IRecordSink.OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => _writer!.Append(kind, payload);

    void IStorageObserver.Notice(StorageLevel level, string message) => notices.Notice(level, message);

    // Of the check of the one before: not faster than it was written.
    void IStorageObserver.Progress(long bytesDone, long bytesTotal, long records)
    {
        stop.ThrowIfCancellationRequested();
        Pause(bytesDone);
    }

    /// <summary>Nothing is left of it unless it was completed.</summary>
    public void Dispose() => _writer?.Dispose();

    private void Pause(long bytes)
    {
        TimeSpan pause = _pace.PauseAfter(bytes);
        if (pause > TimeSpan.Zero)
        {
            stop.WaitHandle.WaitOne(pause);
        }
    }
}
