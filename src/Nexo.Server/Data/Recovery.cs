using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>What a start has read back.</summary>
/// <param name="SnapshotPosition">Of the snapshot that was read; none: there was none.</param>
/// <param name="SnapshotBytes">Its size.</param>
/// <param name="SnapshotRecords">Its records.</param>
/// <param name="LogRecords">Records of the log behind it.</param>
/// <param name="LogBytes">Bytes of log that were read.</param>
/// <param name="What">What came of it, such as "12 entries and 3 messages".</param>
/// <param name="Took">From the first byte to the log's opening commit.</param>
internal sealed record RecoveryResult(
    Lsn SnapshotPosition,
    long SnapshotBytes,
    long SnapshotRecords,
    long LogRecords,
    long LogBytes,
    string What,
    TimeSpan Took)
{
    public override string ToString()
    {
        string snapshot = SnapshotPosition == Lsn.None
            ? "no snapshot"
            : $"the snapshot at record {SnapshotPosition} ({SnapshotRecords:N0} records, {SnapshotBytes:N0} bytes)";
        return $"recovered {What} from {snapshot} and {LogRecords:N0} records of the log "
            + $"in {Took.TotalSeconds:N2} s";
    }
}

/// <summary>Rebuilds what is kept: the newest valid snapshot, the log behind it, and the log opened to go on.</summary>
internal static class Recovery
{
    public static RecoveryResult Run(
        DataDirectory directory,
        DurableParts parts,
        StorageOptions options,
        TimeProvider time,
        StorageNotices notices,
        out Wal log)
    {
        long started = time.GetTimestamp();
        directory.Snapshots.DeleteUnfinished();
        notices.Phase = "checking the snapshot";
        var counts = new RecordCounts();
        SnapshotReport? snapshot = directory.Snapshots.FindNewestValid(notices, counts);
        using DurableRecovery recovery = parts.BeginRecovery(
            snapshot is null ? new RecordCounts() : counts, directory, notices);
        if (snapshot is not null)
        {
            notices.Phase = "reading the snapshot";
            ReadSnapshot(directory, snapshot, recovery, notices);
        }

        notices.Phase = "reading the log";

        long snapshotRecords = recovery.Records;
        Lsn position = snapshot?.Position ?? Lsn.None;
        WalTail tail = WalReader.Read(
            directory.Disk, directory.LogId, new Lsn(position.Value + 1), recovery, notices);
        notices.ThrowIfStopped();
        recovery.Flush();

        // It can be started on: from here on it is changed. A newer snapshot that is damaged must not lie in the way later.
        directory.Snapshots.PutInvalidAside(notices);
        log = Wal.Open(directory.Disk, directory.LogId, tail, OptionsOf(options), time, notices);
        try
        {
            recovery.Complete(log, notices);
        }
        catch
        {
            log.Dispose();
            throw;
        }

        return new RecoveryResult(
            position,
            snapshot?.Bytes ?? 0,
            snapshotRecords,
            tail.Records,
            tail.Bytes,
            recovery.Recovered,
            time.GetElapsedTime(started));
    }

    private static WalOptions OptionsOf(StorageOptions options) => new()
    {
        SegmentBytes = options.SegmentBytes,
        FirstSegmentBytes = Math.Min(new WalOptions().FirstSegmentBytes, options.SegmentBytes),
        SparesMax = SparesFor(options),
        SyncInterval = TimeSpan.FromMilliseconds(options.SyncIntervalMs),
        PendingBytesMax = options.PendingBytesMax,
    };

    // As many as a snapshot frees: else half of them would be deleted, to be made and filled with zeros again before the next.
    private static int SparesFor(StorageOptions options) =>
        (int)Math.Clamp((options.SnapshotWalBytes / options.SegmentBytes) + 1, 2, 16);

    // It was valid a moment ago: a fault now is one of the disk.
    private static void ReadSnapshot(
        DataDirectory directory, SnapshotReport snapshot, DurableRecovery recovery, StorageNotices notices)
    {
        SnapshotReport read = SnapshotReader.Read(
            directory.Disk, snapshot.Path, recovery, directory.LogId, notices);
        if (!read.Ok)
        {
            throw new DiskException(
                DiskError.Io, "read", snapshot.Path, new IOException($"{read.Reason} at offset {read.Offset}"));
        }
    }
}
