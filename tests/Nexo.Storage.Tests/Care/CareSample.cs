using Nexo.Storage.Tests.Log;
using Xunit;
using LogRecords = Nexo.Storage.Tests.Log.RecordList;

namespace Nexo.Storage.Tests.Care;

/// <summary>A data directory with a log over several segments and two snapshots, and what a server makes of one.</summary>
internal sealed class CareSample : IDisposable
{
    public const ulong Older = 7;
    public const ulong Newer = 16;
    public const int Records = 36;

    private readonly LogFixture _log;

    public CareSample(bool snapshots = true, bool closed = true)
    {
        var disk = new SimulatedDisk();
        DataDirectory.Open(disk, create: true, LogFixture.LogId).Dispose();
        _log = new LogFixture(disk).Open();
        for (int i = 1; i <= Records; i++)
        {
            _log.Append(700);
            _log.Flush();
            if (snapshots && i is (int)Older or (int)Newer)
            {
                WriteSnapshot(disk, (ulong)i);
            }
        }

        if (closed)
        {
            _log.Close();
        }

        _log.Wal.Dispose();
        Disk = disk.Settle();
    }

    public SimulatedDisk Disk { get; private set; }

    /// <summary>The segments in use.</summary>
    public IReadOnlyList<string> Segments =>
        [.. Disk.Paths.Where(path => path.StartsWith("wal/", StringComparison.Ordinal)).SkipLast(1)];

    public static string PathOf(ulong position) => SnapshotFormat.PathOf(new Lsn(position));

    /// <summary>All files but the lock, whose content changes with every process.</summary>
    public static Dictionary<string, byte[]> FilesOf(SimulatedDisk disk) =>
        disk.Paths.Where(path => path != "LOCK").ToDictionary(path => path, disk.ReadAll);

    public static Examination Examine(SimulatedDisk disk)
    {
        using DataDirectory directory = DataDirectory.Open(disk, create: false);
        return Examination.Run(directory, new Notices());
    }

    /// <summary>As the command does it: looks, and if that is not good, repairs.</summary>
    public static IReadOnlyList<string> Repair(SimulatedDisk disk, Action? before = null)
    {
        using DataDirectory directory = DataDirectory.Open(disk, create: false);
        var found = Examination.Run(directory, new Notices());
        before?.Invoke();
        return found.IsHealthy ? [] : Storage.Repair.Run(directory, found, new Notices());
    }

    /// <summary>
    /// Reads what a server reads, holds that it is the beginning of what was written, and says how much of it there is.
    /// </summary>
    public int Read(SimulatedDisk disk, string when)
    {
        using DataDirectory directory = DataDirectory.Open(disk, create: false);
        Lsn position = directory.Snapshots.FindNewestValid(new Notices())?.Position ?? Lsn.None;
        if (position != Lsn.None)
        {
            var state = new LogRecords();
            Assert.True(SnapshotReader.Read(disk, SnapshotFormat.PathOf(position), new Numbered(state)).Ok);
            _log.RequirePrefix(state, 1, when);
            Assert.Equal(position.Value, (ulong)state.Count);
        }

        LogRecords list = LogFixture.Read(disk, out WalTail tail, position.Value + 1);
        _log.RequirePrefix(list, position.Value + 1, when);
        return (int)tail.NextLsn.Value - 1;
    }

    /// <summary>A backup up to this record, as a file of another disk.</summary>
    public SimulatedDisk Backup(ulong position)
    {
        var disk = new SimulatedDisk();
        disk.CreateDirectory("snapshots");
        WriteSnapshot(disk, position);
        return disk.Settle();
    }

    public void Dispose() => _log.Dispose();

    private void WriteSnapshot(IDisk disk, ulong position)
    {
        using var writer = new SnapshotWriter(disk, LogFixture.LogId, new Lsn(position), new FixedTime(1));
        foreach ((byte kind, byte[] payload) in _log.Model.Take((int)position))
        {
            writer.Append(kind, payload);
        }

        writer.Complete();
    }

    // Records of a snapshot have no position of their own.
    private sealed class Numbered(LogRecords list) : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) =>
            list.OnRecord(new Lsn((ulong)list.Count + 1), kind, payload);
    }
}
