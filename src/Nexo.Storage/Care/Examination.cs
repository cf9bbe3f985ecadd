namespace Nexo.Storage;

/// <summary>
/// Looks at everything in a data directory that no server has open: every part of every snapshot, every commit of the log
/// from the oldest snapshot on, and the files of streams and queues that the newest one needs. Changes nothing.
/// </summary>
public sealed partial class Examination : IRecordSink
{
    private readonly List<Finding> _findings = [];
    private readonly List<string> _damagedSnapshots = [];
    private readonly long[] _inSnapshot = new long[byte.MaxValue + 1];
    private readonly long[] _inLog = new long[byte.MaxValue + 1];
    private Lsn _newest;
    private long _records;
    private bool _hasUnopenableLog;

    private Examination()
    {
    }

    /// <summary>What was found, in the order of the look.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>A server starts on it, and has everything that was ever durable.</summary>
    public bool IsHealthy => _findings.TrueForAll(finding => finding.Level < StorageLevel.Error);

    /// <summary>
    /// A server starts on it: what is damaged, if anything, is not needed for that. Those who read a damaged place of a stream or a
    /// queue are told.
    /// </summary>
    public bool IsStartable => Damage is null && !_hasUnopenableLog;

    /// <summary>Streams and backlogs of queues with damaged files. No repair heals them.</summary>
    public int DamagedLogs { get; private set; }

    /// <summary>Where the log is damaged; null: nowhere.</summary>
    public WalDamageException? Damage { get; private set; }

    /// <summary>Snapshots that cannot be used.</summary>
    public IReadOnlyList<string> DamagedSnapshots => _damagedSnapshots;

    /// <summary>Records of those kinds that a server would read: of the newest snapshot, and of the log behind it.</summary>
    public long RecordsOf(Func<byte, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        return Enumerable.Range(0, _inLog.Length).Where(kind => isWanted((byte)kind)).Sum(kind => _inSnapshot[kind] + _inLog[kind]);
    }

    /// <summary>Looks at a directory that the caller has locked.</summary>
    /// <param name="directory">Which.</param>
    /// <param name="observer">Is told of the progress.</param>
    /// <param name="finders">Who knows of files besides the snapshots and the log.</param>
    /// <exception cref="DiskException">A file operation failed.</exception>
    public static Examination Run(
        DataDirectory directory, IStorageObserver observer, params IReadOnlyList<ISegmentedLogFinder> finders)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var examination = new Examination();
        Lsn newest = Lsn.None;
        Lsn oldest = Lsn.None;
        foreach (SnapshotFile snapshot in directory.Snapshots.List())
        {
            if (examination.Look(directory, snapshot, observer))
            {
                newest = newest == Lsn.None ? snapshot.Position : newest;
                oldest = snapshot.Position;
            }
        }

        examination._newest = newest;
        examination.LookAtLogs(directory, newest, finders, observer);
        examination.LookAtLog(directory, newest, oldest, observer);
        return examination;
    }

    void IRecordSink.OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
    {
        _records++;
        _inLog[kind] += lsn > _newest ? 1 : 0;
    }

    private bool Look(DataDirectory directory, SnapshotFile snapshot, IStorageObserver observer)
    {
        SnapshotReport report;
        try
        {
            report = SnapshotReader.Verify(directory.Disk, snapshot.Path, directory.LogId, observer);
        }
        catch (DiskException failure)
        {
            Add(StorageLevel.Error, snapshot.Path, -1, $"cannot be read: {failure.Message}");
            _damagedSnapshots.Add(snapshot.Path);
            return false;
        }

        if (report.Ok && report.Position == snapshot.Position)
        {
            Add(
                StorageLevel.Information,
                snapshot.Path,
                -1,
                $"valid: {report.Records:N0} records, {report.Bytes:N0} bytes, up to record {report.Position}");
            return true;
        }

        string reason = report.Ok ? "its position is not that of its name" : report.Reason;
        Add(StorageLevel.Error, snapshot.Path, report.Offset, reason);
        _damagedSnapshots.Add(snapshot.Path);
        return false;
    }

    // From the older snapshot on; a server would read only what is behind the newest.
    private void LookAtLog(DataDirectory directory, Lsn newest, Lsn oldest, IStorageObserver observer)
    {
        try
        {
            WalTail tail = ReadLog(directory, oldest, observer);
            if (tail.NextLsn <= newest)
            {
                // It reaches the older snapshot, and not the newer: says so.
                tail = ReadLog(directory, newest, observer);
            }

            Tell(tail);
        }
        catch (WalDamageException damage) when (newest != oldest && IsWhole(directory, newest, observer))
        {
            Add(
                StorageLevel.Warning,
                damage.Path,
                damage.Offset,
                $"{damage.Message}; that lies before the newest snapshot, at record {newest}: a server starts, and "
                + "nothing is lost");
        }
        catch (WalDamageException damage)
        {
            Add(StorageLevel.Error, damage.Path, damage.Offset, damage.Message);
            Damage = damage;
        }
    }

    private bool IsWhole(DataDirectory directory, Lsn newest, IStorageObserver observer)
    {
        try
        {
            ReadLog(directory, newest, observer);
            return true;
        }
        catch (WalDamageException)
        {
            return false;
        }
    }

    private WalTail ReadLog(DataDirectory directory, Lsn position, IStorageObserver observer)
    {
        _records = 0;
        Array.Clear(_inLog);
        return WalReader.Read(directory.Disk, directory.LogId, new Lsn(position.Value + 1), this, observer);
    }

    private void Tell(WalTail tail)
    {
        string end = tail.Clean ? "ended by a clean stop" : "ended without a clean stop";
        Add(
            StorageLevel.Information,
            DataDirectory.LogDirectory,
            -1,
            $"whole: {_records:N0} records in {tail.Bytes:N0} bytes, up to record {tail.NextLsn.Value - 1}, {end}");
        if (tail.Cut is { } cut)
        {
            Add(StorageLevel.Warning, cut.Path, cut.Offset, $"torn tail, as a crash leaves it: {cut}");
        }
    }

    private void Add(StorageLevel level, string path, long offset, string text) =>
        _findings.Add(new Finding(level, path, offset, text));
}
