using Nexo.Engine.Store;
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
    StoreService store,
    long bytesPerSecondMax,
    TimeProvider time,
    IStorageObserver notices,
    CancellationToken stop) : IRecordSink, IStorageObserver, IDisposable
{
    // Short, so that a pause is no longer than a few slices' worth of being ahead.
    private const int PauseMsMin = 5;

    private long _started = time.GetTimestamp();
    private SnapshotWriter? _writer;

    /// <summary>Segments of the log that the snapshot made unnecessary.</summary>
    public int SegmentsFreed { get; private set; }

    /// <summary>The first record that is needed now that the snapshot is there; none: all are.</summary>
    public Lsn Needed { get; private set; }

    /// <summary>Goes over the whole store.</summary>
    /// <exception cref="DiskException">A file operation failed.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public void Scan()
    {
        StoreSnapshot snapshot = store.BeginSnapshot(log.AppendedLsn);
        _writer = new SnapshotWriter(directory.Disk, directory.LogId, snapshot.Position, time);
        while (snapshot.MoveNext(this))
        {
            stop.ThrowIfCancellationRequested();
            Pace(_writer.Bytes);
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
        _started = time.GetTimestamp();
        Lsn older = directory.Snapshots.DeleteOld(written.Position, this);
        Needed = older == Lsn.None ? Lsn.None : new Lsn(older.Value + 1);
        SegmentsFreed = Needed == Lsn.None ? 0 : log.Recycle(Needed);
        return written;
    }

    void IRecordSink.OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => _writer!.Append(kind, payload);

    void IStorageObserver.Notice(StorageLevel level, string message) => notices.Notice(level, message);

    // Of the check of the one before: not faster than it was written.
    void IStorageObserver.Progress(long bytesDone, long bytesTotal, long records)
    {
        stop.ThrowIfCancellationRequested();
        Pace(bytesDone);
    }

    /// <summary>Nothing is left of it unless it was completed.</summary>
    public void Dispose() => _writer?.Dispose();

    private void Pace(long bytes)
    {
        if (bytesPerSecondMax == 0)
        {
            return;
        }

        double dueMs = bytes * 1_000.0 / bytesPerSecondMax;
        int aheadMs = (int)Math.Min(1_000, dueMs - time.GetElapsedTime(_started).TotalMilliseconds);
        if (aheadMs >= PauseMsMin)
        {
            stop.WaitHandle.WaitOne(aheadMs);
        }
    }
}
