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
    CancellationToken stop) : IRecordSink, IDisposable
{
    // Short, so that a pause is no longer than a few slices' worth of being ahead.
    private const int PauseMsMin = 5;

    private readonly long _started = time.GetTimestamp();
    private SnapshotWriter? _writer;

    /// <summary>Segments of the log that the snapshot made unnecessary.</summary>
    public int SegmentsFreed { get; private set; }

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
            Pace();
        }
    }

    /// <summary>Makes it durable, and frees what it makes unnecessary.</summary>
    /// <exception cref="DiskException">A file operation failed.</exception>
    public SnapshotReport Complete()
    {
        SnapshotReport written = _writer!.Complete();
        Lsn needed = directory.Snapshots.DeleteOld();
        SegmentsFreed = needed == Lsn.None ? 0 : log.Recycle(new Lsn(needed.Value + 1));
        return written;
    }

    void IRecordSink.OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => _writer!.Append(kind, payload);

    /// <summary>Nothing is left of it unless it was completed.</summary>
    public void Dispose() => _writer?.Dispose();

    private void Pace()
    {
        if (bytesPerSecondMax == 0)
        {
            return;
        }

        double dueMs = _writer!.Bytes * 1_000.0 / bytesPerSecondMax;
        int aheadMs = (int)Math.Min(1_000, dueMs - time.GetElapsedTime(_started).TotalMilliseconds);
        if (aheadMs >= PauseMsMin)
        {
            stop.WaitHandle.WaitOne(aheadMs);
        }
    }
}
