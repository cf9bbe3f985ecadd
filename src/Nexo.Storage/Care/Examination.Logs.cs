namespace Nexo.Storage;

/// <content>The files of streams and queues.</content>
public sealed partial class Examination
{
    private void LookAtLogs(
        DataDirectory directory, Lsn newest, IReadOnlyList<ISegmentedLogFinder> finders, IStorageObserver observer)
    {
        if (newest == Lsn.None || finders.Count == 0)
        {
            return;
        }

        SnapshotReader.Read(
            directory.Disk, SnapshotFormat.PathOf(newest), new Fan(finders, _inSnapshot), directory.LogId, observer);
        var whole = new Sum();
        foreach (FoundLog log in finders.SelectMany(finder => finder.Logs(directory.LogId)))
        {
            if (!log.Checkpoint.IsEmpty)
            {
                Look(directory.Disk, log, whole);
            }
        }

        if (whole.Logs > 0)
        {
            Add(
                StorageLevel.Information,
                string.Empty,
                -1,
                $"files of {whole.Logs:N0} streams and backlogs of queues are whole: "
                + $"{whole.Records:N0} records in {whole.Bytes:N0} bytes");
        }
    }

    private void Look(IDisk disk, FoundLog log, Sum whole)
    {
        SegmentedLogReport report;
        try
        {
            report = SegmentedLogCheck.Run(disk, log.Directory, log.LogId, log.Checkpoint);
        }
        catch (DiskException failure)
        {
            _hasUnopenableLog = true;
            DamagedLogs++;
            Add(StorageLevel.Error, log.Directory, -1, $"{log.Name} cannot be read: {failure.Message}");
            return;
        }

        foreach (SegmentDamageException damage in report.Damages)
        {
            string what = report.IsOpenable ? "what lies there cannot be read; all else can" : "it cannot be gone on with";
            Add(StorageLevel.Error, damage.Path, damage.Position, $"{damage.Reason}; of {log.Name}: {what}");
        }

        _hasUnopenableLog |= !report.IsOpenable;
        if (!report.IsSound)
        {
            DamagedLogs++;
            return;
        }

        whole.Logs++;
        whole.Records += report.Records;
        whole.Bytes += report.Bytes;
    }

    private sealed class Sum
    {
        public long Logs { get; set; }

        public long Records { get; set; }

        public long Bytes { get; set; }
    }

    private sealed class Fan(IReadOnlyList<ISegmentedLogFinder> finders, long[] counts) : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            counts[kind]++;
            foreach (ISegmentedLogFinder finder in finders)
            {
                finder.OnRecord(lsn, kind, payload);
            }
        }
    }
}
